import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { arch, cpus, platform } from 'node:os';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { holds, runGate, type GateOutcome } from './gate.ts';
import { gates } from './gates.ts';
import { gatesPage } from './reference/gates-page.ts';
import { workspaceRoot } from './workspace-root.ts';

/*
 * `npm run gates -- [NAME…] [--seed N] [--count N]`. Without a count the gates run at full size, and their rows of
 * docs/reference/gates.md are written anew.
 */

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { seed: { type: 'string' }, count: { type: 'string' } },
});

const unknown = positionals.filter((name) => !gates.some((gate) => gate.name === name));
if (unknown.length > 0) {
  console.error(`There is no gate ${unknown.join(', ')}. There are: ${gates.map(({ name }) => name).join(', ')}.`);
  process.exit(2);
}

const seed = values.seed === undefined ? crypto.getRandomValues(new Uint32Array(1)).at(0)! : Number(values.seed);
const chosen = gates.filter(({ name }) => positionals.length === 0 || positionals.includes(name));
const outcomes: GateOutcome[] = [];
for (const gate of chosen) {
  const outcome = await runGate(gate, seed, values.count === undefined ? gate.count : Number(values.count));
  outcomes.push(outcome);
  const { name, asked, run, failed, seconds, error } = outcome;
  console.log(
    `${holds(outcome) ? 'holds' : 'FAILS'}  ${name}: asked ${asked}, run ${run}, failed ${failed}, seed ${seed}, ${seconds} s${error === undefined ? '' : `: ${error}`}`,
  );
}

if (values.count === undefined) {
  const file = join(workspaceRoot, 'docs/reference/gates.md');
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(
    file,
    gatesPage({
      outcomes,
      date: new Date().toISOString().slice(0, 10),
      machine: `${platform()} ${arch()}, ${cpus().length} cores, Node ${process.versions.node}`,
      ...(existsSync(file) && { page: readFileSync(file, 'utf8') }),
      names: gates.map(({ name }) => name),
    }),
  );
}
process.exitCode = outcomes.every(holds) ? 0 : 1;
