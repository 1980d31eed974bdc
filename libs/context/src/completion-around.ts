import type { Files, Knowledge, SearchIndex, SymbolInfo } from '@nootropic/contracts';
import { findDefinitions, namesInUse } from './completion-definitions.ts';
import { createLeftOut } from './completion-policy.ts';
import { workspacePath } from './workspace-path.ts';

export interface AroundPorts {
  readonly files: Files;
  readonly index: Pick<SearchIndex, 'symbols' | 'facts'>;
  /** Milliseconds. */
  readonly clock: () => number;
}

/** What was found for so many texts is kept, and for so long: an index changes while somebody types elsewhere. */
const mostKept = 64;
const keptMs = 60_000;
const usualMs = 5;
/** Others run when it has gone on for so long. */
const breathMs = 2;

interface Kept {
  readonly at: number;
  readonly finding: Promise<readonly SymbolInfo[]>;
  found: readonly SymbolInfo[] | undefined;
}

/** `Knowledge.around`. A search that takes too long goes on, and what it finds is there for the next question about the same names. */
export function createAround({ files, index, clock }: AroundPorts): Knowledge['around'] {
  const leftOut = createLeftOut(files, clock);
  const kept = new Map<string, Kept>();
  /** What was told of a file last: it stands at the beginning of what the model read, which is not to change because an answer is late. */
  const told = new Map<string, readonly SymbolInfo[]>();

  const breathing = (): (() => Promise<void>) => {
    let since = clock();
    return async () => {
      if (clock() - since < breathMs) return;
      await new Promise((resolve) => setTimeout(resolve, 0));
      since = clock();
    };
  };

  const look = (path: string, before: string): Kept => {
    const names = namesInUse(before);
    const key = JSON.stringify([path, names]);
    const known = kept.get(key);
    if (known !== undefined && clock() - known.at < keptMs) return known;
    const made: Kept = {
      at: clock(),
      finding: Promise.resolve()
        .then(() => findDefinitions(index, { path, names }, breathing()))
        .catch(() => [])
        .then((found) => (made.found = found)),
      found: undefined,
    };
    kept.delete(key);
    kept.set(key, made);
    for (const oldest of kept.keys()) if (kept.size > mostKept) kept.delete(oldest);
    return made;
  };

  return async (place, { ms = usualMs } = {}) => {
    const path = workspacePath(files, place.path);
    const why = await leftOut(path);
    if (why !== undefined) return { leftOut: why, definitions: [] };
    const { found, finding } = look(path, place.before);
    const late = Promise.withResolvers<readonly SymbolInfo[]>();
    const timer = setTimeout(() => late.resolve(told.get(path) ?? []), ms);
    const definitions = found ?? (await Promise.race([finding, late.promise]));
    clearTimeout(timer);
    told.delete(path);
    told.set(path, definitions);
    for (const oldest of told.keys()) if (told.size > mostKept) told.delete(oldest);
    return { definitions };
  };
}
