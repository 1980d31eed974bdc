import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { NootropicError, type ModelRuntime } from '@nootropic/contracts';

export interface DamageGateOptions {
  /** Makes a fresh runtime; the gate disposes it. */
  readonly makeRuntime: () => ModelRuntime;
  /** A sound model file's bytes. */
  readonly bytes: Uint8Array;
  /** A damaged copy, the same for the same seed. */
  readonly damage: (bytes: Uint8Array, seed: number) => Uint8Array;
  /** Copies to try. */
  readonly count: number;
  /** The first seed; the others follow it. Default 1. */
  readonly seed?: number;
  /** Milliseconds that one copy may take. Default 10000. */
  readonly limitMs?: number;
}

export interface DamageGateResult {
  readonly asked: number;
  readonly run: number;
  /** Copies that loaded: the damage did not matter. */
  readonly loaded: number;
  /** Clear refusals, by error code. */
  readonly refused: Readonly<Record<string, number>>;
  /** Times that the model process ended or had to be ended. The host lives all the same. */
  readonly processEnds: number;
  readonly slowestMs: number;
  /** What must not be: other errors, and copies over the limit, with their seeds. */
  readonly faults: readonly string[];
}

const clear: ReadonlySet<string> = new Set(['MODEL_FILE_INVALID', 'MODEL_LOAD_FAILED', 'MODEL_TOO_LARGE']);

/**
 * Loads damaged copies of a model, one after the other, through one runtime: each must load or be refused with a clear error within the
 * limit, and a sound model must load after all of them.
 */
export async function runDamageGate(options: DamageGateOptions): Promise<DamageGateResult> {
  const { bytes, damage, count, seed = 1, limitMs = 10_000 } = options;
  const dir = await mkdtemp(join(tmpdir(), 'nootropic-damage-'));
  const runtime = options.makeRuntime();
  const refused: Record<string, number> = {};
  const faults: string[] = [];
  let run = 0;
  let loaded = 0;
  let slowestMs = 0;
  try {
    for (let at = seed; at < seed + count; at += 1) {
      const path = join(dir, `damaged-${at}.gguf`);
      await writeFile(path, damage(bytes, at));
      const start = performance.now();
      const outcome = await attempt(runtime, path);
      const took = performance.now() - start;
      run += 1;
      slowestMs = Math.max(slowestMs, took);
      if (took > limitMs) faults.push(`seed ${at}: took ${Math.round(took)} ms`);
      if (outcome === undefined) loaded += 1;
      else {
        refused[outcome.code] = (refused[outcome.code] ?? 0) + 1;
        if (!clear.has(outcome.code)) faults.push(`seed ${at}: ${outcome.code} ${outcome.message}`);
      }
      await rm(path);
    }
    const sound = join(dir, 'sound.gguf');
    await writeFile(sound, bytes);
    const last = await attempt(runtime, sound);
    if (last !== undefined) faults.push(`the sound model afterwards: ${last.code} ${last.message}`);
    return {
      asked: count,
      run,
      loaded,
      refused,
      processEnds: (await runtime.health()).crashes,
      slowestMs: Math.round(slowestMs),
      faults,
    };
  } finally {
    await runtime[Symbol.asyncDispose]();
    await rm(dir, { recursive: true, force: true });
  }
}

async function attempt(runtime: ModelRuntime, path: string): Promise<NootropicError | undefined> {
  try {
    const model = await runtime.load(`file:${path}`);
    await model[Symbol.asyncDispose]();
    return undefined;
  } catch (error) {
    return NootropicError.from(error);
  }
}
