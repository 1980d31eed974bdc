import {
  isKnownEvent,
  type Attachment,
  type Citation,
  type ErrorBody,
  type KnownTurnEvent,
  type PermissionRule,
  type TurnEvent,
  type Usage,
} from '@nootropic/contracts';

type EventOf<T extends KnownTurnEvent['type']> = Extract<KnownTurnEvent, { type: T }>;

/** Something that waits for a person, or did. */
export interface Ask {
  readonly requestId: string;
  readonly action: string;
  readonly detail: string;
  readonly paths: readonly string[];
  readonly reason: string;
  readonly sandboxed: boolean | undefined;
  readonly options: readonly string[];
  readonly offers: readonly PermissionRule[];
  /** What was answered; unset while it waits. */
  readonly answer: Pick<EventOf<'approval-answer'>, 'decision' | 'text' | 'automatic' | 'without'> | undefined;
}

export interface FileChange {
  readonly path: string;
  readonly change: EventOf<'file-change'>['change'];
  readonly from: string | undefined;
  readonly step: number | undefined;
  readonly added: number;
  readonly removed: number;
}

interface BlockOf<K extends string> {
  readonly kind: K;
  /** Of its turn, one; stays the same while it grows. */
  readonly id: string;
}

export interface TextBlock extends BlockOf<'text'> {
  readonly text: string;
}
export interface ThoughtBlock extends BlockOf<'thought'> {
  readonly text: string;
  readonly startedAt: number;
  /** Unset while the model thinks. */
  readonly endedAt: number | undefined;
}
export interface CallBlock extends BlockOf<'call'> {
  readonly callId: string;
  readonly name: string;
  readonly arguments: Readonly<Record<string, unknown>>;
  readonly startedAt: number;
  readonly endedAt: number | undefined;
  readonly state: 'running' | 'ok' | 'failed' | 'cut';
  readonly output: string;
  /** What the model wrote for it in a fence of its answer. */
  readonly written?: string;
  /** What happened while it ran. */
  readonly inner: readonly (ChangeBlock | CheckBlock | LessonBlock)[];
}
export interface AskBlock extends BlockOf<'ask'> {
  readonly ask: Ask;
}
export interface ChangeBlock extends BlockOf<'change'> {
  readonly change: FileChange;
}
export interface CheckBlock extends BlockOf<'check'> {
  readonly name: string;
  readonly ok: boolean;
  readonly output: string;
}
export interface LessonBlock extends BlockOf<'lesson'> {
  readonly text: string;
}
export interface SaidBlock extends BlockOf<'said'> {
  readonly text: string;
  readonly automatic: boolean;
}
export interface NoticeBlock extends BlockOf<'notice'> {
  readonly level: 'info' | 'warning';
  readonly text: string;
}
export interface CompactionBlock extends BlockOf<'compaction'> {
  readonly before: number;
  readonly after: number;
}
/** A helper that the agent gave a task to, with all that it did. */
export interface AgentBlock extends BlockOf<'agent'> {
  readonly agentId: string;
  readonly name: string;
  readonly task: string;
  readonly state: 'running' | 'ok' | 'failed';
  readonly text: string;
  readonly blocks: readonly Block[];
}
export type Block =
  | TextBlock
  | ThoughtBlock
  | CallBlock
  | AskBlock
  | ChangeBlock
  | CheckBlock
  | LessonBlock
  | SaidBlock
  | NoticeBlock
  | CompactionBlock
  | AgentBlock;

export type PlanStep = EventOf<'plan-update'>['steps'][number];

/** A question with all that became of it. */
export interface ChatTurn {
  readonly turnId: string;
  readonly question: string;
  readonly attachments: readonly Attachment[];
  readonly mode: EventOf<'turn-start'>['mode'];
  readonly agent: string;
  readonly startedAt: number;
  /** `running` until its last event; `broken`: that never came. */
  readonly state: 'running' | 'done' | 'failed' | 'broken';
  readonly endReason: EventOf<'turn-end'>['reason'] | undefined;
  readonly blocks: readonly Block[];
  readonly progress:
    { readonly task: string; readonly done: number; readonly total: number; readonly note: string } | undefined;
  /** Passages that the model was given; unset until they are known. */
  readonly passages: number | undefined;
  readonly model: string;
  readonly modelReason: string;
  readonly citations: readonly Citation[];
  readonly usage: Usage | undefined;
  readonly error: ErrorBody | undefined;
  readonly plan: readonly PlanStep[];
  /** Pieces that the model wrote and the milliseconds between them: what its speed is computed from. */
  readonly written: { readonly pieces: number; readonly ms: number; readonly lastAt: number };
  /** Blocks so far: what their ids are made of. */
  readonly made: number;
}

/** A session as its events left it. */
export interface SessionState {
  readonly lastSeq: number;
  readonly turns: readonly ChatTurn[];
}

export const emptySession: SessionState = { lastSeq: 0, turns: [] };

/** A pause between two pieces that is longer was no writing, in milliseconds. */
const longestGap = 2000;

/**
 * The session after some more events. Pure and total: an event that was seen is skipped, one that comes without its turn makes the turn, one of a kind
 * that this version does not know changes nothing.
 */
export function reduceSession(state: SessionState, events: readonly TurnEvent[]): SessionState {
  let { lastSeq } = state;
  const turns = [...state.turns];
  for (const event of events) {
    if (event.seq <= lastSeq) continue;
    lastSeq = event.seq;
    if (isKnownEvent(event)) take(turns, event);
  }
  return lastSeq === state.lastSeq ? state : { lastSeq, turns };
}

/** The session once nobody writes it any more: what has no end broke off. */
export function brokenOff(state: SessionState): SessionState {
  return { ...state, turns: state.turns.map((turn) => (turn.state === 'running' ? settle(turn, 'broken') : turn)) };
}

/** What of a turn waits for a person, in order. */
export function openAsks(turn: ChatTurn | undefined): readonly Ask[] {
  if (turn?.state !== 'running') return [];
  const asks = (blocks: readonly Block[]): readonly Ask[] =>
    blocks.flatMap((block) =>
      block.kind === 'ask' && !block.ask.answer ? [block.ask] : block.kind === 'agent' ? asks(block.blocks) : [],
    );
  return asks(turn.blocks);
}

/** Tokens per second as they are written; unset before there is something to measure. */
export function writingSpeed({ written, usage, blocks }: ChatTurn): number | undefined {
  if (written.ms <= 0 || written.pieces < 2) return undefined;
  const plain = usage !== undefined && usage.tokensWritten > 0 && !blocks.some(({ kind }) => kind === 'call');
  return ((plain ? usage.tokensWritten : written.pieces) * 1000) / written.ms;
}

/** Changes a list that nobody else has: a long session is copied once for all of its events. */
function take(turns: ChatTurn[], event: KnownTurnEvent): void {
  const last = turns.at(-1);
  const at =
    last?.turnId === event.turnId ? turns.length - 1 : turns.findIndex(({ turnId }) => turnId === event.turnId);
  if (event.type === 'rewind') {
    const first = turns.findIndex(({ turnId }) => turnId === event.toTurn);
    if (first >= 0) turns.length = first;
    return;
  }
  const known = turns[at];
  if (known) {
    turns[at] = turnAfter(known, event);
    return;
  }
  // What broke off does not come back once another turn has begun.
  if (last?.state === 'running') turns[turns.length - 1] = settle(last, 'broken');
  turns.push(turnAfter(newTurn(event), event));
}

function newTurn(event: KnownTurnEvent): ChatTurn {
  return {
    turnId: event.turnId,
    question: '',
    attachments: [],
    mode: undefined,
    agent: '',
    startedAt: event.time,
    state: 'running',
    endReason: undefined,
    blocks: [],
    progress: undefined,
    passages: undefined,
    model: '',
    modelReason: '',
    citations: [],
    usage: undefined,
    error: undefined,
    plan: [],
    written: { pieces: 0, ms: 0, lastAt: 0 },
    made: 0,
  };
}

function turnAfter(turn: ChatTurn, event: KnownTurnEvent): ChatTurn {
  switch (event.type) {
    case 'turn-start':
      return {
        ...turn,
        question: event.text,
        attachments: event.attachments ?? [],
        mode: event.mode,
        agent: event.agent,
        startedAt: event.time,
      };
    case 'context-ready':
      return { ...turn, passages: event.blocks.length, progress: undefined };
    case 'model-chosen':
      return { ...turn, model: event.model, modelReason: event.reason };
    case 'progress':
      return { ...turn, progress: { task: event.task, done: event.done, total: event.total, note: event.note ?? '' } };
    case 'plan-update':
      return { ...turn, plan: event.steps };
    case 'text-delta':
    case 'reasoning-delta':
      return written({ ...turn, progress: undefined }, event);
    case 'turn-end':
    case 'turn-error':
      return ended(turn, event);
    case 'rewind':
      return turn;
    default:
      return worked({ ...turn, progress: undefined }, event);
  }
}

function written(turn: ChatTurn, event: EventOf<'text-delta' | 'reasoning-delta'>): ChatTurn {
  const gap = event.time - turn.written.lastAt;
  const counts = turn.written.lastAt > 0 && gap >= 0 && gap < longestGap;
  const timed = {
    ...turn,
    written: {
      pieces: turn.written.pieces + 1,
      ms: turn.written.ms + (counts ? gap : 0),
      lastAt: event.time,
    },
  };
  if (event.type === 'reasoning-delta')
    return inner(timed, (blocks, id) => {
      const last = blocks.at(-1);
      if (last?.kind === 'thought' && last.endedAt === undefined)
        return blocks.with(-1, { ...last, text: last.text + event.text });
      return [...blocks, { kind: 'thought', id, text: event.text, startedAt: event.time, endedAt: undefined }];
    });
  return inner(timed, (blocks, id) => {
    const last = blocks.at(-1);
    if (last?.kind === 'text') return blocks.with(-1, { ...last, text: last.text + event.text });
    return [...thoughtEnded(blocks, event.time), { kind: 'text', id, text: event.text }];
  });
}

type WorkEvent = EventOf<
  | 'tool-call'
  | 'tool-result'
  | 'approval-request'
  | 'approval-answer'
  | 'user-message'
  | 'file-change'
  | 'check-result'
  | 'lesson'
  | 'agent-start'
  | 'agent-end'
  | 'compaction'
  | 'notice'
>;

function worked(turn: ChatTurn, event: WorkEvent): ChatTurn {
  if (event.type === 'tool-result') return { ...turn, blocks: callEnded(turn.blocks, event), written: paused(turn) };
  if (event.type === 'approval-answer') return { ...turn, blocks: answered(turn.blocks, event) };
  if (event.type === 'agent-end') return { ...turn, blocks: agentEnded(turn.blocks, event) };
  return inner({ ...turn, written: paused(turn) }, (before, id) => {
    const blocks = thoughtEnded(before, event.time);
    switch (event.type) {
      case 'tool-call': {
        const { id: callId, name, arguments: given } = event.call;
        const call = { callId, name, arguments: given, startedAt: event.time, endedAt: undefined };
        return [...blocks, { kind: 'call', id, ...call, state: 'running', output: '', inner: [] }];
      }
      case 'approval-request':
        return [...blocks, { kind: 'ask', id, ask: askOf(event) }];
      case 'user-message':
        return [...blocks, { kind: 'said', id, text: event.text, automatic: event.automatic === true }];
      case 'file-change':
        return within(blocks, { kind: 'change', id, change: changeOf(event) });
      case 'check-result':
        return within(blocks, { kind: 'check', id, name: event.name, ok: event.ok, output: event.output });
      case 'lesson':
        return within(blocks, { kind: 'lesson', id, text: event.text });
      case 'agent-start': {
        const { agentId, name, task } = event;
        return [...blocks, { kind: 'agent', id, agentId, name, task, state: 'running', text: '', blocks: [] }];
      }
      case 'compaction':
        return [...blocks, { kind: 'compaction', id, before: event.tokensBefore, after: event.tokensAfter }];
      case 'notice':
        return [...blocks, { kind: 'notice', id, level: event.level, text: event.message }];
    }
  });
}

/** The time until the model goes on is no writing. */
function paused({ written: { pieces, ms } }: ChatTurn): ChatTurn['written'] {
  return { pieces, ms, lastAt: 0 };
}

/** Changes the blocks where work goes on: those of the helper that runs, or of the turn itself. */
function inner(turn: ChatTurn, change: (blocks: readonly Block[], id: string) => readonly Block[]): ChatTurn {
  const id = `b${turn.made}`;
  const edit = (blocks: readonly Block[]): readonly Block[] => {
    const last = blocks.findLastIndex((block) => block.kind === 'agent' && block.state === 'running');
    const agent = blocks[last];
    return agent?.kind === 'agent' ? blocks.with(last, { ...agent, blocks: edit(agent.blocks) }) : change(blocks, id);
  };
  return { ...turn, blocks: edit(turn.blocks), made: turn.made + 1 };
}

/** What happens while a call runs belongs to it. */
function within(blocks: readonly Block[], block: CallBlock['inner'][number]): readonly Block[] {
  const at = blocks.findLastIndex((each) => each.kind === 'call' && each.state === 'running');
  const call = blocks[at];
  return call?.kind === 'call' ? blocks.with(at, { ...call, inner: [...call.inner, block] }) : [...blocks, block];
}

function thoughtEnded(blocks: readonly Block[], time: number): readonly Block[] {
  const last = blocks.at(-1);
  return last?.kind === 'thought' && last.endedAt === undefined ? blocks.with(-1, { ...last, endedAt: time }) : blocks;
}

function everywhere(blocks: readonly Block[], change: (block: Block) => Block): readonly Block[] {
  return blocks.map((block) =>
    change(block.kind === 'agent' ? { ...block, blocks: everywhere(block.blocks, change) } : block),
  );
}

function callEnded(blocks: readonly Block[], event: EventOf<'tool-result'>): readonly Block[] {
  return everywhere(blocks, (block) =>
    block.kind === 'call' && block.callId === event.callId && block.state === 'running'
      ? { ...block, state: event.ok ? 'ok' : 'failed', output: event.content, endedAt: event.time }
      : block,
  );
}

function answered(blocks: readonly Block[], event: EventOf<'approval-answer'>): readonly Block[] {
  const { decision, text, automatic, without } = event;
  const answer = {
    decision,
    ...(text !== undefined && { text }),
    ...(automatic !== undefined && { automatic }),
    ...(without !== undefined && { without }),
  };
  return everywhere(blocks, (block) =>
    block.kind === 'ask' && block.ask.requestId === event.requestId
      ? { ...block, ask: { ...block.ask, answer } }
      : block,
  );
}

function agentEnded(blocks: readonly Block[], event: EventOf<'agent-end'>): readonly Block[] {
  return everywhere(blocks, (block) =>
    block.kind === 'agent' && block.agentId === event.agentId
      ? { ...block, state: event.ok ? 'ok' : 'failed', text: event.text }
      : block,
  );
}

function askOf(event: EventOf<'approval-request'>): Ask {
  return {
    requestId: event.requestId,
    action: event.action,
    detail: event.detail,
    paths: event.paths ?? [],
    reason: event.reason ?? '',
    sandboxed: event.sandboxed,
    options: event.options ?? [],
    offers: event.offers ?? [],
    answer: undefined,
  };
}

function changeOf({ path, change, from, step, added = 0, removed = 0 }: EventOf<'file-change'>): FileChange {
  return { path, change, from, step, added, removed };
}

function ended(turn: ChatTurn, event: EventOf<'turn-end' | 'turn-error'>): ChatTurn {
  const done = settle(turn, event.type === 'turn-end' ? 'done' : 'failed', event.time);
  if (event.type === 'turn-error') return { ...done, error: event.error, usage: event.usage };
  const said = done.blocks.some(({ kind }) => kind === 'text');
  return {
    ...done,
    ...(!said && event.text !== '' && { blocks: [...done.blocks, { kind: 'text', id: 'end', text: event.text }] }),
    endReason: event.reason,
    citations: event.citations,
    usage: event.usage,
  };
}

function settle(turn: ChatTurn, state: 'done' | 'failed' | 'broken', time = turn.startedAt): ChatTurn {
  const blocks = everywhere(turn.blocks, (block) => {
    if (block.kind === 'call' && block.state === 'running') return { ...block, state: 'cut' };
    if (block.kind === 'thought' && block.endedAt === undefined)
      return { ...block, endedAt: Math.max(time, block.startedAt) };
    if (block.kind === 'agent' && block.state === 'running') return { ...block, state: 'failed' };
    return block;
  });
  return { ...turn, blocks, state, progress: undefined };
}
