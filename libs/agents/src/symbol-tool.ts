import { z } from 'zod';
import { defineTool } from './tool.ts';

export const symbolTool = defineTool({
  name: 'symbol',
  description: 'Where a symbol is defined and who calls it.',
  parameters: z.object({ name: z.string().min(1) }),
  async run({ name }, { knowledge }) {
    const answers = await knowledge.symbol(name);
    if (answers.length === 0) return `No symbol is named ${name}. Search for it instead.`;
    return answers
      .map(({ definition, callers }) => {
        const head = `${definition.path}:${definition.startLine}-${definition.endLine} ${definition.kind} ${definition.name}`;
        const places = callers.map(
          (caller) => `  called at ${caller.path}:${caller.line}${caller.from && ` in ${caller.from}`}`,
        );
        return [head, definition.signature, definition.doc, ...places].filter((line) => line !== '').join('\n');
      })
      .join('\n\n');
  },
});
