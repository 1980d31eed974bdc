import assert from 'node:assert/strict';
import type { Response as OpenAiResponse, ResponseStreamEvent } from 'openai/resources/responses/responses';
import {
  colourSchema,
  failsWith,
  isColour,
  isWeatherCall,
  scenario,
  untilIdle,
  user,
  weather,
  type Scenario,
} from './openai-scenario.fixture.ts';

async function collect(stream: AsyncIterable<ResponseStreamEvent>): Promise<readonly ResponseStreamEvent[]> {
  const events: ResponseStreamEvent[] = [];
  for await (const event of stream) events.push(event);
  return events;
}

const functionTool = {
  type: 'function' as const,
  strict: false,
  ...weather.function,
  parameters: weather.function.parameters ?? {},
};

/** The Responses API. */
export const responseScenarios: readonly Scenario[] = [
  scenario('responses', async (openai, { chat }) => {
    const answer = await openai.responses.create({
      model: chat,
      input: 'Hello',
      instructions: 'Be brief.',
      max_output_tokens: 5,
    });
    assert.equal(answer.status, 'incomplete');
    assert.equal(answer.incomplete_details?.reason, 'max_output_tokens');
    assert.notEqual(answer.output_text, '');
    assert.equal(answer.usage?.output_tokens, 5);
    assert.equal(answer.instructions, 'Be brief.');
  }),
  scenario('responses, streamed', async (openai, { chat }) => {
    const events = await collect(
      await openai.responses.create({ model: chat, input: [user('Hello')], max_output_tokens: 5, stream: true }),
    );
    assert.deepEqual(
      events.map(({ sequence_number: at }) => at),
      events.map((_, at) => at),
    );
    const kinds = events.map(({ type }) => type);
    assert.deepEqual(kinds.slice(0, 4), [
      'response.created',
      'response.in_progress',
      'response.output_item.added',
      'response.content_part.added',
    ]);
    assert.deepEqual(kinds.slice(-4), [
      'response.output_text.done',
      'response.content_part.done',
      'response.output_item.done',
      'response.incomplete',
    ]);
    const text = events.map((event) => (event.type === 'response.output_text.delta' ? event.delta : '')).join('');
    const last = events.at(-1);
    assert.ok(last?.type === 'response.incomplete');
    const [item] = last.response.output;
    assert.ok(item?.type === 'message' && item.content[0]?.type === 'output_text' && item.content[0].text === text);
  }),
  scenario('responses, the stream of the helper', async (openai, { chat }) => {
    const final = await openai.responses
      .stream({
        model: chat,
        input: 'A colour?',
        max_output_tokens: 200,
        text: { format: { type: 'json_schema', name: 'colour', strict: true, schema: colourSchema } },
      })
      .finalResponse();
    assert.equal(final.status, 'completed');
    isColour(final.output_text);
  }),
  scenario('responses, tools', async (openai, { chat }) => {
    const asked = {
      model: chat,
      input: 'Weather?',
      tools: [functionTool],
      tool_choice: 'required' as const,
      max_output_tokens: 400,
    };
    const answer = await openai.responses.create(asked);
    const [call] = answer.output;
    assert.ok(call?.type === 'function_call' && call.name === 'weather');
    isWeatherCall(call.arguments);
    const events = await collect(await openai.responses.create({ ...asked, stream: true }));
    assert.deepEqual(
      events.map(({ type }) => type).filter((type) => type.startsWith('response.function_call')),
      ['response.function_call_arguments.delta', 'response.function_call_arguments.done'],
    );
    const next = await openai.responses.create({
      model: chat,
      input: [user('Weather?'), call, { type: 'function_call_output', call_id: call.call_id, output: 'sunny' }],
      max_output_tokens: 4,
    });
    assert.notEqual(next.output_text, '');
  }),
  scenario('responses, one after another', async (openai, { chat }) => {
    const first = await openai.responses.create({ model: chat, input: 'Hello', max_output_tokens: 4 });
    const next = await openai.responses.create({
      model: chat,
      input: 'And?',
      previous_response_id: first.id,
      max_output_tokens: 4,
    });
    assert.equal(next.previous_response_id, first.id);
    assert.ok((next.usage?.input_tokens ?? 0) > (first.usage?.input_tokens ?? 0));
    const items = await openai.responses.inputItems.list(first.id);
    assert.equal(items.data.length, 1);
    assert.deepEqual((await openai.responses.retrieve(first.id)) as OpenAiResponse, first);
    await openai.responses.delete(first.id);
    await failsWith(openai.responses.retrieve(first.id), 404, 'not_found');
  }),
  scenario('responses that are not kept', async (openai, { chat }) => {
    const answer = await openai.responses.create({ model: chat, input: 'Hello', store: false, max_output_tokens: 4 });
    await failsWith(openai.responses.retrieve(answer.id), 404, 'not_found');
    await failsWith(
      openai.responses.create({ model: chat, input: 'x', previous_response_id: answer.id }),
      404,
      'not_found',
    );
  }),
  scenario('responses, tools of OpenAI’s own', async (openai, { chat }) => {
    const { response } = await openai.responses
      .create({ model: chat, input: 'Hello', tools: [{ type: 'web_search' }], max_output_tokens: 4 })
      .withResponse();
    assert.equal(response.headers.get('x-nootropic-ignored'), 'tools.web_search');
  }),
  scenario('responses, aborted', async (openai, host) => {
    const stream = await openai.responses.create({
      model: host.chat,
      input: 'slowly',
      max_output_tokens: 2000,
      stream: true,
    });
    for await (const { type } of stream) if (type === 'response.output_text.delta') break;
    await untilIdle(host);
  }),
  scenario('responses, errors', async (openai, { chat }) => {
    await failsWith(openai.responses.create({ model: 'no-such-model', input: 'x' }), 404, 'model_not_found');
    await failsWith(
      openai.responses.create({ model: chat, input: 'many words '.repeat(20_000) }),
      400,
      'context_length_exceeded',
    );
    await failsWith(openai.responses.create({ model: chat, input: 'x', background: true }), 400, 'unsupported_value');
  }),
];
