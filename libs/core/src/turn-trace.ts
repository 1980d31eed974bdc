import { isKnownEvent, type KnownTurnEvent, type Span, type Telemetry, type TurnEvent } from '@nootropic/contracts';

/**
 * The same events; on the way they make a trace of the turn: a span for all of it, and below it one for the context, each call of a tool and each
 * check. Calls of models add theirs where they are counted. Names and attributes are those of the semantic conventions for generative AI
 * (https://opentelemetry.io/docs/specs/semconv/gen-ai/gen-ai-agent-spans/), and none of them holds text of a question, an answer or a file.
 */
export async function* traceTurn(
  events: AsyncIterable<TurnEvent>,
  telemetry: Pick<Telemetry, 'span'>,
): AsyncGenerator<TurnEvent, void> {
  const trace = createTurnTrace(telemetry);
  try {
    for await (const event of events) {
      if (isKnownEvent(event)) trace.see(event);
      yield event;
    }
  } finally {
    trace.leave();
  }
}

function createTurnTrace(telemetry: Pick<Telemetry, 'span'>) {
  const tools = new Map<string, Span>();
  let turn: Span | undefined;
  let model: string | undefined;
  const close = (facts: Parameters<Span['end']>[0], error?: string): void => {
    for (const span of tools.values()) span.end({}, 'ABORTED');
    tools.clear();
    turn?.end({ ...facts, 'gen_ai.request.model': model }, error);
    turn = undefined;
  };
  return {
    see(event: KnownTurnEvent): void {
      const { turnId } = event;
      switch (event.type) {
        case 'turn-start':
          turn = telemetry.span(`invoke_agent ${event.agent}`, {
            trace: turnId,
            startedAt: event.time,
            facts: {
              'gen_ai.operation.name': 'invoke_agent',
              'gen_ai.agent.name': event.agent,
              'gen_ai.conversation.id': event.sessionId,
            },
          });
          break;
        case 'context-ready':
          telemetry
            .span('retrieve context', { trace: turnId, startedAt: event.time - event.tookMs })
            .end({ 'nootropic.context.blocks': event.blocks.length, 'nootropic.context.tokens': event.tokens });
          break;
        case 'model-chosen':
          model = event.model;
          break;
        case 'tool-call': {
          const { id, name } = event.call;
          const facts = {
            'gen_ai.operation.name': 'execute_tool',
            'gen_ai.tool.name': name,
            'gen_ai.tool.call.id': id,
          };
          tools.set(id, telemetry.span(`execute_tool ${name}`, { trace: turnId, facts }));
          break;
        }
        case 'tool-result':
          tools.get(event.callId)?.end({}, event.ok ? undefined : 'tool_error');
          tools.delete(event.callId);
          break;
        case 'check-result':
          telemetry
            .span(`check ${event.name}`, { trace: turnId })
            .end({ 'nootropic.check.name': event.name }, event.ok ? undefined : 'check_failed');
          break;
        case 'turn-end':
          close({
            'gen_ai.response.finish_reasons': event.reason,
            'gen_ai.usage.input_tokens': event.usage.tokensRead + event.usage.tokensReused,
            'gen_ai.usage.output_tokens': event.usage.tokensWritten,
          });
          break;
        case 'turn-error':
          close({ 'gen_ai.response.finish_reasons': 'error' }, event.error.code);
          break;
        default:
          break;
      }
    },
    /** Whoever read it walked away. */
    leave: () => close({}, 'ABORTED'),
  };
}
