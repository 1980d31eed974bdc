import { formatFiles, type Tree } from '@nx/devkit';
import { createFile, insertAfterLast, pascalCase, quoted, readText } from './edit-text.ts';

export interface CommandOptions {
  name: string;
  summary: string;
}

const program = 'apps/cli/src/program.ts';

/** A command in `apps/cli`, registered in the program, with a test. Run \`npm run docs\` after it. */
export async function commandGenerator(tree: Tree, { name, summary }: CommandOptions): Promise<void> {
  const add = `add${pascalCase(name)}`;
  createFile(
    tree,
    `apps/cli/src/commands/${name}.ts`,
    `import type { Command } from 'commander';
import { withCommonOptions, workspaceOf, type Cli, type CommonOptions } from '../cli.ts';
import type { Finish } from '../program.ts';

export function ${add}(parent: Command, cli: Cli, finish: Finish): void {
  const command = parent
    .command(${quoted(name)})
    .summary(${quoted(summary)})
    .description(${quoted(`${summary.charAt(0).toUpperCase()}${summary.slice(1)}.`)});
  withCommonOptions(command, [[${quoted(`nootropic ${name}`)}, 'for the folder it runs in']]).action((options: CommonOptions) =>
    finish(() => run(cli, options)),
  );
}

async function run(cli: Cli, options: CommonOptions): Promise<void> {
  const workspace = await workspaceOf(cli, options);
  await (options.json === true ? cli.json({ workspace }) : cli.out(\`\${cli.clean(workspace)}\\n\`));
}
`,
  );
  createFile(
    tree,
    `apps/cli/src/commands/${name}.test.ts`,
    `import { expect, it } from 'vitest';
import { run } from '../fake-host.test-fixture.ts';

it('prints its result', async () => {
  const { code, out } = await run([${quoted(name)}]);
  expect(code).toBe(0);
  expect(out).not.toBe('');
});

it('prints JSON when asked to', async () => {
  const ran = await run([${quoted(name)}, '--json']);
  expect(ran.lines()).toHaveLength(1);
});
`,
  );
  const imported = insertAfterLast(
    readText(tree, program),
    /^import \{ add\w+ \} from '\.\/commands\//,
    `import { ${add} } from './commands/${name}.ts';`,
  );
  tree.write(
    program,
    insertAfterLast(imported, /^ {2}add\w+\(program, cli, finish\);$/, `  ${add}(program, cli, finish);`),
  );
  await formatFiles(tree);
}
