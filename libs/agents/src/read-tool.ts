import { z } from 'zod';
import { lineMarks } from './edit-tool.ts';
import { defineTool } from './tool.ts';

const linesAtOnce = 200;

export const readTool = defineTool({
  name: 'read',
  description: `Read a file by its lines, ${linesAtOnce} at once.`,
  parameters: z.object({
    path: z.string().min(1),
    startLine: z.int().positive().optional(),
    endLine: z.int().positive().optional(),
  }),
  async run({ path, startLine = 1, endLine }, context) {
    const last = Math.min(endLine ?? startLine + linesAtOnce - 1, startLine + linesAtOnce - 1);
    const range = await context.knowledge.read(path, { startLine, endLine: Math.max(startLine, last) });
    const numbered = lineMarks(context, range.text.split('\n'), range.startLine);
    return `${path}:${range.startLine}-${range.endLine} of ${range.totalLines} lines\n${numbered.join('\n')}`;
  },
});
