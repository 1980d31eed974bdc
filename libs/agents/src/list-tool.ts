import { z } from 'zod';
import { defineTool } from './tool.ts';

export const listTool = defineTool({
  name: 'list',
  description: 'List a folder of the workspace. Folders end with a slash.',
  parameters: z.object({
    path: z.string().default('.').describe('Folder relative to the workspace. Default the workspace itself'),
  }),
  async run({ path }, { knowledge }) {
    const entries = await knowledge.list(path);
    return entries.length === 0 ? 'The folder is empty.' : entries.join('\n');
  },
});
