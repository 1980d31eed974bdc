import { plainWords } from './context-words.fixture.ts';
import { createSqliteContextStore } from './sqlite-context-store.ts';

/**
 * The process of the store's tests. `endless` writes for ever and says how many bytes are stored; `large` takes in 200 MB, reads them back,
 * searches them, reads a page, and reports what it found and the most memory it took.
 */
const [path = '', task = ''] = process.argv.slice(2);
const store = createSqliteContextStore({ path, words: plainWords });
const what = { title: 'a long log', kind: 'log', from: 'test' } as const;
const needleLine = 1_234_567;
const bytesWanted = Number(process.argv[4] ?? 200e6);

async function* lines(most: number): AsyncGenerator<Buffer> {
  let bytes = 0;
  for (let line = 1; bytes < most;) {
    let text = '';
    for (let at = 0; at < 500; at += 1, line += 1)
      text +=
        line === needleLine
          ? 'the walrus sleeps here\n'
          : `2026-11-21 ${line} endless request took ${(line * 7919) % 1000} ms\n`;
    const piece = Buffer.from(text);
    bytes += piece.length;
    yield piece;
    if (line % 5000 === 1) await new Promise((resolve) => setImmediate(resolve));
  }
}

if (task === 'endless') {
  await store.put(what, lines(Infinity), { onProgress: (bytes) => void process.stdout.write(`${bytes}\n`) });
} else {
  const entry = await store.put(what, lines(bytesWanted));
  let read = 0;
  for await (const piece of store.read(entry.id)) read += piece.text.length;
  const [hit] = await store.search('walrus');
  let page = 0;
  for await (const piece of store.read(entry.id, { line: needleLine, lines: 1000 }))
    page += piece.text.split('\n').length - 1;
  const found = hit !== undefined && hit.startLine <= needleLine && needleLine <= hit.endLine;
  const resident = process.resourceUsage().maxRSS * 1024;
  const { bytes, characters } = entry;
  const report = { bytes, characters, read, wanted: needleLine, needle: found ? needleLine : 0, page, resident };
  await store[Symbol.asyncDispose]();
  process.stdout.write(`${JSON.stringify(report)}\n`);
}
