import * as fs from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { codeAgent, constraintsOf } from '@nootropic/agents';
import type { Model, ModelEvent, ModelRuntime } from '@nootropic/contracts';
import { createLlamaRuntime } from '@nootropic/model';
import { tinyGguf } from '@nootropic/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const specs = codeAgent.tools.map(({ spec }) => spec);
const messages = [{ role: 'user', content: 'hi' }] as const;
let dir = '';
let runtime: ModelRuntime;
let model: Model;

beforeAll(async () => {
  dir = await fs.mkdtemp(join(tmpdir(), 'nootropic-grammars-'));
  runtime = createLlamaRuntime({
    processEntry: fileURLToPath(new URL('./processes/model-process.ts', import.meta.url)),
    estimateMemory: () => ({ weights: 0, repack: 0, kvCache: 0, compute: 0, total: 0, gpu: 0 }),
  });
  model = await runtime.load(`file:${await tinyGguf({ fs, dir }, { callsTools: true })}`);
});

afterAll(async () => {
  await runtime[Symbol.asyncDispose]();
  await fs.rm(dir, { recursive: true, force: true, maxRetries: 3 });
});

async function collect(events: AsyncIterable<ModelEvent>): Promise<readonly ModelEvent[]> {
  const all: ModelEvent[] = [];
  for await (const event of events) all.push(event);
  return all;
}

describe('the tools of the agent', () => {
  it.each(specs)('compile to a grammar: $name', async ({ parameters }) => {
    const events = await collect(
      model.generate({ messages, jsonSchema: parameters, maxTokens: 60, temperature: 1, seed: 3 }),
    );
    expect(events.map((event) => (event.type === 'text' ? event.text : '')).join('')).toMatch(/^\{/);
  });

  it('are called by a model of random weights with the arguments that their schemas ask for', async () => {
    const paths = ['src/a.ts', 'src/b.ts'];
    const constrain = constraintsOf(specs, { paths, symbols: ['add'] });
    const names = new Set<string>();
    // One tool at a time: random weights prefer one name over all others.
    for (const spec of specs)
      for (let seed = 0; seed < 3; seed += 1) {
        const events = await collect(
          model.generate({ messages, tools: [spec], constrain, maxTokens: 300, temperature: 1, seed }),
        );
        for (const event of events) {
          if (event.type !== 'tool-call') continue;
          const { name, arguments: given } = event.call;
          names.add(name);
          const { required = [] } = spec.parameters;
          for (const key of required as readonly string[]) expect(given).toHaveProperty(key);
          if (name === 'read' || name === 'edit') expect(paths).toContain(given['path']);
          if (name === 'symbol') expect(given).toEqual({ name: 'add' });
        }
      }
    expect(names.size).toBeGreaterThan(6);
  });
});
