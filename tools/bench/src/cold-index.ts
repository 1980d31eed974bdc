import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import type { BenchRow } from './bench-line.ts';
import { builtCommand } from './child-run.ts';
import { startProgram } from './other-program.ts';
import { quantile, ratioOf } from './paired-ratio.ts';
import { watchMemory } from './process-tree.ts';
import type { TreePlace } from './source-tree.ts';

/** Seconds that a tree of 10 000 files may take, on two cores. */
const mostSeconds = 60;
const cores = 2;
const taskset = '/usr/bin/taskset';
/** Megabytes per second that are asked for, and how much faster than one core, one step after the other, two are to be. */
const leastSpeed = 5;

interface ColdRun {
  readonly seconds: number;
  readonly peak: number;
  readonly chunks: number;
  readonly files: number;
}

/** The index from nothing, by the command as it is installed: from its start to its end. */
export async function coldRows(place: TreePlace): Promise<BenchRow[]> {
  const { context, tree, env } = place;
  const runs: ColdRun[] = [];
  let serial = 0;
  const result = await context.pairs(
    async () => {
      const run = await coldRun(place);
      runs.push(run);
      return run.seconds;
    },
    async () => {
      const database = join(env['NOOTROPIC_HOME'] ?? '', `../serial-${(serial += 1)}.sqlite`);
      const start = performance.now();
      await onTwoCores([join(import.meta.dirname, 'serial-index.ts'), tree.root, database], place);
      await rm(database, { force: true });
      return (performance.now() - start) / 1_000;
    },
    { pairs: context.quick ? 1 : 3, warmUp: 0 },
  );
  const seconds = result.subject;
  const middle = (of: (run: ColdRun) => number): number => quantile(runs.map(of), 0.5);
  const speed = tree.bytes / 1e6 / seconds;
  const perSecond = (count: number): string => (count / seconds).toFixed(0);
  const limited = !context.quick;
  return [
    {
      what: `\`nootropic index --rebuild\` of ${tree.files} source files with the built-in embedder, ${coresText()}`,
      peer: `the limit of ${mostSeconds} s`,
      unit: 's',
      better: 'lower',
      target: 1,
      result: { ...result, ...ratioOf(runs.map((run) => ({ subject: run.seconds, peer: mostSeconds }))) },
      extras: [
        {
          text: `${perSecond(middle((run) => run.files))} files/s, ${perSecond(middle((run) => run.chunks))} chunks/s`,
        },
        { text: `${middle((run) => run.chunks)} chunks` },
        {
          text: `${speed.toFixed(1)} MB/s (at least ${leastSpeed})`,
          ...(limited && { holds: speed >= leastSpeed }),
        },
        { text: `${(Math.max(...runs.map(({ peak }) => peak)) / 2 ** 20).toFixed(0)} MiB at most in all processes` },
        { text: tree.packages },
      ],
    },
    {
      what: 'the same',
      peer: 'parsing each file and putting its text into one full-text table, one after the other in one process',
      unit: 's',
      better: 'lower',
      target: 1.25,
      result,
    },
  ];
}

function coresText(): string {
  return availableParallelism() > cores && existsSync(taskset)
    ? `on ${cores} cores`
    : `on ${availableParallelism()} cores`;
}

async function onTwoCores(
  args: readonly string[],
  { context, env }: TreePlace,
): Promise<{ last: string; peak: number }> {
  const bound = availableParallelism() > cores && existsSync(taskset);
  const command = bound ? taskset : process.execPath;
  await using program = startProgram(command, bound ? ['-c', '0,1', process.execPath, ...args] : args, {
    signal: context.signal,
    env,
  });
  using memory = watchMemory(program.pid ?? 0);
  const status = await program.ended;
  context.signal.throwIfAborted();
  const { stdout, stderr } = program.output();
  if (status !== 0) throw new Error(`${args.join(' ')} ended with ${status}: ${stderr.slice(-500)}`);
  return { last: stdout.trim().split('\n').at(-1) ?? '', peak: memory.peak() };
}

async function coldRun(place: TreePlace): Promise<ColdRun> {
  const { tree, env } = place;
  await rm(env['NOOTROPIC_HOME'] ?? '', { recursive: true, force: true });
  const start = performance.now();
  const { last, peak } = await onTwoCores([builtCommand, 'index', '--rebuild', '--json', '--cwd', tree.root], place);
  const seconds = (performance.now() - start) / 1_000;
  const { total, chunksEmbedded } = JSON.parse(last) as { total: number; chunksEmbedded: number };
  return { seconds, peak, chunks: chunksEmbedded, files: total };
}
