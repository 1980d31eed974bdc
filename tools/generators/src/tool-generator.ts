import { formatFiles, type Tree } from '@nx/devkit';
import { addExport, camelCase, createFile, quoted } from './edit-text.ts';

export interface ToolOptions {
  name: string;
  description: string;
}

/** A tool in `libs/agents`, with a test. An agent gets it when it is added to the agent's `tools`. */
export async function toolGenerator(tree: Tree, { name, description }: ToolOptions): Promise<void> {
  const tool = `${camelCase(name)}Tool`;
  createFile(
    tree,
    `libs/agents/src/${name}-tool.ts`,
    `import { z } from 'zod';
import { defineTool } from './tool.ts';

export const ${tool} = defineTool({
  name: ${quoted(name)},
  description: ${quoted(description)},
  parameters: z.object({ path: z.string().describe('File or folder relative to the workspace') }),
  async run({ path }, { knowledge }) {
    const entries = await knowledge.list(path);
    return \`\${path} holds \${entries.length} entries.\`;
  },
});
`,
  );
  createFile(
    tree,
    `libs/agents/src/${name}-tool.test.ts`,
    `import type { Knowledge } from '@nootropic/contracts';
import { expect, it } from 'vitest';
import { ${tool} } from './${name}-tool.ts';
import { runTool } from './tool.ts';

const knowledge = { list: async () => ['a.ts', 'src/'] } satisfies Partial<Knowledge> as unknown as Knowledge;

const call = (given: Record<string, unknown>) => runTool(${tool}, { id: 'call-1', name: ${quoted(name)}, arguments: given }, { knowledge });

it('tells what it found', async () => {
  expect(await call({ path: 'src' })).toEqual({ ok: true, content: 'src holds 2 entries.' });
});

it('says what is wrong with its arguments', async () => {
  expect(await call({})).toMatchObject({ ok: false, content: expect.stringContaining('path') as string });
});
`,
  );
  addExport(tree, 'libs/agents/src/index.ts', `export { ${tool} } from './${name}-tool.ts';`);
  await formatFiles(tree);
}
