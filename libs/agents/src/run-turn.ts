import {
  NootropicError,
  type CallOptions,
  type Knowledge,
  type Message,
  type Model,
  type TokenCounts,
  type ToolCall,
  type TurnEventBody,
} from '@nootropic/contracts';
import { stepMessages, stepSeparator } from './step-messages.ts';
import { cutContent, type Tool } from './tool.ts';

export interface TurnRequest {
  /** What the model may call, in the order in which its prompt names them. None are offered to a model that cannot call tools. */
  readonly tools: readonly Tool[];
  /** Those of the tools that `messages` announces: they are not written into the beginning of the prompt again. */
  readonly announcedTools?: readonly string[];
  readonly model: Model;
  readonly knowledge: Knowledge;
  /** The whole prompt so far; the loop only adds to it. */
  readonly messages: readonly Message[];
  readonly limits: {
    readonly maxTokens: number;
    /** Times that tools may be called. */
    readonly maxSteps: number;
    /** Characters that what the turn adds to the prompt - calls and their results - may have. */
    readonly characters: number;
  };
  /** Who asks, and in which conversation; goes with every call of the model. */
  readonly call?: Pick<CallOptions, 'client' | 'session'>;
  readonly signal?: AbortSignal;
}

export interface TurnOutcome {
  readonly reason: 'done' | 'length' | 'steps' | 'aborted';
  /** All text shown, joined. */
  readonly text: string;
  /** Sums over all calls of the model. */
  readonly tokens: TokenCounts;
}

/** What the loop yields: events of a turn but for its start and its end, which belong to the session. */
export type TurnStep = Extract<
  TurnEventBody,
  { type: 'text-delta' | 'reasoning-delta' | 'tool-call' | 'tool-result' | 'progress' | 'notice' }
>;

/** Calls of the same tool with the same arguments before the loop stops asking for them. Small models repeat themselves without end. */
const repeatsAllowed = 2;
/** With less room than this left, a result would be cut to nothing: the model is to answer with what it has. */
const leastRoomForTools = 600;
/** Characters kept for the results that only say that nothing is run any more. */
const refusalRoom = 200;

const answerNow = 'Answer now with what you know; no more calls are run in this turn.';

/**
 * Model, tools, model, until the model answers without calling a tool, or a limit is met. After the last step that may call tools the
 * result says so; what is called all the same is refused once, then the turn ends. A plain answer is a fine answer: no tool is ever forced.
 *
 * Every request begins with the whole of the one before, tools included, so that a model reads only what is new: its messages are
 * `stepMessages` of the steps that were yielded. All calls of a step come before its results.
 *
 * Stateless: everything comes in with the request and goes out as a step or the outcome. Failures of tools are results;
 * failures of the model are thrown as `NootropicError`.
 */
export async function* runTurn(request: TurnRequest): AsyncGenerator<TurnStep, TurnOutcome> {
  const { limits, signal } = request;
  const tools = request.model.info.can.includes('tools') ? request.tools : [];
  const seen = new Map<string, number>();
  let refused = false;
  const steps: TurnStep[] = [];
  const taken = (step: TurnStep): TurnStep => {
    steps.push(step);
    return step;
  };
  let tokens: TokenCounts = { read: 0, reused: 0, written: 0 };
  let text = '';
  let room = limits.characters;

  for (let step = 1; ; step += 1) {
    const calls: ToolCall[] = [];
    let said = '';
    let reason: 'stop' | 'length' | 'tool-call' | 'aborted' = 'stop';
    for await (const event of generate(request, { tools, steps })) {
      switch (event.type) {
        case 'text':
          said += event.text;
          yield taken({ type: 'text-delta', text: event.text });
          break;
        case 'reasoning':
          yield { type: 'reasoning-delta', text: event.text };
          break;
        case 'prompt-progress':
          yield { type: 'progress', task: 'read', done: event.done, total: event.total };
          break;
        case 'tool-call':
          calls.push(event.call);
          break;
        case 'finish':
          reason = event.reason;
          tokens = sum(tokens, event.tokens);
          break;
      }
    }
    text += said;
    if (reason === 'aborted' || signal?.aborted) return { reason: 'aborted', text, tokens };
    if (calls.length === 0) return { reason: reason === 'length' ? 'length' : 'done', text, tokens };
    const mayRun = step <= limits.maxSteps && room >= leastRoomForTools;
    if (tools.length === 0 || (!mayRun && refused)) return { reason: 'steps', text, tokens };

    if (said !== '') {
      text += stepSeparator;
      yield taken({ type: 'text-delta', text: stepSeparator });
    }
    for (const call of calls) yield taken({ type: 'tool-call', call });
    room -= said.length + JSON.stringify(calls).length;
    refused = !mayRun;
    const isLast = step === limits.maxSteps;
    for (const [index, call] of calls.entries()) {
      const outcome = mayRun ? await execute(call, { tools, seen, request }) : { ok: false, content: answerNow };
      // Half of what is left at most, so that one large result leaves room for the next question.
      const cut = cutContent(outcome.content, Math.max(refusalRoom, Math.floor(room / 2)));
      room -= cut.length;
      const mustEnd = mayRun && index === calls.length - 1 && (isLast || room < leastRoomForTools);
      const content = mustEnd ? `${cut}\n[${answerNow}]` : cut;
      yield taken({ type: 'tool-result', callId: call.id, name: call.name, ok: outcome.ok, content });
    }
  }
}

function generate(request: TurnRequest, { tools, steps }: { tools: readonly Tool[]; steps: readonly TurnStep[] }) {
  const { announcedTools = [], limits, call, signal } = request;
  return request.model.generate(
    {
      messages: [...request.messages, ...stepMessages(steps)],
      maxTokens: limits.maxTokens,
      ...(tools.length > 0 && { tools: tools.map((tool) => tool.spec) }),
      ...(tools.length > 0 && announcedTools.length > 0 && { announcedTools }),
    },
    { workClass: 'chat', ...call, ...(signal && { signal }) },
  );
}

function sum(a: TokenCounts, b: TokenCounts): TokenCounts {
  return { read: a.read + b.read, reused: a.reused + b.reused, written: a.written + b.written };
}

async function execute(
  call: ToolCall,
  { tools, seen, request }: { tools: readonly Tool[]; seen: Map<string, number>; request: TurnRequest },
): Promise<{ ok: boolean; content: string }> {
  const tool = tools.find((candidate) => candidate.spec.name === call.name);
  if (!tool)
    return {
      ok: false,
      content: `There is no tool ${call.name}. There are: ${tools.map((candidate) => candidate.spec.name).join(', ')}.`,
    };
  const key = `${call.name} ${JSON.stringify(call.arguments)}`;
  const times = (seen.get(key) ?? 0) + 1;
  seen.set(key, times);
  if (times > repeatsAllowed)
    return { ok: false, content: 'You have this result already; see above. Answer now with what you know.' };
  if (request.signal?.aborted) throw new NootropicError('ABORTED');
  return tool.run(call, { knowledge: request.knowledge, ...(request.signal && { signal: request.signal }) });
}
