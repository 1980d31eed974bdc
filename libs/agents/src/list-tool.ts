import { z } from 'zod';
import { defineTool } from './tool.ts';

export const listTool = defineTool({
  name: 'list',
  description: 'List a folder; default the whole workspace.',
  parameters: z.object({
    path: z.string().default('.'),
  }),
  async run({ path }, { knowledge }) {
    const entries = await knowledge.list(path);
    return entries.length === 0 ? 'The folder is empty.' : entries.join('\n');
  },
});
