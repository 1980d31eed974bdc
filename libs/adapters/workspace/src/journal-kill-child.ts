import { mkdirSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { FileWrite } from '@nootropic/contracts';
import { createLocalJournal } from './local-journal.ts';
import { randomContent } from './journal-gate.ts';
import { seeded } from './path-gate.ts';

/**
 * The process that the kill gate ends: writes, watches, undoes and redoes for ever in one folder, and writes a line to stdout
 * before each of these.
 */
const [root = '', dir = '', seed = '0'] = process.argv.slice(2);
const pick = seeded(Number(seed));
const journal = await createLocalJournal({ root, dir });
const scope = { sessionId: 's', turnId: 't', label: 'kill gate' };

function someWrites(): FileWrite[] {
  const names = readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.parentPath.includes('/.git'))
    .map((entry) => join(entry.parentPath, entry.name).slice(root.length + 1));
  const writes = new Map<string, FileWrite>();
  for (let left = 2 + pick(12); left > 0; left -= 1) {
    const path = pick(2) ? `new-${pick(4)}/${pick(9)}.txt` : names[pick(names.length)];
    if (path !== undefined) writes.set(path, { path, content: pick(5) ? randomContent(pick) : null });
  }
  return [...writes.values()];
}

/** A file where a folder was, or the other way round: to turn that takes two steps for one path. */
function swap(): void {
  for (const name of ['swap-1', 'swap-2', 'swap-3']) {
    const path = join(root, name);
    const wasFolder = statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
    rmSync(path, { recursive: true, force: true });
    if (wasFolder) writeFileSync(path, randomContent(pick));
    else {
      mkdirSync(path);
      for (const inside of ['a', 'b']) writeFileSync(join(path, inside), randomContent(pick));
    }
  }
}

for (let at = 0; ; at += 1) {
  process.stdout.write(`${at}\n`);
  const kind = pick(6);
  if (kind < 2) await journal.write(scope, someWrites());
  else if (kind === 2)
    await journal.watch(scope, async () => {
      for (const { path, content } of someWrites().filter(({ path }) => !path.includes('/'))) {
        if (content !== null) writeFileSync(join(root, path), content);
        else rmSync(join(root, path), { force: true });
        await new Promise((resolve) => setImmediate(resolve));
      }
      rmSync(join(root, 'new-0'), { recursive: true, force: true });
      swap();
      try {
        renameSync(join(root, 'new-1'), join(root, 'new-5'));
      } catch {
        // There is nothing to rename, or it is there already.
      }
    });
  else if (kind < 5) await journal.undo(pick(3) ? {} : { sessionId: 's' });
  else await journal.redo();
}
