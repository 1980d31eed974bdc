import type { ModelsStatus, RunningModel } from '@nootropic/contracts';
import type { Command } from 'commander';
import { withAssistant, withCommonOptions, type Cli, type CommonOptions } from '../cli.ts';
import { formatAge, formatDuration } from '../durations.ts';
import type { Finish } from '../program.ts';
import { count, formatBytes, formatShare, formatSpeed, shortNumber } from '../sizes.ts';
import { tableLines, type Column, type Row } from '../table.ts';
import { wrapped } from '../text-width.ts';

interface PsOptions extends CommonOptions {
  readonly watch?: boolean;
}

/** Between two pictures of `--watch`, in milliseconds. */
const watchMs = 1000;

export function addModelsPs(parent: Command, cli: Cli, finish: Finish): void {
  const command = parent
    .command('ps')
    .summary('show what is in memory, what waits, and what is left')
    .description(
      'Shows the models in memory, the memory that is left, the queue, and what is kept on the disk. Where a host runs, it shows that host.',
    )
    .option('-w, --watch', 'show it again every second, until Ctrl-C');
  withCommonOptions(command, [
    ['nootropic models ps', 'now'],
    ['nootropic models ps --watch', 'every second'],
    ['nootropic models ps --json | jq .memory', 'one JSON object'],
  ]).action((options: PsOptions) => finish(() => ps(cli, options)));
}

async function ps(cli: Cli, options: PsOptions): Promise<void> {
  await withAssistant(cli, async (assistant, host) => {
    const read = () => assistant.models.ps(undefined, { signal: cli.signal });
    const show = async (status: ModelsStatus): Promise<void> =>
      options.json === true ? cli.json(status) : cli.out(statusText(cli, status, host.remote));
    if (options.watch !== true) return show(await read());
    await watch(
      cli,
      read,
      options.json === true ? cli.json : (status) => redraw(cli, statusText(cli, status, host.remote)),
    );
  });
}

/** Ctrl-C is how a person ends this, so it is no failure. */
async function watch(
  cli: Cli,
  read: () => Promise<ModelsStatus>,
  show: (status: ModelsStatus) => Promise<void>,
): Promise<void> {
  try {
    while (!cli.signal.aborted) {
      await show(await read());
      await cli.surroundings.pause(watchMs, cli.signal);
    }
  } catch (error) {
    if (!cli.signal.aborted) throw error;
  }
}

/** On a terminal in place of the last picture; line by line, so that nothing flickers. Elsewhere below it. */
async function redraw(cli: Cli, text: string): Promise<void> {
  if (!cli.surroundings.stdout.isTTY || cli.surroundings.env['TERM'] === 'dumb') return cli.out(`${text}\n`);
  await cli.out(`\u001b[H${text.replaceAll('\n', '\u001b[K\n')}\u001b[J`);
}

const columns: readonly Column[] = [
  { title: 'MODEL', least: 12 },
  { title: 'ROLE' },
  { title: 'STATE' },
  { title: 'MEMORY', align: 'right' },
  { title: 'CONTEXT', align: 'right', spare: 0 },
  { title: 'GPU', align: 'right', spare: 3 },
  { title: 'THR', align: 'right', spare: 2 },
  { title: 'TOK/S', align: 'right', spare: 1 },
  { title: 'USED', align: 'right', spare: 4 },
];

function statusText(cli: Cli, status: ModelsStatus, remote: boolean): string {
  const now = cli.surroundings.now();
  const { memory, cores, queue, states } = status;
  const table =
    status.models.length === 0
      ? [emptyText(remote)]
      : tableLines(
          columns,
          status.models.map((model) => rowOf(cli, model, now)),
          cli,
        );
  const pressure = memory.pressure === undefined ? '' : `, pressure ${formatShare(memory.pressure)}`;
  const facts: [string, string][] = [
    [
      'Memory',
      `${usedText(status.models)}${formatBytes(memory.promised)} promised of ${formatBytes(memory.usable)} for models; ${formatBytes(memory.available)} of ${formatBytes(memory.total)} free${pressure}`,
    ],
    ['Cores', `${oneDigit(cores.free)} of ${cores.total} free`],
    ['Queue', queueText(cli, queue)],
    [
      'On disk',
      states.files === 0
        ? 'no conversation is kept'
        : `${count(states.files, 'conversation')} kept, ${formatBytes(states.bytes)}`,
    ],
  ];
  const lines = facts.flatMap(([name, value]) =>
    wrapped(value, cli.width - 9).map((line, at) => `${cli.style.dim((at === 0 ? name : '').padEnd(9))}${line}`),
  );
  return `${[...table, '', ...lines].join('\n')}\n`;
}

function emptyText(remote: boolean): string {
  return remote
    ? 'No model is in memory. The next question loads one, or `nootropic models load`.'
    : 'No model is in memory here: a command lets go of its models when it ends.\n`nootropic serve --detach` starts a host that keeps them.';
}

function rowOf(cli: Cli, model: RunningModel, now: number): Row {
  const { contextLength, heldTokens, sequences, writeSpeed, promptSpeed, threads, gpuLayers } = model;
  const speed = writeSpeed ?? promptSpeed;
  return {
    cells: [
      cli.cell(model.name),
      model.role,
      model.state,
      memoryText(model),
      contextLength === 0
        ? ''
        : `${shortNumber(heldTokens)}/${contextNumber(contextLength)}${sequences > 1 ? ` ×${sequences}` : ''}`,
      gpuLayers > 0 ? String(gpuLayers) : '',
      threads > 0 ? String(threads) : '',
      speed === undefined ? '' : formatSpeed(speed),
      model.state === 'busy' ? 'now' : formatAge(now - model.usedAt),
    ],
  };
}

/** Planned, and what loading really took where that is known: `5.9/6.1 GB`. */
function memoryText({ planned, measured }: RunningModel): string {
  if (measured === undefined) return formatBytes(planned);
  const [plannedNumber, plannedUnit] = formatBytes(planned).split(' ');
  const [measuredNumber, measuredUnit] = formatBytes(measured).split(' ');
  return plannedUnit === measuredUnit
    ? `${plannedNumber}/${measuredNumber} ${measuredUnit}`
    : `${formatBytes(planned)}/${formatBytes(measured)}`;
}

/** What loading the models really took, where it is known of any. */
function usedText(models: readonly RunningModel[]): string {
  const used = models.reduce((sum, { measured }) => sum + (measured ?? 0), 0);
  return used === 0 ? '' : `${formatBytes(used)} used, `;
}

/** A context as it is called: `8k` for 8192 tokens. */
function contextNumber(tokens: number): string {
  return tokens >= 1024 && tokens % 1024 === 0 ? `${tokens / 1024}k` : shortNumber(tokens);
}

function queueText(cli: Cli, { running, waiting, estimatedWaitMs }: ModelsStatus['queue']): string {
  if (running === 0 && waiting.length === 0) return 'empty';
  const classes = new Map<string, { amount: number; longest: number }>();
  for (const { workClass, waitedMs } of waiting) {
    const { amount, longest } = classes.get(workClass) ?? { amount: 0, longest: 0 };
    classes.set(workClass, { amount: amount + 1, longest: Math.max(longest, waitedMs) });
  }
  const each = [...classes].map(
    ([name, { amount, longest }]) => `${amount} ${cli.cell(name)} (up to ${formatDuration(longest)})`,
  );
  const waits = waiting.length === 0 ? 'nothing waits' : `${waiting.length} waiting: ${each.join(', ')}`;
  const next = estimatedWaitMs > 0 ? `; a new request would wait about ${formatDuration(estimatedWaitMs)}` : '';
  return `${running} running, ${waits}${next}`;
}

function oneDigit(amount: number): string {
  return Number.isInteger(amount) ? String(amount) : amount.toFixed(1);
}
