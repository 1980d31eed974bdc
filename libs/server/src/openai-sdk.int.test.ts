import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { aiScenarios } from './ai-sdk-scenarios.fixture.ts';
import { serveObedient } from './openai-host.fixture.ts';
import { clientOf, untilIdle } from './openai-scenario.fixture.ts';
import { openaiScenarios } from './openai-scenarios.fixture.ts';

let host: Awaited<ReturnType<typeof serveObedient>>;

beforeAll(async () => {
  host = await serveObedient();
});
afterAll(async () => {
  await host[Symbol.asyncDispose]();
});

describe('the packages openai and ai, with a scripted model', () => {
  it.each([...openaiScenarios, ...aiScenarios])('$name', async ({ run }) => {
    await run(host);
    expect(host.running()).toBe(0);
  });
});

describe('a stream that is left', () => {
  it('aborts the generation itself', async () => {
    const asked = { model: host.chat, messages: [{ role: 'user' as const, content: 'slowly' }], stream: true as const };
    const stream = await clientOf(host).chat.completions.create(asked);
    const iterator = stream[Symbol.asyncIterator]();
    await iterator.next();
    await iterator.return?.();
    await untilIdle(host);
    expect(host.model.calls.at(-1)?.options.signal?.aborted).toBe(true);
  });
});
