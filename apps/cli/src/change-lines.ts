import type { Assistant } from '@nootropic/contracts';
import type { Cli } from './cli.ts';
import { formatAge } from './durations.ts';
import { formatNumber } from './sizes.ts';

/** A step as the front door tells of it. */
export type ShownStep = Awaited<ReturnType<Assistant['changes']['list']>>[number];

type ShownChange = ShownStep['changes'][number];

/** Paths of one step that are listed; more are counted. */
const mostPaths = 12;

const signs = { created: '+', modified: '~', deleted: '-', renamed: '>' } as const;

/** One line that names a step: its number, how long ago it was, and what made it. */
export function stepTitle(cli: Cli, step: ShownStep): string {
  const { style, surroundings } = cli;
  const when = formatAge(Math.max(0, surroundings.now() - step.at));
  const undone = step.state === 'undone' ? style.yellow('  (undone)') : '';
  return `${style.cyan(String(step.id))}  ${style.dim(when)}  ${cli.cell(step.label)}${undone}`;
}

/** One line for each path of a step: what became of it, and how many lines came and went. */
export function changeLines(cli: Cli, changes: readonly ShownChange[], dimmed = false): string[] {
  const shown = changes.slice(0, mostPaths).map((change) => changeLine(cli, change, dimmed));
  const more = changes.length - shown.length;
  return more > 0 ? [...shown, cli.style.dim(`… and ${formatNumber(more)} more`)] : shown;
}

function changeLine(cli: Cli, change: ShownChange, dimmed: boolean): string {
  const { style } = cli;
  const name =
    change.from === undefined ? cli.cell(change.path) : `${cli.cell(change.from)} → ${cli.cell(change.path)}`;
  const slash = change.kind === 'folder' ? '/' : '';
  const facts = factsOf(change);
  const line = `${signs[change.change]} ${name}${slash}`;
  if (dimmed) return style.dim(facts === '' ? line : `${line}  ${facts}`);
  const counts = change.unkept === true ? style.yellow(facts) : style.dim(facts);
  return facts === '' ? line : `${line}  ${counts}`;
}

function factsOf({ unkept, binary, kind, added, removed }: ShownChange): string {
  if (unkept === true) return 'its content before was not kept';
  if (kind === 'link') return 'link';
  if (binary) return 'binary';
  return [added > 0 ? `+${formatNumber(added)}` : '', removed > 0 ? `-${formatNumber(removed)}` : '']
    .filter((part) => part !== '')
    .join(' ');
}
