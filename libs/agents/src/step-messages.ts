import type { Message, ToolCall } from '@nootropic/contracts';

/** What of a turn's events the model has said, called and been told. An event of any other kind says nothing to it. */
export type MessageStep =
  | { readonly type: 'text-delta'; readonly text: string }
  | { readonly type: 'tool-call'; readonly call: ToolCall }
  | { readonly type: 'tool-result'; readonly callId: string; readonly name: string; readonly content: string };

/** Shown between what is said before a call and what is said after. It is for the eye: the model never wrote it. */
export const stepSeparator = '\n';

const notRun = 'This call was not run: the turn was stopped.';

/**
 * The messages that a turn adds after its question, as a pure function of its events. The live prompt of the next step and every later
 * replay of the session come from here, so that they cannot differ, and a model that kept the one need not read the other.
 *
 * Calls that follow each other are one message; a `stepSeparator` before a call is left out. A call that the turn did not come to answer
 * is answered with that: chat templates and servers refuse a call without a result.
 */
export function stepMessages(steps: Iterable<{ readonly type: string }>): Message[] {
  const messages: Message[] = [];
  const open = new Map<string, ToolCall>();
  let said = '';
  const close = () => {
    for (const { id, name } of open.values()) messages.push({ role: 'tool', toolCallId: id, name, content: notRun });
    open.clear();
  };
  for (const step of steps) {
    if (!isMessageStep(step)) continue;
    if (step.type === 'text-delta') {
      close();
      said += step.text;
    } else if (step.type === 'tool-call') {
      const last = messages.at(-1);
      if (said === '' && last?.role === 'assistant' && last.toolCalls)
        messages[messages.length - 1] = { ...last, toolCalls: [...last.toolCalls, step.call] };
      else {
        close();
        const content = said.endsWith(stepSeparator) ? said.slice(0, -stepSeparator.length) : said;
        messages.push({ role: 'assistant', content, toolCalls: [step.call] });
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

function isMessageStep(step: { readonly type: string }): step is MessageStep {
  return step.type === 'text-delta' || step.type === 'tool-call' || step.type === 'tool-result';
}
