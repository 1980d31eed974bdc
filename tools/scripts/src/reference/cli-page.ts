import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { workspaceRoot } from '../workspace-root.ts';
import { markdownPage } from './markdown.ts';

const run = promisify(execFile);

/** What `nootropic … --help` prints, run from the source. */
async function helpOf(command: readonly string[]): Promise<string> {
  const { NOOTROPIC_HOME: _, FORCE_COLOR: __, COLUMNS: ___, ...env } = process.env;
  const { stdout } = await run(process.execPath, [join(workspaceRoot, 'apps/cli/src/main.ts'), ...command, '--help'], {
    env: { ...env, NO_COLOR: '1' },
  });
  return stdout.trimEnd();
}

/** The commands that a help text lists: the first words under every heading that is not about something else. */
export function commandsIn(help: string): string[] {
  let listed = false;
  return help.split('\n').flatMap((line) => {
    if (/^\S/.test(line)) listed = /:$/.test(line) && !/^(Arguments|Options|Global Options|Examples):/.test(line);
    const name = listed ? /^ {2}([a-z][a-z-]*)(?: |$)/.exec(line)?.[1] : undefined;
    // The help of `help` is that of what it belongs to, without an end.
    return name === undefined || name === 'help' ? [] : [name];
  });
}

async function sections(command: readonly string[]): Promise<string[]> {
  const help = await helpOf(command);
  const below = await Promise.all(commandsIn(help).map((name) => sections([...command, name])));
  return [`## ${['nootropic', ...command].join(' ')}`, `\`\`\`text\n${help}\n\`\`\``, ...below.flat()];
}

export async function cliPage(): Promise<string> {
  return markdownPage('Command line', await sections([]));
}
