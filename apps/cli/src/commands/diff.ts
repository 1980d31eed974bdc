import type { Command } from 'commander';
import { withAssistant, withCommonOptions, workspaceOf, type Cli, type CommonOptions } from '../cli.ts';
import type { Finish } from '../program.ts';
import { selectionOf, withSelection, type SelectionOptions } from '../step-selection.ts';

interface DiffOptions extends CommonOptions, SelectionOptions {}

export function addDiff(parent: Command, cli: Cli, finish: Finish): void {
  const command = withSelection(
    parent
      .command('diff')
      .summary('what the agent changed, line by line')
      .description('Shows what the agent or its commands changed in this folder as a unified diff.'),
    'show',
  );
  withCommonOptions(command, [
    ['nootropic diff', 'the newest step'],
    ['nootropic diff --session latest', 'a whole session in one'],
    ['nootropic diff 12 > step.patch', 'into a file'],
  ]).action((step: string | undefined, options: DiffOptions) => finish(() => diff(cli, { ...options, step })));
}

async function diff(cli: Cli, options: DiffOptions & { readonly step: string | undefined }): Promise<void> {
  const workspace = await workspaceOf(cli, options);
  const result = await withAssistant(cli, async (assistant) => {
    const selection = await selectionOf(cli, assistant, options);
    return assistant.changes.diff({ workspace, ...selection }, { signal: cli.signal });
  });
  if (options.json === true) return cli.json(result);
  if (result.diff === '') return cli.talk('There is nothing to show.\n');
  for (const line of result.diff.replace(/\n$/u, '').split('\n')) await cli.out(`${colored(cli, line)}\n`);
}

function colored(cli: Cli, line: string): string {
  const { style } = cli;
  const text = cli.clean(line);
  if (/^(?:---|\+\+\+) /u.test(line)) return style.bold(text);
  if (line.startsWith('@@')) return style.cyan(text);
  if (line.startsWith('+')) return style.green(text);
  return line.startsWith('-') ? style.red(text) : text;
}
