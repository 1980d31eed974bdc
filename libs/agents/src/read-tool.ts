import { z } from 'zod';
import { defineTool } from './tool.ts';

const linesAtOnce = 200;

export const readTool = defineTool({
  name: 'read',
  description: `Read lines of a file, at most ${linesAtOnce} at once.`,
  parameters: z.object({
    path: z.string().min(1).describe('Path relative to the workspace'),
    startLine: z.int().positive().optional().describe('First line, from 1. Default 1'),
    endLine: z.int().positive().optional().describe('Last line. Default the end'),
  }),
  async run({ path, startLine = 1, endLine }, { knowledge }) {
    const last = Math.min(endLine ?? startLine + linesAtOnce - 1, startLine + linesAtOnce - 1);
    const range = await knowledge.read(path, { startLine, endLine: Math.max(startLine, last) });
    const numbered = range.text.split('\n').map((line, index) => `${range.startLine + index}: ${line}`);
    return `${path}:${range.startLine}-${range.endLine} of ${range.totalLines} lines\n${numbered.join('\n')}`;
  },
});
