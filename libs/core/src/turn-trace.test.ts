import type { TurnEvent, TurnEventBody } from '@nootropic/contracts';
import { createRecordingTelemetry } from '@nootropic/testing';
import { describe, expect, it } from 'vitest';
import { traceTurn } from './turn-trace.ts';

const usage = { tokensRead: 10, tokensReused: 30, tokensWritten: 5, totalMs: 3 };
const start: TurnEventBody = { type: 'turn-start', text: 'a secret question', agent: 'code', workspace: '/secret/w' };
const call = (id: string, name: string): TurnEventBody => ({
  type: 'tool-call',
  call: { id, name, arguments: { line: 'secret command' } },
});
const result = (callId: string, name: string, ok: boolean): TurnEventBody => ({
  ...{ type: 'tool-result', callId, name, ok, content: 'secret output' },
});

async function* turn(bodies: readonly TurnEventBody[]): AsyncGenerator<TurnEvent> {
  let seq = 0;
  for (const body of bodies) yield { seq: (seq += 1), sessionId: 's', turnId: 't', time: 1_000, ...body };
}

async function traced(bodies: readonly TurnEventBody[], take = Infinity) {
  const telemetry = createRecordingTelemetry();
  const seen: string[] = [];
  for await (const { type } of traceTurn(turn(bodies), telemetry)) {
    seen.push(type);
    if (seen.length >= take) break;
  }
  return { spans: telemetry.spans, seen };
}

describe('traceTurn', () => {
  it('gives every event on, and a span for each part, without their text', async () => {
    const bodies: TurnEventBody[] = [
      start,
      { type: 'context-ready', blocks: [], tokens: 7, tookMs: 100 },
      { type: 'model-chosen', model: 'file:m.gguf', reason: 'r' },
      call('1', 'run'),
      result('1', 'run', false),
      { type: 'check-result', name: 'tests', ok: true, output: 'secret' },
      { type: 'text-delta', text: 'secret answer' },
      { type: 'turn-end', reason: 'done', text: 'secret answer', citations: [], usage },
    ];
    const { spans, seen } = await traced(bodies);
    expect(seen).toEqual(bodies.map(({ type }) => type));
    expect(spans.map(({ name, error }) => [name, error])).toEqual([
      ['retrieve context', undefined],
      ['execute_tool run', 'tool_error'],
      ['check tests', undefined],
      ['invoke_agent code', undefined],
    ]);
    expect(spans.at(-1)?.facts).toMatchObject({
      'gen_ai.agent.name': 'code',
      'gen_ai.conversation.id': 's',
      'gen_ai.request.model': 'file:m.gguf',
      'gen_ai.usage.input_tokens': 40,
      'gen_ai.usage.output_tokens': 5,
    });
    expect(new Set(spans.map(({ trace }) => trace))).toEqual(new Set(['t']));
    expect(JSON.stringify(spans)).not.toContain('secret');
  });

  it('ends what is open where the turn fails', async () => {
    const error = { code: 'MODEL_CRASHED', message: 'secret', hint: '' };
    const { spans } = await traced([start, call('1', 'run'), { type: 'turn-error', error, usage }]);
    expect(spans.map(({ name, error: code }) => [name, code])).toEqual([
      ['execute_tool run', 'ABORTED'],
      ['invoke_agent code', 'MODEL_CRASHED'],
    ]);
  });

  it('ends what is open where nobody reads on', async () => {
    const { spans } = await traced([start, call('1', 'read')], 2);
    expect(spans.map(({ error }) => error)).toEqual(['ABORTED', 'ABORTED']);
  });
});
