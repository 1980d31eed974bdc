import { isKnownEvent, type Attachment, type ContextBlock, type Message, type TurnEvent } from '@nootropic/contracts';

/** The passages as the model reads them, each with the citation it is to use. */
function renderBlocks(blocks: readonly ContextBlock[]): string {
  return blocks
    .map((block) => {
      const { path, startLine, endLine, symbol } = block.citation;
      return `${path}:${startLine}-${endLine}${symbol ? ` ${symbol}` : ''}\n\`\`\`\n${block.text}\n\`\`\``;
    })
    .join('\n\n');
}

function question(text: string, attachments: readonly Attachment[], blocks: readonly ContextBlock[]): Message {
  const parts = attachments.flatMap((attachment) =>
    attachment.kind === 'text' ? [`Attached, ${attachment.name}:\n\`\`\`\n${attachment.text}\n\`\`\``] : [],
  );
  if (blocks.length > 0) parts.push(`Passages from the workspace:\n\n${renderBlocks(blocks)}`);
  return { role: 'user', content: parts.length === 0 ? text : `${parts.join('\n\n')}\n\nQuestion: ${text}` };
}

/** One turn of a session as messages: the question with its passages, what the model said and called, what the tools gave. */
function turnMessages(events: readonly TurnEvent[], withBlocks: boolean): Message[] {
  const messages: Message[] = [];
  let text = '';
  let attachments: readonly Attachment[] = [];
  let said = '';
  let asked = false;
  const ask = (blocks: readonly ContextBlock[]) => {
    if (!asked) messages.push(question(text, attachments, withBlocks ? blocks : []));
    asked = true;
  };
  for (const event of events) {
    if (!isKnownEvent(event)) continue;
    switch (event.type) {
      case 'turn-start':
        text = event.text;
        attachments = event.attachments ?? [];
        break;
      case 'context-ready':
        ask(event.blocks);
        break;
      case 'text-delta':
        ask([]);
        said += event.text;
        break;
      case 'tool-call': {
        const last = messages.at(-1);
        if (said === '' && last?.role === 'assistant' && last.toolCalls)
          messages[messages.length - 1] = { ...last, toolCalls: [...last.toolCalls, event.call] };
        else messages.push({ role: 'assistant', content: said, toolCalls: [event.call] });
        said = '';
        break;
      }
      case 'tool-result':
        messages.push({ role: 'tool', toolCallId: event.callId, name: event.name, content: event.content });
        break;
      default:
        break;
    }
  }
  ask([]);
  if (said !== '') messages.push({ role: 'assistant', content: said });
  return messages;
}

export interface Prompt {
  readonly messages: Message[];
  /** Turns of which something was left out to make the prompt fit. */
  readonly trimmedTurns: number;
}

/**
 * The prompt of a turn, as a pure function of the agent's system text and the session's events: the same events give the same
 * messages, so that each turn's prompt starts with all of the one before it, and a model that kept it reads only what is new.
 *
 * Where it would be longer than `characters`, the passages of the oldest turns go first, then the oldest turns.
 *
 * @param events Events of the session, the running turn's `turn-start` and `context-ready` last.
 * @param characters What the prompt may have; see `measureRoom`.
 */
export function buildPrompt(system: string, events: readonly TurnEvent[], characters: number): Prompt {
  const turns = groupByTurn(events);
  const full = turns.map((turn) => turnMessages(turn, true));
  const sizes = full.map(promptLength);
  let total = system.length + sizes.reduce((sum, size) => sum + size, 0);
  const last = full.length - 1;
  const trimmed = new Set<number>();
  for (let index = 0; index < last && total > characters; index += 1) {
    const slim = turnMessages(turns[index] ?? [], false);
    const saved = (sizes[index] ?? 0) - promptLength(slim);
    if (saved <= 0) continue;
    full[index] = slim;
    sizes[index] = promptLength(slim);
    total -= saved;
    trimmed.add(index);
  }
  for (let index = 0; index < last && total > characters; index += 1) {
    total -= sizes[index] ?? 0;
    full[index] = [];
    trimmed.add(index);
  }
  return { messages: [{ role: 'system', content: system }, ...full.flat()], trimmedTurns: trimmed.size };
}

/** Characters of messages, with what a chat template puts around each. */
export function promptLength(messages: readonly Message[]): number {
  const around = 40;
  return messages.reduce((sum, message) => {
    const calls = message.role === 'assistant' && message.toolCalls ? JSON.stringify(message.toolCalls).length : 0;
    return sum + message.content.length + calls + around;
  }, 0);
}

function groupByTurn(events: readonly TurnEvent[]): TurnEvent[][] {
  const turns = new Map<string, TurnEvent[]>();
  for (const event of events) {
    const turn = turns.get(event.turnId);
    if (turn) turn.push(event);
    else turns.set(event.turnId, [event]);
  }
  return [...turns.values()];
}
