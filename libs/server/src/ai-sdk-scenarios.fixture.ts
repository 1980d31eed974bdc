import assert from 'node:assert/strict';
import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import {
  APICallError,
  dynamicTool,
  embed,
  embedMany,
  generateText,
  isStepCount,
  jsonSchema,
  Output,
  streamText,
} from 'ai';
import {
  colourSchema,
  isColour,
  untilIdle,
  weather,
  type Scenario,
  type ScenarioHost,
} from './openai-scenario.fixture.ts';

function providerOf({ url, token }: ScenarioHost) {
  return createOpenAICompatible({
    name: 'nootropic',
    baseURL: `${url}/v1`,
    apiKey: token,
    includeUsage: true,
    supportsStructuredOutputs: true,
  });
}

type Provider = ReturnType<typeof providerOf>;

function scenario(name: string, run: (provider: Provider, host: ScenarioHost) => Promise<void>): Scenario {
  return { name: `ai: ${name}`, run: (host) => run(providerOf(host), host) };
}

/** Counts how often it was called. */
function weatherTool(onCall: () => void) {
  return dynamicTool({
    description: 'The weather in a city.',
    inputSchema: jsonSchema(weather.function.parameters as object),
    async execute() {
      onCall();
      return 'sunny';
    },
  });
}

/** What the package `ai` can ask of a host, one by one. */
export const aiScenarios: readonly Scenario[] = [
  scenario('generateText', async (provider, { chat }) => {
    const { text, finishReason, usage } = await generateText({
      model: provider(chat),
      prompt: 'Hello',
      maxOutputTokens: 6,
    });
    assert.notEqual(text, '');
    assert.equal(finishReason, 'length');
    assert.equal(usage.outputTokens, 6);
    assert.ok((usage.inputTokens ?? 0) > 0);
  }),
  scenario('streamText', async (provider, { chat }) => {
    const result = streamText({ model: provider(chat), prompt: 'Hello', maxOutputTokens: 6 });
    let text = '';
    for await (const piece of result.textStream) text += piece;
    assert.notEqual(text, '');
    assert.equal((await result.usage).outputTokens, 6);
  }),
  scenario('a tool that is called', async (provider, { chat }) => {
    const { toolCalls } = await generateText({
      model: provider(chat),
      prompt: 'Weather?',
      tools: { weather: weatherTool(() => undefined) },
      toolChoice: 'required',
      maxOutputTokens: 400,
    });
    assert.equal(toolCalls[0]?.toolName, 'weather');
    assert.ok(['Basel', 'Bern'].includes((toolCalls[0].input as { city: string }).city));
  }),
  scenario('a tool that is called and answered', async (provider, { chat }) => {
    let called = 0;
    const { steps } = await generateText({
      model: provider(chat),
      prompt: 'Weather?',
      tools: { weather: weatherTool(() => (called += 1)) },
      toolChoice: { type: 'tool', toolName: 'weather' },
      stopWhen: isStepCount(2),
      maxOutputTokens: 400,
    });
    assert.equal(steps.length, 2);
    assert.equal(called, 2);
  }),
  scenario('an object', async (provider, { chat }) => {
    const { output } = await generateText({
      model: provider(chat),
      prompt: 'A colour?',
      output: Output.object({ schema: jsonSchema<object>(colourSchema as object) }),
      maxOutputTokens: 200,
    });
    isColour(JSON.stringify(output));
  }),
  scenario('an object, streamed', async (provider, { chat }) => {
    const result = streamText({
      model: provider(chat),
      prompt: 'A colour?',
      output: Output.object({ schema: jsonSchema<object>(colourSchema as object) }),
      maxOutputTokens: 200,
    });
    let last: unknown;
    for await (const partial of result.partialOutputStream) last = partial;
    isColour(JSON.stringify(last));
  }),
  scenario('a completion', async (provider, { chat }) => {
    const { text } = await generateText({ model: provider.completionModel(chat), prompt: 'Once', maxOutputTokens: 6 });
    assert.notEqual(text, '');
  }),
  scenario('vectors', async (provider, { embedding }) => {
    const model = provider.embeddingModel(embedding);
    const one = await embed({ model, value: 'a cat' });
    const { embeddings } = await embedMany({ model, values: ['a cat', 'a dog'] });
    assert.deepEqual(embeddings[0], one.embedding);
  }),
  scenario('a stream that is aborted', async (provider, host) => {
    const abort = new AbortController();
    const result = streamText({
      model: provider(host.chat),
      prompt: 'slowly',
      maxOutputTokens: 2000,
      abortSignal: abort.signal,
      onError: () => undefined,
    });
    let pieces = 0;
    for await (const part of result.fullStream) if (part.type === 'text-delta' && (pieces += 1) === 2) abort.abort();
    await untilIdle(host);
  }),
  scenario('errors', async (provider, { chat }) => {
    const wrong = async (model: string, prompt: string): Promise<APICallError> => {
      try {
        await generateText({ model: provider(model), prompt, maxRetries: 0 });
      } catch (error) {
        if (APICallError.isInstance(error)) return error;
        throw error;
      }
      return assert.fail('It was answered.');
    };
    assert.equal((await wrong('no-such-model', 'x')).statusCode, 404);
    assert.equal((await wrong(chat, 'many words '.repeat(20_000))).statusCode, 400);
  }),
];
