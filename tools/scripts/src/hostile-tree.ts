import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, renameSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { deflateRawSync } from 'node:zlib';

/** A tree made to break what looks through it. */
export interface HostileTree extends AsyncDisposable {
  /** Files, links and the like that are to be accounted for, the folders that are too deep included. */
  readonly entries: number;
  /** What must be said of some paths; an empty text: that it is indexed. */
  readonly expected: Readonly<Record<string, string>>;
}

export interface HostileTreeOptions {
  readonly root: string;
  /** Files of one folder; each tenth is none to index. */
  readonly crowd: number;
  /** Folders inside folders; the whole path may be longer than the system takes in one call. */
  readonly deep: number;
}

const mebibyte = 2 ** 20;
/** Folders inside folders that are still looked into. */
const deepest = 64;
const nameBytes = 255;

/** Text that costs a reader far more than its length: what opens and never closes, and what refers to itself. */
const costly: Readonly<Record<string, string>> = {
  'parens.js': '('.repeat(300_000),
  'braces.ts': 'if (a) {\n'.repeat(50_000),
  'templates.cpp': `auto x = ${'a<'.repeat(100_000)};`,
  'quotes.md': Array.from({ length: 300 }, () => `${'> '.repeat(400)}x`).join('\n'),
  'brackets.md': '[a]('.repeat(50_000),
  'deep.json': '['.repeat(99_000),
  'deep.ipynb': `{"cells": ${'['.repeat(99_000)}`,
  'deep.html': '<b>'.repeat(30_000),
  'deep.sql': `SELECT ${'('.repeat(90_000)}`,
  'deep.yaml': Array.from({ length: 400 }, (_, at) => `${' '.repeat(at)}a:`).join('\n'),
  'laughs.yaml': [
    'a0: &a0 [x, x]',
    ...Array.from({ length: 60 }, (_, at) => `a${at + 1}: &a${at + 1} [*a${at}, *a${at}]`),
  ].join('\n'),
  'nested.py': Array.from({ length: 800 }, (_, at) => `${' '.repeat(at)}def f${at}():`).join('\n'),
  'heredoc.sh': 'cat <<A\n'.repeat(20_000),
  'comment.rs': '/*'.repeat(100_000),
  'empty.ts': '',
};

/** Names that are valid and seldom met. */
const oddNames = [
  'new\nline.ts',
  'carriage\rreturn.ts',
  '\u202egnp.ts',
  '\u05d0\u05d1\u05d2.ts',
  '\u001b[31mred.ts',
  '-rf.ts',
  '__proto__.ts',
  'constructor.ts',
  ' leading.ts',
  'trailing .ts',
  'back\\slash.ts',
  '"quoted".ts',
  `${'n'.repeat(nameBytes - 3)}.ts`,
  `${'\u00e9'.repeat((nameBytes - 3) / 2)}.ts`,
];

/** Patterns whose matching tries every way to share out a name among their stars. */
const costlyPatterns = [
  '*a*a*a*a*a*a*a*a*b',
  '**/**/**/**/**/x',
  '*a*a*a*b',
  '**/a/**/*a*a*b',
  '[a-z]*[a-z]*[a-z]*[a-z]*[0-9]',
  '(a+)+$',
  '!*a*a*a*c',
];

/** The archive `name` that unpacks to far more than it is (https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT, 4.3.7). */
function zipBomb(name: string): Buffer {
  const packed = deflateRawSync(Buffer.alloc(100 * mebibyte));
  const head = Buffer.alloc(30);
  head.writeUInt32LE(0x04034b50, 0);
  head.writeUInt16LE(20, 4);
  head.writeUInt16LE(8, 8);
  head.writeUInt32LE(packed.length, 18);
  head.writeUInt32LE(100 * mebibyte, 22);
  head.writeUInt16LE(name.length, 26);
  return Buffer.concat([head, Buffer.from(name), packed]);
}

const pieceLevels = 500;

/** Puts folders called `d` into each other. Built from the bottom up in pieces, since the whole path is longer than the system takes in one call. */
function nest(root: string, levels: number): void {
  let below: string | undefined;
  for (let left = levels; left > 0; left -= pieceLevels) {
    const piece = join(root, `piece${left}`);
    const bottom = join(piece, 'd/'.repeat(Math.min(left, pieceLevels) - 1));
    mkdirSync(bottom, { recursive: true });
    if (below === undefined) writeFileSync(join(bottom, 'bottom.ts'), 'export const bottom = 1;\n');
    else renameSync(below, join(bottom, 'd'));
    below = piece;
  }
  if (below !== undefined) renameSync(below, join(root, 'd'));
}

/** Lays out the tree in an empty folder. Not on Windows, which refuses most of it. */
export async function layOutHostileTree({ root, crowd, deep }: HostileTreeOptions): Promise<HostileTree> {
  const expected: Record<string, string> = {};
  let made = 0;
  const put = (path: string, content: string | Uint8Array, reason?: string): void => {
    writeFileSync(join(root, path), content);
    made += 1;
    if (reason !== undefined) expected[path] = reason;
  };
  const link = (path: string, to: string): void => {
    symlinkSync(to, join(root, path));
    made += 1;
    expected[path] = 'symbolic link';
  };
  for (const folder of ['crowd', 'costly', 'patterns', 'names', 'case']) mkdirSync(join(root, folder));

  put('plain.ts', 'export function plainWalrus() {\n  return 1;\n}\n', '');
  put('sparse.ts', '', 'larger than 1 MB');
  truncateSync(join(root, 'sparse.ts'), 2 * 2 ** 30);
  put('one-line.js', 'x'.repeat(50 * mebibyte), 'larger than 1 MB');
  put('one-line-small.js', `const x = "${'ab,'.repeat(300_000)}";`, 'very long lines (minified or generated)');
  put('huge.ipynb', `{"cells": [${'{"cell_type": "code", "source": "x"},'.repeat(200_000)}]}`, 'larger than 1 MB');
  put('bomb.docx', zipBomb('word/document.xml'), 'binary');
  put('bomb.ts', zipBomb('bomb.ts'), 'binary');
  put(
    'image.ts',
    Uint8Array.from({ length: 5000 }, (_, at) => at % 256),
    'binary',
  );
  put('.env', 'KEY=secret\n', 'may hold secrets');
  const latin = [...Buffer.from('def latinWalrus():\n    return "caf'), 0xe9, ...Buffer.from('"\n')];
  put('latin.py', Uint8Array.from(latin), '');
  const wide = Buffer.from('\ufeffexport function wideWalrus() {\n  return 2;\n}\n', 'utf16le');
  put('wide.ts', wide, '');
  put('wide-big.ts', Buffer.from(wide).swap16(), '');

  link('loop', '..');
  link('self', 'self');
  link('there', 'back');
  link('back', 'there');
  link('dangling', 'nowhere');
  link('outside.ts', '/etc/passwd');
  execFileSync('mkfifo', [join(root, 'pipe.ts')]);
  const socket = createServer();
  await new Promise<void>((resolve) => socket.listen(join(root, 'socket.ts'), resolve));
  made += 2;
  for (const path of ['pipe.ts', 'socket.ts']) expected[path] = 'not a regular file';
  // Only an administrator may make a device.
  if (succeeds(() => execFileSync('mknod', [join(root, 'zero.ts'), 'c', '1', '5'], { stdio: 'ignore' }))) {
    made += 1;
    expected['zero.ts'] = 'not a regular file';
  }

  for (const [name, text] of Object.entries(costly)) put(`costly/${name}`, text);
  for (const name of oddNames) put(`names/${name}`, 'export const odd = 1;\n', '');
  if (succeeds(() => writeFileSync(Buffer.from([...Buffer.from(`${root}/names/caf`), 0xe9, 0x2e, 0x74, 0x73]), 'x'))) {
    made += 1;
    expected['names/caf\ufffd.ts'] = 'name is not UTF-8';
  }
  for (const name of ['Case.ts', 'case.ts', 'CASE.ts'])
    writeFileSync(join(root, 'case', name), `export const c = '${name}';\n`);
  made += readdirSync(join(root, 'case')).length;

  const patterns = Array.from({ length: 300 }, (_, at) => costlyPatterns.map((each) => `${each}${at}`)).flat();
  put('patterns/.gitignore', `${patterns.join('\n')}\n`);
  for (let at = 0; at < 50; at += 1) put(`patterns/${'a'.repeat(240)}${at}.ts`, 'export const many = 1;\n', '');

  for (let at = 0; at < crowd; at += 1) {
    const skipped = at % 10 === 0;
    put(`crowd/f${at}.${skipped ? 'png' : 'txt'}`, `number ${at}\n`);
  }

  nest(root, deep);
  // One folder is named as too deep; what lies below it is not looked at.
  made += 1;
  expected[`${'d/'.repeat(deepest + 1)}`] = 'nested too deeply';
  return {
    entries: made,
    expected,
    async [Symbol.asyncDispose]() {
      await new Promise((resolve) => socket.close(resolve));
    },
  };
}

function succeeds(action: () => unknown): boolean {
  try {
    action();
    return true;
  } catch {
    return false;
  }
}
