import { outside, withSteps } from '@nootropic/agents';
import {
  isKnownEvent,
  type AgentMode,
  type Attachment,
  type ContextBlock,
  type KnownTurnEvent,
  type Message,
  type ToolSpec,
  type TurnAccount,
  type TurnEvent,
} from '@nootropic/contracts';
import { imagesLength, newestImages } from './images.ts';

/** What of an agent its prompt is made of. */
export interface PromptAgent {
  readonly system: string;
  /** In the order in which they are offered. Empty for a model that cannot call tools. */
  readonly tools: readonly ToolSpec[];
  /** Whether the model that reads it is shown pictures. Default: they are named only. */
  readonly sees?: boolean;
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
 * What a `rewind` took away is no part of it. What turns added for the agent - instructions, the names of skills, lessons - outlives a
 * compaction: of turns that are left out, the first one that is kept tells it.
 *
 * Chat templates write the tools before the first message. So the tools of the session's first turn stay there; one that the agent got later
 * is announced in the question of the turn that first had it, and moves to the front with the next compaction.
 *
 * @param events Events of the session, the running turn's last.
 */
export function buildPrompt(agent: PromptAgent, events: readonly TurnEvent[]): Prompt {
  const { turns, cut, front, later, lost } = layOut(agent, events);
  const { shortened, dropped } = cut;
  const images = shownImages(agent, events);
  const messages = turns.flatMap((turn, index) => {
    if (index < dropped) return [];
    const earlier = index === dropped ? lost : [];
    if (index < shortened) return shortMessages(turn, earlier);
    const isLast = index === turns.length - 1;
    return turnMessages(turn, { isLast, announced: later.get(turn) ?? [], earlier, images });
  });
  const announced = [...later.values()].flat();
  return {
    messages: [{ role: 'system', content: agent.system }, ...messages],
    tools: [...front, ...announced],
    announced: announced.map(({ name }) => name),
  };
}

/** Where everything of a prompt goes. */
function layOut(agent: PromptAgent, events: readonly TurnEvent[]) {
  const turns = groupByTurn(events);
  const cut = lastCut(events);
  return { turns, cut, ...placeTools(agent.tools, turns), lost: turns.slice(0, cut.dropped).flatMap(preambleOf) };
}

/** What the latest compaction of a session left out. */
export function lastCut(events: readonly TurnEvent[]): Cut {
  const event = groupByTurn(events).flat().findLast(isCut);
  const { shortened = 0, dropped = 0 } = event ?? {};
  return { shortened, dropped };
}

/** Names of the agent's tools that no turn of the session had. */
export function newTools(tools: readonly ToolSpec[], events: readonly TurnEvent[]): string[] {
  const known = new Set(toolNames(events));
  return tools.map(({ name }) => name).filter((name) => !known.has(name));
}

/** Names of the tools that the session had, in the order in which they came. */
export function toolNames(events: readonly TurnEvent[]): string[] {
  return groupByTurn(events)
    .flat()
    .flatMap((event) => (isStart(event) ? (event.tools ?? []) : []));
}

/** What the turns of a session told the agent beside their questions, oldest first. */
export function preambles(events: readonly TurnEvent[]): string[] {
  return groupByTurn(events).flatMap(preambleOf);
}

/**
 * The events of each turn, the turns in the order in which they began. Events outside of any turn are no part of a prompt, nor are turns that
 * the session went back behind.
 */
export function groupByTurn(events: readonly TurnEvent[]): TurnEvent[][] {
  const turns = new Map<string, TurnEvent[]>();
  for (const event of events) {
    if (isKnownEvent(event) && event.type === 'rewind') {
      const ids = [...turns.keys()];
      const from = ids.indexOf(event.toTurn);
      for (const id of from < 0 ? [] : ids.slice(from)) turns.delete(id);
      continue;
    }
    const turn = turns.get(event.turnId);
    if (turn) turn.push(event);
    else if (isStart(event)) turns.set(event.turnId, [event]);
  }
  return [...turns.values()];
}

/** One turn in full: the question with its passages, what the model said and called, what the tools gave. */
export function turnMessages(
  events: readonly TurnEvent[],
  how: {
    readonly isLast: boolean;
    readonly announced: readonly ToolSpec[];
    /** What turns that are left out told. */
    readonly earlier?: readonly string[];
    /** Pictures that are shown; others are named. Default none. */
    readonly images?: ReadonlySet<Attachment>;
  },
): Message[] {
  const { isLast, announced, earlier = [], images } = how;
  const messages = withSteps([question(events, { announced, earlier, images })], events);
  if (!isLast && messages.at(-1)?.role !== 'assistant') messages.push({ role: 'assistant', content: noAnswer });
  return messages;
}

/** One turn as what was asked and what was answered, with what it told. */
export function shortMessages(events: readonly TurnEvent[], earlier: readonly string[] = []): Message[] {
  const start = events.find(isStart);
  const names = (start?.attachments ?? []).map((attached) => {
    if (attached.kind === 'image') return `image ${attached.name}`;
    return attached.kind === 'text' ? attached.name : attached.path;
  });
  const asked = start?.text ?? '';
  const said = [...outside(events)].flatMap((event) =>
    isKnownEvent(event) && event.type === 'text-delta' ? [event.text] : [],
  );
  const told = [...earlier, ...preambleOf(events)];
  const parts = [...told, ...(names.length === 0 ? [] : [`[${names.join(', ')}: left out]`]), asked];
  return [
    { role: 'user', content: parts.join('\n\n') },
    { role: 'assistant', content: said.join('').trim() || noAnswer },
  ];
}

/** Characters of messages, with what a chat template puts around each and what pictures count as. */
export function promptLength(messages: readonly Message[]): number {
  const around = 40;
  return messages.reduce((sum, message) => {
    const calls = message.role === 'assistant' && message.toolCalls ? JSON.stringify(message.toolCalls).length : 0;
    return sum + message.content.length + calls + imagesLength(message) + around;
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

function question(events: readonly TurnEvent[], given: QuestionGiven): Message {
  const shown = (events.find(isStart)?.attachments ?? []).flatMap((attached) =>
    attached.kind === 'image' && given.images?.has(attached) === true
      ? [{ mediaType: attached.mediaType, data: attached.data }]
      : [],
  );
  return {
    role: 'user',
    content: questionParts(events, given)
      .map(({ text }) => text)
      .join('\n\n'),
    ...(shown.length > 0 && { images: shown }),
  };
}

interface QuestionGiven {
  readonly announced: readonly ToolSpec[];
  readonly earlier?: readonly string[];
  readonly images?: ReadonlySet<Attachment> | undefined;
}

/** The pictures that a prompt shows: of those turns that are told whole. */
export function shownImages({ sees = false }: PromptAgent, events: readonly TurnEvent[]): ReadonlySet<Attachment> {
  return sees ? newestImages(groupByTurn(events).slice(lastCut(events).shortened)) : new Set();
}

/** A part of a prompt, by what it is. */
export interface PromptPart {
  readonly name: TurnAccount['sections'][number]['name'];
  readonly text: string;
}

/** What the question of a turn is made of, in its order. */
function questionParts(events: readonly TurnEvent[], { announced, earlier = [], images }: QuestionGiven): PromptPart[] {
  const start = events.find(isStart);
  // A turn that had to go on with another model was given passages twice; the last ones are those that were answered from.
  const context = events.findLast(isContext);
  const text = start?.text ?? '';
  const around: PromptPart[] = [
    ...[...earlier, ...preambleOf(events)].map((told) => ({ name: 'preamble' as const, text: told })),
    ...announced.map((spec) => ({
      name: 'tools' as const,
      text: `New tool, to be called like the others:\n${JSON.stringify(spec)}`,
    })),
    ...[
      ...attachedTexts(start?.attachments ?? [], context?.attached),
      ...imageNames(start?.attachments ?? [], images),
    ].map((attached) => ({ name: 'attachments' as const, text: attached })),
    ...(context && context.blocks.length > 0
      ? [{ name: 'passages' as const, text: `Passages from the workspace:\n\n${renderBlocks(context.blocks)}` }]
      : []),
  ];
  const task = start?.mode === undefined ? undefined : `Task: ${text}\n\n[${modeWords[start.mode]}]`;
  const question = task ?? (around.length === 0 ? text : `Question: ${text}`);
  return [...around, { name: 'question', text: question }];
}

/**
 * What the prompt of a turn's first step is made of, in its order, where nothing was said in the turn yet: the same text that `buildPrompt` gives,
 * told apart.
 */
export function promptParts(agent: PromptAgent, events: readonly TurnEvent[]): PromptPart[] {
  const [system, ...rest] = buildPrompt(agent, events).messages;
  const { turns, cut, front, later, lost } = layOut(agent, events);
  const last = turns.at(-1) ?? [];
  const parts = questionParts(last, {
    announced: later.get(last) ?? [],
    earlier: turns.length - 1 === cut.dropped ? lost : [],
    images: shownImages(agent, events),
  });
  const earlierTurns = rest.slice(0, -1).map(messageText).join('\n\n');
  return [
    { name: 'instructions', text: system?.content ?? '' },
    ...(front.length > 0
      ? [{ name: 'tools' as const, text: front.map((spec) => JSON.stringify(spec)).join('\n') }]
      : []),
    ...(earlierTurns === '' ? [] : [{ name: 'earlier-turns' as const, text: earlierTurns }]),
    ...parts,
  ];
}

function messageText(message: Message): string {
  const calls = message.role === 'assistant' ? (message.toolCalls ?? []).map((call) => JSON.stringify(call)) : [];
  return [message.content, ...calls].filter((text) => text !== '').join('\n');
}

/** How far the agent may go, at the end of the task: the beginning of the prompt is the same in every mode. */
const modeWords: Readonly<Record<AgentMode, string>> = {
  plan: 'Mode plan: read, then say what you would do, step by step. Change nothing and run nothing.',
  ask: 'Mode ask: each change and each command is put before the user.',
  'auto-edit': 'Mode auto-edit: you may change files; each command is put before the user.',
  auto: 'Mode auto: you may change files and run commands.',
};

function preambleOf(events: readonly TurnEvent[]): string[] {
  return events.flatMap((event) => (isStart(event) && event.preamble !== undefined ? [event.preamble] : []));
}

/** What stands for pictures in the text: those that are shown come in this order. */
function imageNames(attachments: readonly Attachment[], shown: ReadonlySet<Attachment> | undefined): string[] {
  return attachments.flatMap((attached) => {
    if (attached.kind !== 'image') return [];
    return [
      shown?.has(attached) === true ? `Attached picture: ${attached.name}` : `[image ${attached.name}: left out]`,
    ];
  });
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
  const compacted = turns.findLastIndex((turn) => turn.some(isCut));
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

/** A compaction of older turns; one with `keep` is about the steps of its own turn. */
function isCut(event: TurnEvent): event is Extract<KnownTurnEvent, { type: 'compaction' }> {
  return isKnownEvent(event) && event.type === 'compaction' && event.keep === undefined;
}

function isContext(event: TurnEvent): event is Extract<KnownTurnEvent, { type: 'context-ready' }> {
  return isKnownEvent(event) && event.type === 'context-ready';
}
