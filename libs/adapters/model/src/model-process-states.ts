import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { LlamaContextSequence, Token } from 'node-llama-cpp';

/** What a model had read, on the disk. */
export interface SavedState {
  readonly key: string;
  readonly tokens: Uint32Array;
  readonly bytes: number;
}

/**
 * States of one model, kept over restarts: what it had read of a conversation, so that it need not read it again. Loading one back takes
 * milliseconds where reading takes seconds.
 *
 * A state is the file that llama.cpp writes of a sequence and a small one with its tokens, which comes last and appears at once; a kill leaves
 * no state that could be taken for whole. The folder is the user's alone (0700), since llama.cpp trusts what it loads.
 * Nothing here fails a generation: what cannot be written or read is read anew by the model.
 */
export interface SavedStates {
  /** The state with the most tokens in common with the beginning of these, and how many. */
  best(tokens: readonly Token[]): { readonly state: SavedState; readonly common: number } | undefined;
  find(key: string): SavedState | undefined;
  save(sequence: LlamaContextSequence, key: string): Promise<void>;
  /** False when it could not be loaded; the sequence is then empty. */
  load(sequence: LlamaContextSequence, state: SavedState): Promise<boolean>;
  drop(key: string): void;
}

export interface SavedStatesOptions {
  /** Folder of all models' states. */
  readonly root: string;
  /** Names the model's bytes, the form of its keys and values, and the version of what wrote them. States of another name are never loaded. */
  readonly name: string;
  /** Bytes that the states of all models may have together; the least recently used go first. */
  readonly limit: number;
  readonly now?: () => number;
  readonly onFailure?: (message: string) => void;
}

const magic = 0x4e54_5331;
const headWords = 4;

export function createSavedStates(options: SavedStatesOptions): SavedStates {
  const { root, name, limit, now = Date.now, onFailure = () => undefined } = options;
  const folder = join(root, createHash('sha256').update(name).digest('hex').slice(0, 24));
  let known: Map<string, SavedState> | undefined;

  const states = (): Map<string, SavedState> => (known ??= readAll(folder));
  const fileOf = (key: string, kind: 'state' | 'tokens'): string => join(folder, `${hashOf(key)}.${kind}`);

  const forget = (key: string): void => {
    states().delete(hashOf(key));
    for (const kind of ['tokens', 'state'] as const) rmSync(fileOf(key, kind), { force: true });
  };

  return {
    best(tokens) {
      let found: { state: SavedState; common: number } | undefined;
      for (const state of states().values()) {
        const common = commonLength(state.tokens, tokens);
        if (common > (found?.common ?? 0)) found = { state, common };
      }
      return found;
    },
    find: (key) => states().get(hashOf(key)),
    drop: forget,
    async save(sequence, key) {
      const tokens = Uint32Array.from(sequence.contextTokens as readonly number[]);
      if (limit <= 0 || tokens.length === 0) return;
      try {
        mkdirSync(folder, { recursive: true, mode: 0o700 });
        const draft = join(folder, `${hashOf(key)}.${process.pid}.part`);
        await sequence.saveStateToFile(draft);
        const bytes = statSync(draft).size;
        // One conversation may not push out all others.
        if (bytes > limit / 2) {
          rmSync(draft, { force: true });
          return;
        }
        rmSync(fileOf(key, 'tokens'), { force: true });
        renameSync(draft, fileOf(key, 'state'));
        const head = Uint32Array.from([magic, tokens.length, bytes >>> 0, Math.floor(bytes / 2 ** 32)]);
        writeFileSync(draft, Buffer.concat([Buffer.from(head.buffer), Buffer.from(tokens.buffer)]), { mode: 0o600 });
        renameSync(draft, fileOf(key, 'tokens'));
        states().set(hashOf(key), { key: hashOf(key), tokens, bytes });
        for (const gone of makeRoom(root, limit)) states().delete(gone);
      } catch (cause) {
        onFailure(`What a model has read could not be kept: ${cause instanceof Error ? cause.message : String(cause)}`);
        forget(key);
      }
    },
    async load(sequence, state) {
      const path = join(folder, `${state.key}.state`);
      try {
        if (statSync(path).size !== state.bytes) throw new Error('its size is not the one it was written with');
        await sequence.loadStateFromFile(path, { acceptRisk: true });
        utimesSync(join(folder, `${state.key}.tokens`), now() / 1_000, now() / 1_000);
        return true;
      } catch (cause) {
        onFailure(`A kept state could not be loaded: ${cause instanceof Error ? cause.message : String(cause)}`);
        states().delete(state.key);
        for (const kind of ['tokens', 'state']) rmSync(join(folder, `${state.key}.${kind}`), { force: true });
        await sequence.clearHistory();
        return false;
      }
    },
  };
}

/** Files and bytes below a folder of states. */
export function sizeOfStates(root: string): { files: number; bytes: number } {
  const all = listStates(root);
  return { files: all.length, bytes: all.reduce((sum, { bytes }) => sum + bytes, 0) };
}

export function commonLength(a: ArrayLike<number>, b: ArrayLike<number>): number {
  const most = Math.min(a.length, b.length);
  let at = 0;
  while (at < most && a[at] === b[at]) at += 1;
  return at;
}

function hashOf(key: string): string {
  return createHash('sha256').update(key).digest('hex').slice(0, 32);
}

function readAll(folder: string): Map<string, SavedState> {
  const found = new Map<string, SavedState>();
  for (const file of namesIn(folder)) {
    const key = /^([0-9a-f]{32})\.tokens$/.exec(file)?.[1];
    if (key === undefined) continue;
    try {
      const raw = readFileSync(join(folder, file));
      const words = new Uint32Array(raw.buffer.slice(raw.byteOffset, raw.byteOffset + raw.byteLength));
      const [first, length = 0, low = 0, high = 0] = words;
      if (first !== magic || words.length !== headWords + length) throw new Error('not the file of a state');
      found.set(key, { key, tokens: words.slice(headWords), bytes: low + high * 2 ** 32 });
    } catch {
      rmSync(join(folder, file), { force: true });
    }
  }
  return found;
}

interface StateFile {
  readonly folder: string;
  readonly key: string;
  readonly bytes: number;
  readonly usedAt: number;
}

function listStates(root: string): StateFile[] {
  return namesIn(root).flatMap((model) => {
    const folder = join(root, model);
    return namesIn(folder).flatMap((file): StateFile[] => {
      const key = /^([0-9a-f]{32})\.state$/.exec(file)?.[1];
      if (key === undefined) return [];
      try {
        const { size, mtimeMs } = statSync(join(folder, file));
        let usedAt = mtimeMs;
        try {
          usedAt = statSync(join(folder, `${key}.tokens`)).mtimeMs;
        } catch {
          // Being written, or left by a kill: as old as the file itself.
        }
        return [{ folder, key, bytes: size, usedAt }];
      } catch {
        return [];
      }
    });
  });
}

/** Removes the least recently used states until all of them fit, and names them. */
function makeRoom(root: string, limit: number): string[] {
  const all = listStates(root).sort((a, b) => a.usedAt - b.usedAt);
  let total = all.reduce((sum, { bytes }) => sum + bytes, 0);
  const gone: string[] = [];
  for (const { folder, key, bytes } of all) {
    if (total <= limit) break;
    for (const kind of ['tokens', 'state']) rmSync(join(folder, `${key}.${kind}`), { force: true });
    total -= bytes;
    gone.push(key);
  }
  return gone;
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
