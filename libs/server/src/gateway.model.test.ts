import * as fs from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Message, TokenCounts } from '@nootropic/contracts';
import type { ChatAsk } from '@nootropic/core';
import { agentTraces, tinyGguf } from '@nootropic/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { compose, type Composition } from './compose.ts';

const contextLength = 4096;
let dir = '';
let composed: Composition;

async function open(): Promise<Composition> {
  const model = await tinyGguf({ fs, dir });
  return compose({
    env: { ...process.env, NOOTROPIC_HOME: await fs.mkdtemp(join(dir, 'home-')) },
    flags: { log: { level: 'silent' }, models: { chat: `file:${model}`, contextLength, threads: 1, gpu: 'off' } },
  });
}

beforeAll(async () => {
  dir = await fs.mkdtemp(join(tmpdir(), 'nootropic-gateway-'));
  composed = await open();
});

afterAll(async () => {
  await composed[Symbol.asyncDispose]();
  await fs.rm(dir, { recursive: true, force: true, maxRetries: 5 });
});

async function ask(by: Composition, request: Pick<ChatAsk, 'messages' | 'tools' | 'arrange'>) {
  const answer = await by.gateway.chat({ maxTokens: 1, temperature: 0, seed: 1, ...request }, { client: 'test' });
  let tokens: TokenCounts = { read: 0, reused: 0, written: 0 };
  for await (const event of answer.events) if (event.type === 'finish') ({ tokens } = event);
  return { answer, tokens };
}

describe('the gateway on a model of this machine', () => {
  it('counts a prompt exactly, with its template and its tools', async () => {
    for (const request of agentTraces({ conversations: 1, steps: 3, rules: 2 }).flatMap(({ requests }) => requests)) {
      const { answer, tokens } = await ask(composed, request);
      expect(answer.promptTokens).toBe(tokens.read + tokens.reused);
      expect(answer.contextLength).toBe(contextLength);
    }
  });

  it('takes what just fits, and refuses what does not, with both numbers', async () => {
    const { gateway } = composed;
    const messages = (length: number): Message[] => [{ role: 'user', content: 'word '.repeat(length) }];
    const count = (length: number) => gateway.countTokens({ messages: messages(length) }, { client: 'test' });
    const [some, more] = [await count(100), await count(200)];
    const perWord = (more - some) / 100;
    let length = Math.floor((contextLength - some) / perWord) + 5;
    while ((await count(length)) > contextLength - 1) length -= 1;
    while ((await count(length + 1)) <= contextLength - 1) length += 1;
    const begun = await gateway.chat({ messages: messages(length), maxTokens: 1 }, { client: 'test' });
    expect(begun.promptTokens).toBeLessThan(contextLength);
    const tokens = await count(length + 1);
    await expect(gateway.chat({ messages: messages(length + 1) }, { client: 'test' })).rejects.toMatchObject({
      code: 'CONTEXT_OVERFLOW',
      message: expect.stringContaining(`has ${tokens} tokens, more than the ${contextLength}`) as string,
    });
  });

  it('lets agents reuse most of what they send, where without arranging most is read anew', async () => {
    for (const { agent, requests } of agentTraces({ conversations: 2, steps: 2, rules: 6 }).slice(0, 1)) {
      const read = { true: 0, false: 0 };
      for (const arrange of [true, false]) {
        await using fresh = await open();
        for (const request of requests) read[`${arrange}`] += (await ask(fresh, { ...request, arrange })).tokens.read;
      }
      expect(read.true / read.false, agent).toBeLessThan(0.7);
    }
  });
});
