import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { arch, cpus, platform } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { verdictOf, type BenchContext, type BenchLine, type BenchRow } from './bench-line.ts';
import { createBenchPlace } from './bench-place.ts';
import { benchSets, selectLines, type BenchSelection } from './bench-sets.ts';
import { mergeBenchmarks, rowText, tally, type BenchSection } from './benchmarks-page.ts';
import { builtCommand, workspaceRoot } from './child-run.ts';
import { busyPercent, cpuPressure, isDisturbed, readLoad, sharesBetween } from './machine-load.ts';
import { createPairMeasure } from './measure-pairs.ts';
import { waitForQuiet } from './wait-for-quiet.ts';

/*
 * `npm run bench -- [SET or LINE…] [--force] [--quick] [--repos A,B,C]`. Without a name it measures everything. Whole sets are merged into
 * docs/reference/benchmarks.md. It does not start on a busy machine; `--force` starts it anyway. `--quick` measures a small model with few
 * pairs, to see that every line works, judges nothing and writes nothing. `--repos` names local git
 * repositories whose commits are asked for. Results go to stdout, progress to stderr.
 */

const page = join(workspaceRoot, 'docs/reference/benchmarks.md');
/** How long lines that were stopped may take to end their programs, in milliseconds. */
const stopMs = 3_000;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    force: { type: 'boolean', default: false },
    quick: { type: 'boolean', default: false },
    repos: { type: 'string', default: '' },
  },
});
const repos = values.repos.split(',').flatMap((path) => (path === '' ? [] : [resolve(path)]));
const stop = new AbortController();
const place = createBenchPlace({ say, signal: stop.signal });
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    say('stopping; nothing is written');
    stop.abort(new Error(`stopped by ${signal}`));
    // The native library cannot always be stopped; what is left ends with this process.
    setTimeout(() => process.exit(130), stopMs).unref();
  });
}

process.exitCode = await main();
// Native threads would keep the process for a while.
process.exit();

async function main(): Promise<number> {
  const selection = await selectLines(positionals);
  const refusal = await whyNot(selection);
  if (refusal !== undefined) {
    console.error(refusal.text);
    return refusal.status;
  }
  const sections: BenchSection[] = [];
  const before = readLoad();
  for (const { set, lines } of selection.sets) {
    const rows: BenchRow[] = [];
    for (const line of lines) rows.push(...(await measureLine(line, values.force || set.simulated === true)));
    if (stop.signal.aborted) return 130;
    const machine = `${platform()} ${arch()}, ${cpus()[0]?.model.trim() ?? 'unknown processor'}, ${cpus().length} cores, Node ${process.versions.node}`;
    const disturbed =
      set.simulated !== true && isDisturbed(sharesBetween(before, readLoad())) ? ', while other programs computed' : '';
    sections.push({ set: set.name, date: new Date().toISOString().slice(0, 10), machine: machine + disturbed, rows });
    say(`${set.name}: ${tally(rows)}`);
  }
  if (selection.whole && !values.quick) {
    mkdirSync(join(workspaceRoot, 'docs/reference'), { recursive: true });
    const old = existsSync(page) ? readFileSync(page, 'utf8') : '';
    const order = benchSets.map(({ name }) => name);
    writeFileSync(page, mergeBenchmarks(old, sections, order));
  }
  return sections.flatMap(({ rows }) => rows).some(failed) ? 1 : 0;
}

async function whyNot(selection: BenchSelection): Promise<{ text: string; status: number } | undefined> {
  const { sets, unknown } = selection;
  if (unknown.length > 0) {
    const names = await Promise.all(
      benchSets.map(async (set) => `${set.name} (${(await set.lines()).map(({ name }) => name).join(', ')})`),
    );
    return { text: `There is no set or line ${unknown.join(', ')}. There are: ${names.join(', ')}.`, status: 2 };
  }
  if (sets.some(({ set }) => set.built) && !existsSync(builtCommand))
    return { text: 'The command is not built: run `npm run build`.', status: 2 };
  const pressure = cpuPressure();
  if (pressure > busyPercent && !values.force && !sets.every(({ set }) => set.simulated)) {
    return {
      text: `This machine is busy: work waited for a core ${pressure.toFixed(0)} % of the last ten seconds. Try again later, or add --force.`,
      status: 1,
    };
  }
  return undefined;
}

async function measureLine(line: BenchLine, anyhow: boolean): Promise<readonly BenchRow[]> {
  if (stop.signal.aborted) return [];
  try {
    if (!anyhow) {
      const reasons = await waitForQuiet({ signal: stop.signal });
      if (reasons.length > 0) say(`${line.name}: the machine does not become quiet: ${reasons.join(', ')}`);
    }
    say(line.name);
    const start = performance.now();
    const rows = await line.measure(contextOf(line));
    for (const row of rows) console.log(rowText(row));
    say(`${line.name}: ${((performance.now() - start) / 1_000).toFixed(0)} s`);
    return rows;
  } catch (error) {
    if (stop.signal.aborted) return [];
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
    say(`${line.name} failed: ${text}`);
    const row: BenchRow = {
      what: line.name,
      peer: '',
      unit: '',
      better: 'higher',
      result: { notMeasured: 'the measurement failed' },
      extras: [{ text: error instanceof Error ? error.message.slice(0, 200) : text.slice(0, 200), holds: false }],
    };
    console.log(rowText(row));
    return [row];
  }
}

function contextOf(line: BenchLine): BenchContext {
  const { quick } = values;
  const { signal } = stop;
  const own = (text: string): void => say(`${line.name}: ${text}`);
  const watch = (): (() => boolean) => {
    const start = readLoad();
    return () => isDisturbed(sharesBetween(start, readLoad()));
  };
  return {
    signal,
    quick,
    repos,
    say: own,
    pairs: createPairMeasure({
      pairs: quick ? 2 : 5,
      watch: values.force ? () => () => false : watch,
      signal,
    }),
    place,
  };
}

/** Whether a row makes the run fail. The targets are not for the small model of a quick run. */
function failed(row: BenchRow): boolean {
  if ('notMeasured' in row.result) return (row.extras ?? []).some(({ holds }) => holds === false);
  return !values.quick && verdictOf(row) === 'FAILS';
}

function say(text: string): void {
  console.error(`· ${text}`);
}
