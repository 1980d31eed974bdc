import { InvalidArgumentError, Option, type Command } from 'commander';
import { numberOption, withCommonOptions, type Cli, type CommonOptions } from '../cli.ts';
import type { LogLine } from '../host.ts';
import type { Finish } from '../program.ts';

const levels = ['debug', 'info', 'warn', 'error'] as const;

interface LogsOptions extends CommonOptions {
  readonly follow?: boolean;
  readonly lines: number;
  readonly level?: (typeof levels)[number];
  readonly since?: string;
}

export function addLogs(parent: Command, cli: Cli, finish: Finish): void {
  const command = parent
    .command('logs')
    .summary('what the program wrote to its log')
    .description(
      'Prints the newest lines of the log, whether a host runs or not. Secrets were taken out before the lines were written.',
    )
    .option('-f, --follow', 'go on with lines as they are written, until it is interrupted')
    .option('-n, --lines <count>', 'how many lines', numberOption('--lines', 0, 1_000_000), 50)
    .addOption(new Option('--level <level>', 'only lines of at least this weight').choices(levels))
    .option(
      '--since <time>',
      'only lines from then on: `10m`, `2h`, `3d`, or a time such as 2026-11-21T10:00',
      checkTime,
    );
  withCommonOptions(command, [
    ['nootropic logs', 'the newest 50 lines'],
    ['nootropic logs --follow --level warn', 'warnings and errors, as they come'],
    ['nootropic logs --since 2h --json', 'one JSON object per line'],
  ]).action((options: LogsOptions) => finish(() => logs(cli, options)));
}

async function logs(cli: Cli, { follow, lines, level, since, json }: LogsOptions): Promise<void> {
  const { surroundings, signal } = cli;
  const host = await cli.loadHost();
  const print = (line: LogLine): Promise<void> =>
    json === true ? cli.json(line) : cli.out(`${lineText(cli, line)}\n`);
  const least = level === undefined ? {} : { level };
  // What is written while the old lines are printed must not be missed.
  const coming = follow === true ? host.logs.follow({ ...least, signal }) : undefined;
  const first = coming?.next();
  const found = await host.logs.read({
    ...{ lines, ...least },
    ...(since !== undefined && { since: timeOf(since, surroundings.now()) }),
  });
  for (const line of found) await print(line);
  if (coming === undefined) {
    if (found.length === 0) await cli.talk('There are no such lines.\n');
    return;
  }
  const shown = new Set(found.map((line) => JSON.stringify(line)));
  for (let next = await first; next?.done === false; next = await coming.next())
    if (!shown.delete(JSON.stringify(next.value))) await print(next.value);
}

function lineText(cli: Cli, { time, level, message, ...facts }: LogLine): string {
  const { style } = cli;
  const weight = level === 'error' ? style.red(level) : level === 'warn' ? style.yellow(level) : level;
  const said = Object.entries(facts).map(([name, value]) => ` ${style.dim(`${name}=`)}${cli.cell(String(value))}`);
  return `${style.dim(time)} ${weight} ${cli.cell(message)}${said.join('')}`;
}

const units: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** Milliseconds since 1970; `NaN` for what is no time. */
function timeOf(text: string, now: number): number {
  const [, amount, unit = ''] = /^(\d+)([smhd])$/u.exec(text) ?? [];
  return amount === undefined ? Date.parse(text) : now - Number(amount) * (units[unit] ?? Number.NaN);
}

function checkTime(text: string): string {
  if (Number.isNaN(timeOf(text, 0))) throw new InvalidArgumentError('A time is `10m`, `2h`, `3d` or 2026-11-21T10:00.');
  return text;
}
