import { spawn } from 'node:child_process';
import { join } from 'node:path';
import type { LoadOptions, Model, ModelRuntime } from '@nootropic/contracts';
import { createLlamaRuntime } from '@nootropic/model';
import { estimateGgufMemory } from '@nootropic/scheduler';
import { shapedPresets, shapedWords } from '@nootropic/testing';
import type { BenchContext } from './bench-line.ts';
import { workspaceRoot } from './child-run.ts';
import { timeAnswer, writeSpeed } from './timed-answer.ts';

export interface OurRuntimeOptions {
  /** Folder for what was read, kept over a restart. Default: nothing is kept. */
  readonly stateDir?: string;
  /** How long a unit of work may keep more urgent work waiting, in milliseconds. Default: the program's own. */
  readonly blockingMs?: number;
}

/** The runtime as the host wires it, with the model process that the host starts. */
export function openRuntime({ stateDir, blockingMs }: OurRuntimeOptions = {}): ModelRuntime {
  return createLlamaRuntime({
    processEntry:
      blockingMs === undefined
        ? join(workspaceRoot, 'libs/server/src/processes/model-process.ts')
        : join(import.meta.dirname, 'bounded-model-process.ts'),
    estimateMemory: estimateGgufMemory,
    // The peers compute on the processor as well.
    gpu: 'off',
    ...(stateDir !== undefined && { states: { root: stateDir, limit: 4e9 } }),
    ...(blockingMs !== undefined && {
      spawn: (command, args, options) => spawn(command, [...args, String(blockingMs)], options),
    }),
  });
}

/** What most lines measure with: the shape, and the words of its vocabulary. */
export function benchShape({ quick }: BenchContext): keyof typeof shapedPresets {
  return quick ? 'tiny' : '0.5B-Q4_0';
}

export function loadModel(runtime: ModelRuntime, path: string, options: LoadOptions): Promise<Model> {
  return runtime.load(`file:${path}`, options);
}

/** Texts of so many tokens, each another one, so that no program has read the beginning of it before. */
export function textsOf(shape: keyof typeof shapedPresets, seed: number): (tokens: number) => string {
  let next = seed * 100_000;
  return (tokens) => shapedWords(shapedPresets[shape].vocabulary, tokens, (next += 1));
}

/** Tokens that the chat template of the made models puts round a message. */
export const templateTokens = 8;

/** A message as the chat template of the made models writes it, for programs that are given the prompt itself. */
export function chatPrompt(text: string): string {
  return `<|im_start|>user\n${text}<|im_end|>\n<|im_start|>assistant\n`;
}

export function userMessage(text: string): { role: 'user'; content: string } {
  return { role: 'user', content: text };
}

/** Tokens that this model writes per second after a short prompt. */
export function ourWriteSpeed(
  model: Model,
  of: { readonly text: string; readonly tokens: number; readonly signal: AbortSignal },
): Promise<number> {
  const messages = [userMessage(of.text)];
  return writeSpeed((maxTokens) => timeAnswer(model, { messages, maxTokens }, { signal: of.signal }), of.tokens);
}
