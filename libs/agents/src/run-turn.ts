import {
  NootropicError,
  type Knowledge,
  type Message,
  type Model,
  type TokenCounts,
  type ToolCall,
  type TurnEventBody,
} from '@nootropic/contracts';
import type { Agent } from './agent.ts';
import { cutContent, type Tool } from './tool.ts';

export interface TurnRequest {
  readonly agent: Agent;
  readonly model: Model;
  readonly knowledge: Knowledge;
  /** The whole prompt so far; the loop only adds to it. */
  readonly messages: readonly Message[];
  readonly limits: {
    readonly maxTokens: number;
    readonly maxSteps: number;
    /** Characters that what the turn adds to the prompt - calls and their results - may have. */
    readonly characters: number;
  };
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

/**
 * Model, tools, model, until the model answers without calling a tool, or a limit is met. On the last step no tools are offered,
 * so that a turn ends in an answer. A plain answer is a fine answer: no tool is ever forced.
 *
 * Stateless: everything comes in with the request and goes out as a step or the outcome. Failures of tools are results;
 * failures of the model are thrown as `NootropicError`.
 */
export async function* runTurn(request: TurnRequest): AsyncGenerator<TurnStep, TurnOutcome> {
  const { agent, limits, signal } = request;
  const messages = [...request.messages];
  const tools = request.model.info.can.includes('tools') ? agent.tools : [];
  const seen = new Map<string, number>();
  let tokens: TokenCounts = { read: 0, reused: 0, written: 0 };
  let text = '';
  let room = limits.characters;

  for (let step = 1; ; step += 1) {
    const offered = step < limits.maxSteps && room >= leastRoomForTools ? tools : [];
    const calls: ToolCall[] = [];
    let said = '';
    let reason: 'stop' | 'length' | 'tool-call' | 'aborted' = 'stop';
    const stream = request.model.generate(
      { messages, maxTokens: limits.maxTokens, ...(offered.length > 0 && { tools: offered.map((tool) => tool.spec) }) },
      { workClass: 'chat', ...(signal && { signal }) },
    );
    for await (const event of stream) {
      switch (event.type) {
        case 'text':
          said += event.text;
          yield { type: 'text-delta', text: event.text };
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
          tokens = {
            read: tokens.read + event.tokens.read,
            reused: tokens.reused + event.tokens.reused,
            written: tokens.written + event.tokens.written,
          };
          break;
      }
    }
    text += said;
    if (reason === 'aborted' || signal?.aborted) return { reason: 'aborted', text, tokens };
    if (calls.length === 0) return { reason: reason === 'length' ? 'length' : 'done', text, tokens };
    if (offered.length === 0) return { reason: 'steps', text, tokens };

    messages.push({ role: 'assistant', content: said, toolCalls: calls });
    room -= said.length + JSON.stringify(calls).length;
    for (const call of calls) {
      yield { type: 'tool-call', call };
      const outcome = await execute(call, { tools, seen, request });
      // Half of what is left at most, so that one large result leaves room for the next question.
      const content = cutContent(outcome.content, Math.max(200, Math.floor(room / 2)));
      room -= content.length;
      yield { type: 'tool-result', callId: call.id, name: call.name, ok: outcome.ok, content };
      messages.push({ role: 'tool', toolCallId: call.id, name: call.name, content });
    }
    if (said !== '') {
      text += '\n';
      yield { type: 'text-delta', text: '\n' };
    }
  }
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
