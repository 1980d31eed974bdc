import * as fs from 'node:fs/promises';
import { join } from 'node:path';
import { codeAgent, constraintsOf } from '@nootropic/agents';
import type { GenerateRequest, Model, ToolCall, ToolSpec } from '@nootropic/contracts';
import { createLlamaRuntime } from '@nootropic/model';
import { createSeededRandom, tinyGguf } from '@nootropic/testing';
import { workspaceRoot } from '../workspace-root.ts';

/** A call as the grammar of its tool allows it, and what goes with it as its body. */
export interface RandomCall {
  readonly call: ToolCall;
  readonly body?: string;
}

const webFetch: ToolSpec = {
  name: 'web-fetch',
  description: 'Fetch a page.',
  parameters: {
    type: 'object',
    properties: { url: { type: 'string' } },
    required: ['url'],
    additionalProperties: false,
  },
};
const fence = '```';

/**
 * Calls of a language model with random weights, sampled at temperature 1 below the grammars of the agent's tools: each is valid, and none means
 * anything. One tool is offered at a time, since random weights prefer one name to all others.
 *
 * @param known What the grammar lets paths and symbols be.
 */
export async function randomCalls(
  count: number,
  seed: number,
  known: { readonly paths: readonly string[]; readonly symbols: readonly string[]; readonly dir: string },
): Promise<RandomCall[]> {
  const random = createSeededRandom(seed);
  const specs = [...codeAgent.tools.map(({ spec }) => spec), webFetch];
  const constrain = constraintsOf(specs, known);
  const runtime = createLlamaRuntime({
    processEntry: join(workspaceRoot, 'libs/server/src/processes/model-process.ts'),
    estimateMemory: () => ({ weights: 0, repack: 0, kvCache: 0, compute: 0, total: 0, gpu: 0 }),
  });
  try {
    const model = await runtime.load(`file:${await tinyGguf({ fs, dir: known.dir }, { callsTools: true })}`);
    const bodies = await randomBodies(model, seed);
    const calls: RandomCall[] = [];
    for (let attempt = 0; calls.length < count && attempt < count * 4; attempt += 1) {
      // What acts comes more often than what reads.
      const acting = specs.filter(({ name }) => ['edit', 'write', 'run'].includes(name));
      const from = random() < 0.6 ? acting : specs;
      const spec = from[Math.floor(random() * from.length)];
      if (!spec) break;
      const call = await firstCall(model, { tools: [spec], constrain, seed: seed + attempt });
      if (!call) continue;
      const body = bodies[Math.floor(random() * bodies.length)] ?? '';
      const takesBody = spec.name === 'edit' || spec.name === 'write';
      calls.push({ call, ...(takesBody && { body: `${fence}\n${body}\n${fence}` }) });
    }
    return calls;
  } finally {
    await runtime[Symbol.asyncDispose]();
  }
}

async function firstCall(
  model: Model,
  asked: Pick<GenerateRequest, 'tools' | 'constrain' | 'seed'>,
): Promise<ToolCall | undefined> {
  const stop = new AbortController();
  const request: GenerateRequest = {
    ...asked,
    messages: [{ role: 'user', content: 'hi' }],
    maxTokens: 200,
    temperature: 1,
  };
  for await (const event of model.generate(request, { signal: stop.signal }))
    if (event.type === 'tool-call') return event.call;
  return undefined;
}

/** Words of the same model, as the content of files. */
async function randomBodies(model: Model, seed: number): Promise<string[]> {
  const bodies: string[] = [];
  for (let index = 0; index < 40; index += 1) {
    let text = '';
    const request = {
      messages: [{ role: 'user', content: 'write' }],
      maxTokens: 10 + index * 2,
      temperature: 1,
      seed: seed + index,
    } as const;
    for await (const event of model.generate(request)) if (event.type === 'text') text += event.text;
    bodies.push(text.replaceAll(/(\S+ \S+ \S+) /gu, '$1\n').replaceAll('```', ''));
  }
  return bodies;
}
