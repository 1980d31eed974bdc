import { spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { LoadOptions, MemoryEstimate, Model, ModelRuntime } from '@nootropic/contracts';
import { createLlamaRuntime } from '@nootropic/model';
import { estimateGgufMemory } from '@nootropic/scheduler';
import { shapedWords } from '@nootropic/testing';
import { workspaceRoot } from './child-run.ts';
import type { MemoryShape } from './memory-shapes.ts';

/** The runtime as the host wires it, and the process that it started. */
export interface WatchedRuntime extends AsyncDisposable {
  readonly runtime: ModelRuntime;
  /** Of the model process; 0 before the first load. */
  pid(): number;
}

export function watchRuntime(): WatchedRuntime {
  let pid = 0;
  const runtime = createLlamaRuntime({
    processEntry: join(workspaceRoot, 'libs/server/src/processes/model-process.ts'),
    estimateMemory: estimateGgufMemory,
    gpu: 'off',
    spawn(command, args, options) {
      const child = spawn(command, args, options);
      pid = child.pid ?? 0;
      return child;
    },
  });
  return { runtime, pid: () => pid, [Symbol.asyncDispose]: () => runtime[Symbol.asyncDispose]() };
}

/** Bytes of a process, as Linux counts them. */
export interface ProcessMemory {
  readonly anonymous: number;
  /** Of the model files mapped into it: in memory, and touched since `forgetTouches`. */
  readonly mapped: number;
  readonly touched: number;
}

export function readMemory(pid: number): ProcessMemory {
  const numberOf = (text: string, key: string): number =>
    1024 * Number(new RegExp(`^${key}:\\s+(\\d+) kB`, 'm').exec(text)?.[1] ?? 0);
  const anonymous = numberOf(readFileSync(`/proc/${pid}/status`, 'utf8'), 'RssAnon');
  const areas = readFileSync(`/proc/${pid}/smaps`, 'utf8').split(/\n(?=[0-9a-f]+-[0-9a-f]+ )/);
  const files = areas.filter((area) => /\.gguf$/.test(area.slice(0, area.indexOf('\n'))));
  const sum = (key: string): number => files.reduce((total, area) => total + numberOf(area, key), 0);
  return { anonymous, mapped: sum('Rss'), touched: sum('Referenced') };
}

/** From here on `touched` counts anew (proc(5), clear_refs). */
function forgetTouches(pid: number): void {
  writeFileSync(`/proc/${pid}/clear_refs`, '1');
}

export interface ShapeUse {
  readonly estimate: MemoryEstimate;
  /** What it needs: what it added to the anonymous memory of the process, and the pages of its file that computing touched. */
  readonly used: number;
  /** The same with all pages of its file that lie in memory, as `ps` counts. */
  readonly resident: number;
}

/**
 * Loads the model in a new model process as the program does, fills its whole context, and says what that took. A tiny model is loaded
 * before, so that what the first load of any model costs does not count.
 */
export async function measureUse(
  paths: { readonly model: string; readonly tiny: string },
  { model: shape, role = 'chat', ...load }: MemoryShape,
  signal: AbortSignal,
): Promise<ShapeUse> {
  await using watched = watchRuntime();
  const { runtime } = watched;
  const first = await runtime.load(`file:${paths.tiny}`, { contextLength: 256, signal });
  await first[Symbol.asyncDispose]();
  const before = readMemory(watched.pid());
  const options: LoadOptions = { ...load, role };
  const estimate = await runtime.estimate(`file:${paths.model}`, options);
  const model = await runtime.load(`file:${paths.model}`, { ...options, signal });
  forgetTouches(watched.pid());
  await fill(model, { vocabulary: shape.vocabulary, load: options, signal });
  const after = readMemory(watched.pid());
  const grown = after.anonymous - before.anonymous;
  return { estimate, used: grown + after.touched, resident: grown + after.mapped };
}

async function fill(
  model: Model,
  { vocabulary, load, signal }: { vocabulary: number; load: LoadOptions; signal: AbortSignal },
): Promise<void> {
  // The template of the chat takes some tokens, the answer a few.
  const tokens = (load.contextLength ?? 0) - 48;
  if (load.role === 'embedding') {
    await model.embed([shapedWords(vocabulary, tokens, 1)], { signal });
    return;
  }
  for (let seed = 1; seed <= (load.sequences ?? 1); seed += 1) {
    const messages = [{ role: 'user', content: shapedWords(vocabulary, tokens, seed) } as const];
    for await (const event of model.generate({ messages, maxTokens: 4 }, { signal, session: `filled ${seed}` }))
      if (event.type === 'finish' && event.tokens.read + event.tokens.reused < tokens)
        throw new Error(`Only ${event.tokens.read} of ${tokens} tokens were read.`);
  }
}
