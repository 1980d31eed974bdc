import {
  isKnownEvent,
  type KnownTurnEvent,
  type PermissionRule,
  type TurnEvent,
  type Usage,
} from '@nootropic/contracts';
import type { CallItem, ChatItem, InnerItem, TurnChanges } from './chat-items.ts';
import { callTopic } from './call-topic.ts';
import { lastBlocks, takeBlocks, type OpenText, type TextBlock } from './text-blocks.ts';

type EventOf<T extends KnownTurnEvent['type']> = Extract<KnownTurnEvent, { type: T }>;

/** Work that waits for a person. */
export interface Ask {
  readonly sessionId: string;
  readonly requestId: string;
  readonly action: string;
  readonly detail: string;
  readonly paths: readonly string[];
  readonly reason: string;
  readonly sandboxed: boolean | undefined;
  readonly options: readonly string[];
  readonly offer: PermissionRule | undefined;
}

export interface RunningCall {
  readonly callId: string;
  readonly name: string;
  readonly about: string;
  readonly inner: readonly InnerItem[];
  /** It changed the plan. */
  readonly plans?: boolean;
}

export interface Turn {
  readonly turnId: string;
  readonly startedAt: number;
  /** What it does just now: `Reading 120 of 800`. */
  readonly activity: string;
  /** It is a command that a person typed, and no message to the agent. */
  readonly typed: boolean;
  readonly calls: readonly RunningCall[];
  readonly tools: number;
  readonly changes: TurnChanges;
  /** Pieces of text that came, and the milliseconds between them: what its speed is computed from. */
  readonly pieces: number;
  readonly writingMs: number;
  readonly lastPieceAt: number | undefined;
  /** Whether the model said how long its prompt is. */
  readonly reported: boolean;
}

/** A chat as the events of its turns have left it. Plain values: whoever shows it decides how. */
export interface ChatState {
  readonly sessionId: string | undefined;
  readonly items: readonly ChatItem[];
  readonly turn: Turn | undefined;
  readonly reasoning: string;
  readonly open: OpenText;
  readonly plan: readonly EventOf<'plan-update'>['steps'][number][];
  readonly asks: readonly Ask[];
  readonly model: string;
  /** Tokens of the newest prompt, once known. */
  readonly promptTokens: number | undefined;
  /** Share of prompt tokens of the newest turn that needed no reading again, 0 to 1. */
  readonly reused: number | undefined;
  readonly tokensPerSecond: number | undefined;
  /** What the newest call of a tool gave, for whoever wants to unfold it. */
  readonly lastCall: CallItem | undefined;
  readonly lastThought: string;
}

export const emptyChat: ChatState = {
  sessionId: undefined,
  items: [],
  turn: undefined,
  reasoning: '',
  open: { text: '' },
  plan: [],
  asks: [],
  model: '',
  promptTokens: undefined,
  reused: undefined,
  tokensPerSecond: undefined,
  lastCall: undefined,
  lastThought: '',
};

/** A pause between two pieces that is longer than this was no writing, in milliseconds. */
const longestGap = 2000;

/** Adds items that no event brought, such as the answer to a command of the chat. */
export function withItems(state: ChatState, items: readonly ChatItem[]): ChatState {
  return { ...state, items: [...state.items, ...items] };
}

/** A turn whose stream broke off before its end: what was written stays, and nobody works any more. */
export function brokenOff(before: ChatState, remark: string): ChatState {
  const state = settled(before);
  return { ...withItems(state, [{ kind: 'note', level: 'warning', text: remark }]), turn: undefined, asks: [] };
}

/**
 * What the chat is after an event. Pure and total: events in any order, doubled or left out, give a state and never throw;
 * a kind of event that this version does not know changes nothing.
 */
export function afterEvent(state: ChatState, event: TurnEvent): ChatState {
  if (!isKnownEvent(event)) return state;
  return apply({ ...state, sessionId: event.sessionId }, event);
}

function apply(state: ChatState, event: KnownTurnEvent): ChatState {
  switch (event.type) {
    case 'turn-start':
      return startTurn(state, event);
    case 'turn-end':
    case 'turn-error':
      return endTurn(state, event);
    case 'text-delta':
    case 'reasoning-delta':
      return write(state, event);
    case 'tool-call':
    case 'tool-result':
    case 'file-change':
    case 'check-result':
    case 'lesson':
      return useTool(settled(state), event);
    case 'approval-request':
      return { ...settled(state), asks: [...without(state.asks, event.requestId), askOf(event)] };
    case 'approval-answer':
      return answered(state, event);
    case 'model-chosen':
      return { ...doing(state, event.model === 'none' ? 'Searching' : 'Reading'), model: event.model };
    case 'progress':
      return atWork(state, event);
    case 'plan-update':
      return planned(settled(state), event);
    default:
      return told(settled(state), event);
  }
}

function startTurn(state: ChatState, event: EventOf<'turn-start'>): ChatState {
  const attached = (event.attachments ?? []).map((each) => (each.kind === 'file' ? each.path : each.name));
  return {
    ...withItems(settled(state), [{ kind: 'user', text: event.text, mode: event.mode, attached }]),
    turn: {
      turnId: event.turnId,
      startedAt: event.time,
      activity: 'Searching',
      typed: event.text.startsWith('!'),
      calls: [],
      tools: 0,
      changes: { turnId: event.turnId, files: [], checks: { passed: 0, failed: 0 } },
      pieces: 0,
      writingMs: 0,
      lastPieceAt: undefined,
      reported: false,
    },
  };
}

function endTurn(before: ChatState, event: EventOf<'turn-end' | 'turn-error'>): ChatState {
  const state = settled(before);
  const turn = state.turn;
  const cut = (turn?.calls ?? []).map((call): ChatItem => ({
    kind: 'call',
    name: call.name,
    about: call.about,
    inner: call.inner,
    content: '',
    state: 'cut',
  }));
  const items: ChatItem[] = [...cut];
  if (event.type === 'turn-error') items.push({ kind: 'error', ...event.error });
  else if (event.citations.length > 0 && state.model !== 'none')
    items.push({ kind: 'sources', citations: event.citations });
  items.push({
    kind: 'end',
    remark: event.type === 'turn-end' ? endRemarks[event.reason] : '',
    usage: event.usage,
    model: turn?.typed === true ? '' : state.model,
    changes: turn?.changes ?? { turnId: event.turnId, files: [], checks: { passed: 0, failed: 0 } },
  });
  return { ...withItems(state, items), ...speedOf(state, event.usage), turn: undefined, asks: [] };
}

const endRemarks = {
  done: '',
  length: 'The answer reached its longest length.',
  steps: 'All steps of a turn are used; say `go on` to go on.',
  stuck: 'It came no further and was stopped.',
  aborted: 'Interrupted.',
} as const;

function speedOf({ turn, promptTokens }: ChatState, usage: Usage): Partial<ChatState> {
  const prompt = usage.tokensRead + usage.tokensReused;
  const pieces = turn !== undefined && turn.tools === 0 ? usage.tokensWritten : (turn?.pieces ?? 0);
  return {
    ...(prompt > 0 && { reused: usage.tokensReused / prompt }),
    promptTokens: promptOf(turn, { reported: promptTokens, prompt, written: usage.tokensWritten }),
    ...(turn !== undefined && turn.writingMs > 0 && { tokensPerSecond: (pieces * 1000) / turn.writingMs }),
  };
}

/**
 * Tokens of the newest prompt. The usage of a turn counts the prompt of each of its steps, so with several steps it is what the model
 * reported while it read; where it reports nothing, the mean of the steps, which is a little less than the newest.
 */
function promptOf(
  turn: Turn | undefined,
  seen: { readonly reported: number | undefined; readonly prompt: number; readonly written: number },
): number | undefined {
  if (turn === undefined || seen.prompt === 0 || turn.reported) return seen.reported;
  return turn.tools === 0 ? seen.prompt + seen.written : Math.round(seen.prompt / (turn.tools + 1));
}

function write(state: ChatState, event: EventOf<'text-delta' | 'reasoning-delta'>): ChatState {
  const counted = { ...state, turn: countPiece(state.turn, event.time) };
  if (event.type === 'reasoning-delta') {
    const silent = state.open.text.trim() === '' && state.open.fence === undefined ? counted : settled(counted);
    return {
      ...silent,
      reasoning: silent.reasoning + event.text,
      turn: silent.turn && { ...silent.turn, activity: 'Thinking' },
    };
  }
  const spoken = state.reasoning === '' ? counted : settled(counted);
  const { blocks, open } = takeBlocks({ ...spoken.open, text: spoken.open.text + event.text });
  const shown = blocks.length === 0 ? spoken : withItems(spoken, blocks.map(itemOf));
  return { ...shown, open, turn: shown.turn && { ...shown.turn, activity: 'Writing' } };
}

function countPiece(turn: Turn | undefined, time: number): Turn | undefined {
  if (turn === undefined) return undefined;
  const gap = turn.lastPieceAt === undefined ? 0 : time - turn.lastPieceAt;
  const writing = gap > 0 && gap < longestGap;
  return { ...turn, pieces: turn.pieces + 1, writingMs: turn.writingMs + (writing ? gap : 0), lastPieceAt: time };
}

function itemOf(block: TextBlock): ChatItem {
  return block.kind === 'code' ? block : { kind: 'text', text: block.text };
}

/** Nothing is being written any more: what was becomes part of the transcript. */
function settled(state: ChatState): ChatState {
  if (state.reasoning === '' && state.open.text === '' && state.open.fence === undefined) return state;
  const thought: ChatItem[] = state.reasoning.trim() === '' ? [] : [{ kind: 'thought', text: state.reasoning }];
  return {
    ...withItems(state, [...thought, ...lastBlocks(state.open).map(itemOf)]),
    reasoning: '',
    open: { text: '' },
    lastThought: thought.length === 0 ? state.lastThought : state.reasoning,
    turn: state.turn && { ...state.turn, lastPieceAt: undefined },
  };
}

function useTool(
  state: ChatState,
  event: EventOf<'tool-call' | 'tool-result' | 'file-change' | 'check-result' | 'lesson'>,
): ChatState {
  if (event.type === 'tool-call') {
    const call = { callId: event.call.id, name: event.call.name, about: callTopic(event.call), inner: [] };
    return withTurn(state, (turn) => ({
      ...turn,
      tools: turn.tools + 1,
      activity: `Working: ${call.name}`,
      calls: [...turn.calls, call],
    }));
  }
  if (event.type === 'tool-result') return finishCall(state, event);
  const inner = innerOf(event);
  return withInner(
    withTurn(state, (turn) => ({ ...turn, changes: counting(turn.changes, inner) })),
    inner,
  );
}

/** A plan is told when it is made. The call that made it, or checked a step off, is not told beside it. */
function planned(state: ChatState, { steps }: EventOf<'plan-update'>): ChatState {
  const texts = steps.map(({ text }) => text);
  const known = texts.length === state.plan.length && texts.every((text, at) => text === state.plan[at]?.text);
  const told = known || texts.length === 0 ? state : withItems(state, [{ kind: 'plan', steps: texts }]);
  const running = told.turn?.calls.at(-1);
  const calls = (turn: Turn): readonly RunningCall[] =>
    turn.calls.map((call) => (call === running ? { ...call, plans: true } : call));
  return { ...withTurn(told, (turn) => ({ ...turn, calls: calls(turn) })), plan: steps };
}

/** Adds what happens while a call runs to that call; without one it stands for itself. */
export function withInner(counted: ChatState, inner: InnerItem): ChatState {
  const running = counted.turn?.calls.at(-1);
  if (running === undefined) return withItems(counted, [inner]);
  return withTurn(counted, (turn) => ({
    ...turn,
    calls: turn.calls.map((call) => (call === running ? { ...call, inner: [...call.inner, inner] } : call)),
  }));
}

function finishCall(state: ChatState, event: EventOf<'tool-result'>): ChatState {
  const call = state.turn?.calls.find(({ callId }) => callId === event.callId);
  const item: CallItem = {
    kind: 'call',
    name: event.name,
    about: call?.about ?? '',
    state: event.ok ? 'ok' : 'failed',
    content: event.content,
    inner: call?.inner ?? [],
    ...(state.turn?.typed === true && { typed: true }),
  };
  const ended = withTurn(state, (turn) => ({
    ...turn,
    activity: 'Reading',
    calls: turn.calls.filter((each) => each !== call),
  }));
  if (call?.plans === true && event.ok && call.inner.length === 0) return ended;
  return { ...withItems(ended, [item]), lastCall: item };
}

function innerOf(event: EventOf<'file-change' | 'check-result' | 'lesson'>): InnerItem {
  if (event.type === 'lesson') return { kind: 'lesson', text: event.text };
  if (event.type === 'check-result') return { kind: 'check', name: event.name, ok: event.ok, output: event.output };
  const { path, change, from, added = 0, removed = 0 } = event;
  return { kind: 'change', path, change, from, added, removed };
}

/** The sum of what a turn did; several changes of one file are one. */
export function counting(changes: TurnChanges, inner: InnerItem): TurnChanges {
  if (inner.kind === 'check') {
    const { passed, failed } = changes.checks;
    return { ...changes, checks: inner.ok ? { passed: passed + 1, failed } : { passed, failed: failed + 1 } };
  }
  if (inner.kind !== 'change') return changes;
  const before = changes.files.find(({ path }) => path === inner.path);
  const now = {
    path: inner.path,
    added: inner.added + (before?.added ?? 0),
    removed: inner.removed + (before?.removed ?? 0),
  };
  return {
    ...changes,
    files: before === undefined ? [...changes.files, now] : changes.files.map((file) => (file === before ? now : file)),
  };
}

function withTurn(state: ChatState, change: (turn: Turn) => Turn): ChatState {
  return state.turn === undefined ? state : { ...state, turn: change(state.turn) };
}

function doing(state: ChatState, activity: string): ChatState {
  return withTurn(state, (turn) => ({ ...turn, activity }));
}

const taskNames: Readonly<Record<string, string>> = {
  scan: 'Looking for changes',
  index: 'Indexing',
  read: 'Reading',
  queue: 'Waiting',
};

function atWork(state: ChatState, event: EventOf<'progress'>): ChatState {
  const name = event.note ?? taskNames[event.task] ?? event.task;
  const share = event.total > 0 && event.done < event.total ? ` ${event.done} of ${event.total}` : '';
  const busy = doing(state, `${name}${share}`);
  if (event.task !== 'read' || event.total === 0) return busy;
  return { ...withTurn(busy, (turn) => ({ ...turn, reported: true })), promptTokens: event.total };
}

function askOf(event: EventOf<'approval-request'>): Ask {
  return {
    sessionId: event.sessionId,
    requestId: event.requestId,
    action: event.action,
    detail: event.detail,
    paths: event.paths ?? [],
    reason: event.reason ?? '',
    sandboxed: event.sandboxed,
    options: event.options ?? [],
    offer: event.offers?.[0],
  };
}

function without(asks: readonly Ask[], requestId: string): readonly Ask[] {
  return asks.filter((ask) => ask.requestId !== requestId);
}

const decisions = { allow: 'allowed', always: 'always allowed', deny: 'denied' } as const;

function answered(before: ChatState, event: EventOf<'approval-answer'>): ChatState {
  const state = settled(before);
  const ask = state.asks.find(({ requestId }) => requestId === event.requestId);
  const asks = without(state.asks, event.requestId);
  const reason =
    event.text === undefined || event.text === ''
      ? event.automatic === true
        ? 'nobody was there to ask'
        : ''
      : event.text;
  const why = reason === '' ? '' : `: ${reason}`;
  const answer =
    ask?.action === 'question' ? (event.text ?? decisions[event.decision]) : `${decisions[event.decision]}${why}`;
  const question = ask === undefined ? '' : ask.action === 'question' ? ask.detail : askTitle(ask);
  return { ...withInner(state, { kind: 'asked', question, answer }), asks };
}

/** What is asked for, on one line. */
export function askTitle({ action, paths, detail }: Ask): string {
  if (action === 'run') return `run ${detail.split('\n')[0] ?? ''}`;
  return paths.length > 0 ? `${action} ${paths.join(', ')}` : action;
}

/** Events that only tell something. */
function told(
  state: ChatState,
  event: EventOf<'user-message' | 'agent-start' | 'agent-end' | 'rewind' | 'compaction' | 'notice' | 'context-ready'>,
): ChatState {
  switch (event.type) {
    case 'user-message':
      return withItems(state, [
        event.automatic === true
          ? { kind: 'note', level: 'info', text: event.text }
          : { kind: 'said', text: event.text },
      ]);
    case 'agent-start':
      return withItems(state, [{ kind: 'agent', name: event.name, text: event.task, state: 'started' }]);
    case 'agent-end':
      return withItems(state, [{ kind: 'agent', name: '', text: event.text, state: event.ok ? 'done' : 'failed' }]);
    case 'rewind':
      return withItems({ ...state, plan: [] }, [
        {
          kind: 'note',
          level: 'info',
          text: `The conversation goes on from before turn ${event.toTurn}${event.code ? ', the code too' : ''}.`,
        },
      ]);
    case 'compaction':
      return withItems(state, [
        {
          kind: 'note',
          level: 'info',
          text: `The conversation was shortened from ${event.tokensBefore} to ${event.tokensAfter} tokens.`,
        },
      ]);
    case 'notice':
      return withItems(state, [{ kind: 'note', level: event.level, text: event.message }]);
    case 'context-ready':
      return state;
  }
}
