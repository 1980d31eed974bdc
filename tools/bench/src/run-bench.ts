import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { arch, cpus, platform } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { holds } from './bench-line.ts';
import { benchmarksPage, resultText, type BenchResult } from './benchmarks-page.ts';
import { builtCommand, workspaceRoot } from './child-run.ts';
import { indexLine } from './index-line.ts';
import { busyPercent, cpuPressure } from './machine-load.ts';
import { startLine } from './start-line.ts';

/*
 * `npm run bench -- [NAME…] [--force]`. Without a name it measures all lines and writes docs/reference/benchmarks.md.
 * It does not start on a busy machine; `--force` starts it anyway.
 */

const lines = [startLine, indexLine];

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { force: { type: 'boolean', default: false } },
});
const unknown = positionals.filter((name) => !lines.some((line) => line.name === name));
const pressure = cpuPressure();
if (unknown.length > 0) {
  console.error(`There is no line ${unknown.join(', ')}. There are: ${lines.map(({ name }) => name).join(', ')}.`);
  process.exitCode = 2;
} else if (!existsSync(builtCommand)) {
  console.error('The command is not built: run `npm run build`.');
  process.exitCode = 2;
} else if (pressure > busyPercent && !values.force) {
  console.error(
    `This machine is busy: work waited for a core ${pressure.toFixed(0)} % of the last ten seconds. Try again later, or add --force.`,
  );
  process.exitCode = 1;
} else {
  const results: BenchResult[] = [];
  for (const line of lines.filter(({ name }) => positionals.length === 0 || positionals.includes(name))) {
    const result = { line, measurement: await line.measure() };
    results.push(result);
    console.log(resultText(result));
  }
  if (positionals.length === 0) {
    mkdirSync(join(workspaceRoot, 'docs/reference'), { recursive: true });
    const machine = `${platform()} ${arch()}, ${cpus()[0]?.model ?? 'unknown processor'}, ${cpus().length} cores, Node ${process.versions.node}${pressure > busyPercent ? ', busy with other work' : ''}`;
    writeFileSync(
      join(workspaceRoot, 'docs/reference/benchmarks.md'),
      benchmarksPage(results, { date: new Date().toISOString().slice(0, 10), machine }),
    );
  }
  process.exitCode = results.every(({ line, measurement }) => holds(line, measurement)) ? 0 : 1;
}
