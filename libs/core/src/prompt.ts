import { stepMessages } from '@nootropic/agents';
import {
  isKnownEvent,
  type Attachment,
  type ContextBlock,
  type KnownTurnEvent,
  type Message,
  type ToolSpec,
  type TurnEvent,
} from '@nootropic/contracts';

/** What of an agent its prompt is made of. */
export interface PromptAgent {
  readonly system: string;
  /** In the order in which they are offered. Empty for a model that cannot call tools. */
  readonly tools: readonly ToolSpec[];
}

export interface Prompt {
  readonly messages: Message[];
  /** What may be called: first what the session began with, then what was announced later. */
  readonly tools: ToolSpec[];
  /** Names of those tools that a message announces. */
  readonly announced: string[];
}

/** How much of the oldest turns is left out: the `shortened` oldest are told as question and answer only, the `dropped` oldest not at all. */
export interface Cut {
  readonly shortened: number;
  readonly dropped: number;
}

/** Stands for the answer of a turn that ended without one: chat templates want question and answer in turn. */
const noAnswer = '[This turn was stopped before an answer.]';

/**
 * The prompt of a turn, as a pure function of the agent and the session's events: the same events give the same messages, so that each
 * turn's prompt starts with all of the one before it, and a model that kept it reads only what is new. The exception is announced: an
 * event of kind `compaction` says how much of the oldest turns is left out from there on.
 *
 * Chat templates write the tools before the first message. So the tools of the session's first turn stay there; one that the agent got later
 * is announced in the question of the turn that first had it, and moves to the front with the next compaction.
 *
 * @param events Events of the session, the running turn's last.
 */
export function buildPrompt(agent: PromptAgent, events: readonly TurnEvent[]): Prompt {
  const turns = groupByTurn(events);
  const { shortened, dropped } = lastCut(events);
  const { front, later } = placeTools(agent.tools, turns);
  const messages = turns.flatMap((turn, index) => {
    if (index < dropped) return [];
    if (index < shortened) return shortMessages(turn);
    return turnMessages(turn, { isLast: index === turns.length - 1, announced: later.get(turn) ?? [] });
  });
  const announced = [...later.values()].flat();
  return {
    messages: [{ role: 'system', content: agent.system }, ...messages],
    tools: [...front, ...announced],
    announced: announced.map(({ name }) => name),
  };
}

/** What the latest compaction of a session left out. */
export function lastCut(events: readonly TurnEvent[]): Cut {
  const event = events.findLast((each) => isKnownEvent(each) && each.type === 'compaction');
  if (!event || !isKnownEvent(event) || event.type !== 'compaction') return { shortened: 0, dropped: 0 };
  const { shortened = 0, dropped = 0 } = event;
  return { shortened, dropped };
}

/** Names of the agent's tools that no turn of the session had. */
export function newTools(tools: readonly ToolSpec[], events: readonly TurnEvent[]): string[] {
  const known = new Set(events.flatMap((event) => (isStart(event) ? (event.tools ?? []) : [])));
  return tools.map(({ name }) => name).filter((name) => !known.has(name));
}

/** The events of each turn, the turns in the order in which they began. Events outside of any turn are no part of a prompt. */
export function groupByTurn(events: readonly TurnEvent[]): TurnEvent[][] {
  const turns = new Map<string, TurnEvent[]>();
  for (const event of events) {
    const turn = turns.get(event.turnId);
    if (turn) turn.push(event);
    else if (isStart(event)) turns.set(event.turnId, [event]);
  }
  return [...turns.values()];
}

/** One turn in full: the question with its passages, what the model said and called, what the tools gave. */
export function turnMessages(
  events: readonly TurnEvent[],
  { isLast, announced }: { readonly isLast: boolean; readonly announced: readonly ToolSpec[] },
): Message[] {
  const messages = [question(events, announced), ...stepMessages(events)];
  if (!isLast && messages.at(-1)?.role !== 'assistant') messages.push({ role: 'assistant', content: noAnswer });
  return messages;
}

/** One turn as what was asked and what was answered. */
export function shortMessages(events: readonly TurnEvent[]): Message[] {
  const start = events.find(isStart);
  const names = (start?.attachments ?? []).map((attached) =>
    attached.kind === 'text' ? attached.name : attached.path,
  );
  const asked = start?.text ?? '';
  const said = events.flatMap((event) => (isKnownEvent(event) && event.type === 'text-delta' ? [event.text] : []));
  return [
    { role: 'user', content: names.length === 0 ? asked : `[${names.join(', ')}: left out]\n\n${asked}` },
    { role: 'assistant', content: said.join('').trim() || noAnswer },
  ];
}

/** Characters of messages, with what a chat template puts around each. */
export function promptLength(messages: readonly Message[]): number {
  const around = 40;
  return messages.reduce((sum, message) => {
    const calls = message.role === 'assistant' && message.toolCalls ? JSON.stringify(message.toolCalls).length : 0;
    return sum + message.content.length + calls + around;
  }, 0);
}

/**
 * A text of at most so many characters, and a line that says what is missing: a third from its beginning, the rest from its end, where logs
 * say what went wrong. Cut at lines where there are some.
 */
export function cutMiddle(text: string, characters: number): string {
  if (text.length <= characters) return text;
  const head = Math.floor(characters / 3);
  const headEnd = text.lastIndexOf('\n', head);
  const start = text.slice(0, headEnd > head / 2 ? headEnd : head);
  const tail = text.length - (characters - head);
  const tailStart = text.indexOf('\n', tail);
  const end = text.slice(tailStart >= 0 && tailStart < tail + (characters - head) / 2 ? tailStart + 1 : tail);
  return `${start}\n[${text.length - start.length - end.length} characters left out]\n${end}`;
}

function question(events: readonly TurnEvent[], announced: readonly ToolSpec[]): Message {
  const start = events.find(isStart);
  // A turn that had to go on with another model was given passages twice; the last ones are those that were answered from.
  const context = events.findLast(isContext);
  const parts = announced.map((spec) => `New tool, to be called like the others:\n${JSON.stringify(spec)}`);
  parts.push(...attachedTexts(start?.attachments ?? [], context?.attached));
  if (context && context.blocks.length > 0)
    parts.push(`Passages from the workspace:\n\n${renderBlocks(context.blocks)}`);
  const text = start?.text ?? '';
  return { role: 'user', content: parts.length === 0 ? text : `${parts.join('\n\n')}\n\nQuestion: ${text}` };
}

function attachedTexts(attachments: readonly Attachment[], cuts: readonly number[] | undefined): string[] {
  return attachments
    .filter((attachment) => attachment.kind === 'text')
    .map(
      ({ name, text }, index) => `Attached, ${name}:\n\`\`\`\n${cutMiddle(text, cuts?.[index] ?? text.length)}\n\`\`\``,
    );
}

/** The passages as the model reads them, each with the citation it is to use. */
function renderBlocks(blocks: readonly ContextBlock[]): string {
  return blocks
    .map((block) => {
      const { path, startLine, endLine, symbol } = block.citation;
      const part = block.role === 'signature' ? ' (signature only)' : '';
      return `${path}:${startLine}-${endLine}${symbol ? ` ${symbol}` : ''}${part}\n\`\`\`\n${block.text}\n\`\`\``;
    })
    .join('\n\n');
}

/** The tools that the prompt begins with, and those that a later turn announces. */
function placeTools(tools: readonly ToolSpec[], turns: readonly TurnEvent[][]) {
  const first = turns.findIndex((turn) => turn.some((event) => isStart(event) && event.tools !== undefined));
  const compacted = turns.findLastIndex((turn) =>
    turn.some((event) => isKnownEvent(event) && event.type === 'compaction'),
  );
  const border = Math.max(first, compacted);
  const later = new Map<TurnEvent[], ToolSpec[]>();
  const announced = new Set<ToolSpec>();
  for (const turn of turns.slice(first < 0 ? turns.length : border + 1)) {
    const names = turn.flatMap((event) => (isStart(event) ? (event.tools ?? []) : []));
    const specs = tools.filter((tool) => names.includes(tool.name) && !announced.has(tool));
    for (const spec of specs) announced.add(spec);
    if (specs.length > 0) later.set(turn, specs);
  }
  return { front: tools.filter((tool) => !announced.has(tool)), later };
}

function isStart(event: TurnEvent): event is Extract<KnownTurnEvent, { type: 'turn-start' }> {
  return isKnownEvent(event) && event.type === 'turn-start';
}

function isContext(event: TurnEvent): event is Extract<KnownTurnEvent, { type: 'context-ready' }> {
  return isKnownEvent(event) && event.type === 'context-ready';
}
