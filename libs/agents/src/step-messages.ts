import type { Message, ToolCall } from '@nootropic/contracts';
import { workSummary } from './work-summary.ts';

/** What of a turn's events the model has said, called and been told. An event of any other kind says nothing to it. */
export type MessageStep =
  | { readonly type: 'text-delta'; readonly text: string }
  | { readonly type: 'tool-call'; readonly call: ToolCall }
  | { readonly type: 'tool-result'; readonly callId: string; readonly name: string; readonly content: string }
  | { readonly type: 'user-message'; readonly text: string };

interface AnyStep {
  readonly type: string;
}

/** Shown between what is said before a call and what is said after. It is for the eye: the model never wrote it. */
export const stepSeparator = '\n';

/** The result of a call that the turn did not come to. */
export const notRun = 'This call was not run: the turn was stopped.';

/**
 * The messages that a turn adds after its question, as a pure function of its events. The live prompt of the next step and every later
 * replay of the session come from here, so that they cannot differ, and a model that kept the one need not read the other.
 *
 * Calls that follow each other are one message; a `stepSeparator` before a call is left out. A call that the turn did not come to answer
 * is answered with that: chat templates and servers refuse a call without a result. What a sub-agent did is no part of it. After a
 * `compaction` with `keep`, the steps before it are one message of the user that sums them up, but for so many of the newest.
 */
export function stepMessages(events: Iterable<AnyStep>): Message[] {
  const own = [...outside(events)];
  const cut = own.findLastIndex((event) => isWithinTurn(event));
  const compaction = own[cut];
  if (!compaction || !isWithinTurn(compaction)) return plainMessages(own);
  const steps = groupSteps(own.slice(0, cut));
  const kept = Math.min(compaction.keep, steps.length);
  const folded = steps.slice(0, steps.length - kept).flat();
  const summary = workSummary(folded, { lines: compaction.lines ?? 0 });
  const rest = plainMessages([...steps.slice(steps.length - kept).flat(), ...own.slice(cut + 1)]);
  return joined([{ role: 'user', content: summary }], rest);
}

/** These messages, then those of a turn's events. Two of the user in a row become one, since many chat templates want the roles in turn. */
export function withSteps(messages: readonly Message[], events: Iterable<AnyStep>): Message[] {
  return joined(messages, stepMessages(events));
}

/** Events by the steps of the loop: each begins with what the model said or called after results. Events before the first are part of it. */
export function groupSteps<T extends AnyStep>(events: readonly T[]): T[][] {
  const steps: T[][] = [];
  let answered = true;
  for (const event of events) {
    const speaks = event.type === 'text-delta' || event.type === 'tool-call';
    if (steps.length === 0 || (speaks && answered)) {
      // What came before anything was said belongs to the first step.
      if (steps.length === 1 && !steps[0]?.some(isMessageStep)) steps[0]?.push(event);
      else steps.push([event]);
      answered = !speaks;
    } else {
      steps.at(-1)?.push(event);
      if (event.type === 'tool-result' || event.type === 'user-message') answered = true;
    }
  }
  return steps;
}

/** Without what a sub-agent said, called and was told; what it changed and learnt counts. */
export function* outside<T extends AnyStep>(events: Iterable<T>): Generator<T> {
  let depth = 0;
  for (const event of events) {
    if (event.type === 'agent-end') depth = Math.max(0, depth - 1);
    if (depth === 0 || event.type === 'file-change' || event.type === 'lesson') yield event;
    if (event.type === 'agent-start') depth += 1;
  }
}

function plainMessages(events: Iterable<AnyStep>): Message[] {
  const messages: Message[] = [];
  const open = new Map<string, ToolCall>();
  let said = '';
  const close = () => {
    for (const { id, name } of open.values()) messages.push({ role: 'tool', toolCallId: id, name, content: notRun });
    open.clear();
  };
  for (const step of events) {
    if (!isMessageStep(step)) continue;
    if (step.type === 'text-delta') {
      close();
      said += step.text;
    } else if (step.type === 'user-message') {
      close();
      if (said !== '') messages.push({ role: 'assistant', content: withoutSeparator(said) });
      said = '';
      messages.splice(0, messages.length, ...joined(messages, [{ role: 'user', content: step.text }]));
    } else if (step.type === 'tool-call') {
      const last = messages.at(-1);
      if (said === '' && last?.role === 'assistant' && last.toolCalls)
        messages[messages.length - 1] = { ...last, toolCalls: [...last.toolCalls, step.call] };
      else {
        close();
        messages.push({ role: 'assistant', content: withoutSeparator(said), toolCalls: [step.call] });
      }
      open.set(step.call.id, step.call);
      said = '';
    } else if (open.delete(step.callId))
      messages.push({ role: 'tool', toolCallId: step.callId, name: step.name, content: step.content });
  }
  close();
  if (said !== '') messages.push({ role: 'assistant', content: said });
  return messages;
}

function withoutSeparator(said: string): string {
  return said.endsWith(stepSeparator) ? said.slice(0, -stepSeparator.length) : said;
}

function joined(messages: readonly Message[], more: readonly Message[]): Message[] {
  const [last, next] = [messages.at(-1), more[0]];
  if (last?.role !== 'user' || next?.role !== 'user') return [...messages, ...more];
  return [...messages.slice(0, -1), { role: 'user', content: `${last.content}\n\n${next.content}` }, ...more.slice(1)];
}

function isMessageStep(step: AnyStep): step is MessageStep {
  return (
    step.type === 'text-delta' ||
    step.type === 'tool-call' ||
    step.type === 'tool-result' ||
    step.type === 'user-message'
  );
}

function isWithinTurn(event: AnyStep): event is { type: 'compaction'; keep: number; lines?: number } {
  return event.type === 'compaction' && 'keep' in event && typeof event.keep === 'number';
}
