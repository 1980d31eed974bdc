import { writeFile } from 'node:fs/promises';
import { NootropicError } from '@nootropic/contracts';
import { Option, type Command } from 'commander';
import { userPath, withAssistant, withCommonOptions, type Cli, type CommonOptions } from '../cli.ts';
import type { Finish } from '../program.ts';
import { sessionIdHelp } from '../session-id-help.ts';

interface ExportOptions extends CommonOptions {
  readonly format: 'md' | 'json';
  readonly out?: string;
}

export function addSessionsExport(parent: Command, cli: Cli, finish: Finish): void {
  const command = parent
    .command('export')
    .description('Writes a session to standard output or to a file; secrets are left out.')
    .argument('<id>', sessionIdHelp)
    .addOption(new Option('--format <format>', 'md to read, json for everything').choices(['md', 'json']).default('md'))
    .option('--out <file>', 'write to this file instead of standard output');
  withCommonOptions(command, [
    ['nootropic sessions export latest --out talk.md', 'a Markdown file'],
    ['nootropic sessions export latest --format json', 'the session and all its events'],
  ]).action((id: string, options: ExportOptions) => finish(() => exportSession(cli, id, options)));
}

async function exportSession(cli: Cli, id: string, { json, format, out }: ExportOptions): Promise<void> {
  const isJson = json === true || format === 'json';
  const document = await withAssistant(cli, (assistant) =>
    assistant.sessions.export({ id, format: isJson ? 'json' : 'markdown' }, { signal: cli.signal }),
  );
  const text = json === true ? `${JSON.stringify(JSON.parse(document.text))}\n` : document.text;
  if (out === undefined) return cli.out(isJson ? text : cli.clean(text));
  const file = userPath(cli, out);
  await writeFile(file, text, { mode: 0o600 }).catch((error: unknown) => {
    throw new NootropicError('PATH_NOT_FOUND', `${file} cannot be written.`, {
      cause: error,
      hint: 'Check that its folder exists and can be written to.',
    });
  });
  await cli.talk(`Written: ${file}\n`);
}
