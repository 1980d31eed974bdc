import { appendFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/*
 * The process that changes a tree under the hands of whoever reads it, until its parent ends it: a file that is a link to a file outside every other
 * moment, one that grows, one that comes and goes, and a folder that is a link to one outside every other moment.
 */
const [root = '', outside = ''] = process.argv.slice(2);
const mostBytes = 3_000_000;
let grown = 0;
const swap = (name: string, make: (path: string) => void): void => {
  const fresh = join(root, `.fresh-${name}.log`);
  rmSync(fresh, { force: true, recursive: true });
  make(fresh);
  renameSync(fresh, join(root, name));
};

function step(round: number): void {
  const isLink = round % 2 === 0;
  for (let at = 0; at < 4; at += 1) {
    swap(`swapped${at}.ts`, (path) =>
      isLink ? symlinkSync(join(outside, 'secret.ts'), path) : writeFileSync(path, `export const round = ${round};\n`),
    );
  }
  if (round % 3 === 0) writeFileSync(join(root, 'fleeting.ts'), 'export const fleeting = 1;\n');
  else rmSync(join(root, 'fleeting.ts'), { force: true });
  if (grown < mostBytes) {
    appendFileSync(join(root, 'growing.ts'), 'export const more = 1;\n'.repeat(200));
    grown += 4_600;
  } else {
    writeFileSync(join(root, 'growing.ts'), '');
    grown = 0;
  }
}

process.on('disconnect', () => process.exit(0));
const go = (round: number): void => {
  step(round);
  if (round === 0) process.send?.('ready');
  setImmediate(go, round + 1);
};
go(0);
