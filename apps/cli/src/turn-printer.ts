import type { Citation, KnownTurnEvent, TurnEvent, Usage } from '@nootropic/contracts';
import type { Cli } from './cli.ts';
import { createEscapeFilter } from './escape-filter.ts';
import { formatDuration } from './durations.ts';
import { talkFailure } from './failure.ts';
import { formatCost, formatNumber } from './sizes.ts';
import { place } from './transcript.ts';

export interface TurnPrinter {
  show(event: TurnEvent): Promise<void>;
  /** Ends the line that was being written and takes the bar away, where the turn was cut off. */
  close(): Promise<void>;
}

/**
 * Prints a turn for a person: the answer as it comes on standard output, everything else on standard error. `verbose` adds which model
 * answered and why, and what that took; a turn that cost money says so without being asked.
 */
export function createTurnPrinter(cli: Cli, options: { readonly verbose?: boolean } = {}): TurnPrinter {
  const bar = cli.progress();
  const filter = cli.surroundings.stdout.isTTY ? createEscapeFilter() : (text: string) => text;
  const { style, errorStyle } = cli;
  let lineOpen = false;
  let written = true;
  let chosen: (KnownTurnEvent & { type: 'model-chosen' }) | undefined;

  async function endLine(): Promise<void> {
    bar.clear();
    if (lineOpen) await cli.out('\n');
    lineOpen = false;
  }

  async function showEnd(event: KnownTurnEvent & { type: 'turn-end' }): Promise<void> {
    await endLine();
    // An extractive answer is its sources.
    if (written && event.citations.length > 0) {
      const lines = event.citations.map((citation) => `  ${sourceLine(cli, citation)}\n`);
      await cli.out(`\n${style.bold('Sources')}\n${lines.join('')}`);
    }
    const remark = endRemarks[event.reason];
    if (remark !== '') await cli.talk(`${errorStyle.dim(remark)}\n`);
    await showAccount(event.usage);
  }

  async function showAccount(usage: Usage): Promise<void> {
    const paid = usage.cost !== undefined && usage.cost > 0;
    if (options.verbose === true)
      for (const line of accountLines(chosen, usage)) await cli.talk(`${errorStyle.dim(cli.cleanTalk(line))}\n`);
    else if (paid)
      await cli.talk(
        `${errorStyle.dim(cli.cleanTalk(`[${chosen?.model ?? 'model'}: ${formatCost(usage.cost ?? 0)}]`))}\n`,
      );
  }

  // A kind that this version does not know meets no case: that is how it is skipped.
  async function show(event: KnownTurnEvent): Promise<void> {
    switch (event.type) {
      case 'text-delta': {
        bar.clear();
        const text = filter(event.text);
        if (text !== '') lineOpen = !text.endsWith('\n');
        return cli.out(text);
      }
      case 'turn-start':
        bar.update(0, 0, 'Searching …');
        return;
      case 'model-chosen':
        written = event.model !== 'none';
        chosen = event;
        if (written) bar.update(0, 0, 'Reading …');
        return;
      case 'reasoning-delta':
        if (!lineOpen) bar.update(0, 0, 'Thinking …');
        return;
      case 'progress':
        if (!lineOpen) bar.update(event.done, event.total, event.note ?? taskNames[event.task] ?? event.task);
        return;
      case 'tool-call':
        await endLine();
        if (cli.surroundings.stderr.isTTY) await cli.talk(`${errorStyle.dim(cli.cleanTalk(callLine(event)))}\n`);
        return;
      case 'notice':
        await endLine();
        return cli.talk(
          `${event.level === 'warning' ? errorStyle.yellow('warning:') : errorStyle.cyan('note:')} ${cli.cleanTalk(event.message)}\n`,
        );
      case 'turn-end':
        return showEnd(event);
      case 'turn-error':
        await endLine();
        await talkFailure(cli, event.error);
        return showAccount(event.usage);
      default:
        return;
    }
  }

  return { show: (event) => show(event as KnownTurnEvent), close: endLine };
}

function accountLines(
  chosen: (KnownTurnEvent & { type: 'model-chosen' }) | undefined,
  { tokensRead, tokensReused, tokensWritten, firstTextMs, totalMs, cost }: Usage,
): string[] {
  const times = [
    ...(firstTextMs === undefined ? [] : [`first text after ${formatDuration(firstTextMs)}`]),
    `${formatDuration(totalMs)} in all`,
  ];
  const tokens = [
    `${formatNumber(tokensRead)} tokens read`,
    `${formatNumber(tokensReused)} kept from before`,
    `${formatNumber(tokensWritten)} written`,
  ];
  return [
    ...(chosen === undefined ? [] : [`model: ${chosen.model} (${chosen.reason})`]),
    ...(chosen?.model === 'none' ? [] : [tokens.join(', ')]),
    times.join(', '),
    ...(cost === undefined ? [] : [`cost: ${formatCost(cost)}`]),
  ];
}

const taskNames: Readonly<Record<string, string>> = { scan: 'Looking for changes', index: 'Indexing' };

const endRemarks = {
  done: '',
  length: '[The answer reached its longest length: see `nootropic config explain answer.maxTokens`.]',
  steps: '[The model used all its steps: see `nootropic config explain answer.maxSteps`.]',
  stuck: '[The agent came no further and was stopped.]',
  aborted: '[interrupted]',
} as const;

function sourceLine(cli: Cli, citation: Citation): string {
  return `${cli.style.cyan(cli.clean(place(citation)))}${citation.symbol ? ` ${cli.clean(citation.symbol)}` : ''}`;
}

function callLine({ call }: KnownTurnEvent & { type: 'tool-call' }): string {
  const values = Object.values(call.arguments).map((value) =>
    typeof value === 'string' ? value : JSON.stringify(value),
  );
  return `· ${call.name} ${values.join(' ').replaceAll('\n', ' ')}`.slice(0, 120);
}
