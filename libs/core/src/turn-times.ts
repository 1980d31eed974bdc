import { isKnownEvent, type KnownTurnEvent, type TurnAccount, type TurnEvent } from '@nootropic/contracts';
import { estimateTokens } from './room.ts';

type What = TurnAccount['times'][number]['what'];

/** In the order in which a turn comes to them. */
const order = ['index', 'context', 'model', 'read', 'think', 'write', 'tools', 'checks', 'person', 'other'] as const;

/** So many tokens are read in the time in which one is written: what a model on a processor does, which weighs the parts of a step that nothing divides. */
const readPerWritten = 10;

/** Of an agent within the turn these count as they do outside of it. */
const outerKinds: ReadonlySet<string> = new Set(['approval-request', 'approval-answer', 'check-result']);

/**
 * What the time of a turn was spent on, made of the times of its events: what lies between two of them was spent on what the second one ends. Where
 * nothing in the log divides such a time - a model that reads and then calls a tool without a word - it is shared by the tokens of both parts.
 * The parts together are `totalMs` of the turn's usage; of a turn that runs, the time until its last event.
 */
export function turnTimes(events: readonly TurnEvent[]): TurnAccount['times'] {
  const spent = new Map<What, number>();
  const add = (what: What, ms: number) => void spent.set(what, (spent.get(what) ?? 0) + Math.max(0, ms));
  const watch = createWatch(events, add);
  let before = events[0]?.time ?? 0;
  let sum = 0;
  for (const event of events) {
    const ms = Math.max(0, event.time - before);
    before = Math.max(before, event.time);
    sum += ms;
    watch(event, ms);
  }
  const usage = usageOf(events);
  return settled(spent, usage === undefined ? sum : usage.totalMs);
}

export function usageOf(events: readonly TurnEvent[]) {
  const end = events.filter(isKnownEvent).findLast((event) => event.type === 'turn-end' || event.type === 'turn-error');
  return end?.usage;
}

/** Takes each event with the time since the one before it. */
function createWatch(events: readonly TurnEvent[], add: (what: What, ms: number) => void) {
  const opens = events.some((event) => isKnownEvent(event) && event.type === 'model-chosen' && event.model !== 'none');
  /** What goes on now: `prepare` is index, search and model together. */
  let phase: 'prepare' | 'read' | 'think' | 'write' = 'prepare';
  let prepared = 0;
  let indexed = 0;
  let isFound = false;
  /** Tokens that the next step reads: what the tools gave. */
  let toRead = 0;
  const open = new Set<string>();
  const asked = new Set<string>();
  /** Agents that work for this one: all they do is the work of a tool. */
  let depth = 0;

  const closePrepared = (known: { readonly indexMs: number; readonly tookMs: number } | undefined) => {
    const index = isFound ? 0 : Math.min(prepared, known?.indexMs ?? indexed);
    const context = isFound ? 0 : Math.min(prepared - index, known?.tookMs ?? 0);
    add('index', index);
    add('context', context);
    add(opens && known ? 'model' : 'other', prepared - index - context);
    isFound ||= known !== undefined;
    prepared = 0;
  };
  const passing = (ms: number) => {
    if (asked.size > 0) add('person', ms);
    else if (open.size > 0) add('tools', ms);
    else if (phase === 'prepare') prepared += ms;
    else add(phase, ms);
  };
  /** A call of which no word came before: first what is new was read, then the call was written. */
  const called = (ms: number, tokens: number) => {
    if (phase === 'prepare' || asked.size > 0) return passing(ms);
    const written = tokens * readPerWritten;
    const share = phase === 'read' && open.size === 0 ? written / Math.max(1, written + toRead) : 1;
    add('write', ms * share);
    add('read', ms - ms * share);
    phase = 'write';
  };

  return (event: TurnEvent, ms: number): void => {
    if (!isKnownEvent(event)) return passing(ms);
    if (event.type === 'agent-end') depth = Math.max(0, depth - 1);
    if (depth > 0 && !outerKinds.has(event.type)) passing(ms);
    else step(event, ms);
    if (event.type === 'agent-start') depth += 1;
  };

  function step(event: KnownTurnEvent, ms: number): void {
    switch (event.type) {
      case 'progress':
        passing(ms);
        if (phase === 'prepare') indexed = prepared;
        break;
      case 'context-ready':
        prepared += ms;
        toRead = event.tokens;
        closePrepared({ indexMs: event.indexMs ?? indexed, tookMs: event.tookMs });
        break;
      case 'model-chosen':
        passing(ms);
        closePrepared(undefined);
        phase = opens ? 'read' : 'write';
        break;
      case 'reasoning-delta':
        passing(ms);
        if (phase !== 'prepare') phase = 'think';
        break;
      case 'text-delta':
        // The first piece ends the reading; from then on it is writing, also after thought.
        if (phase === 'think') phase = 'write';
        passing(ms);
        if (phase !== 'prepare') phase = 'write';
        break;
      case 'tool-call':
        called(ms, estimateTokens(JSON.stringify(event.call)));
        open.add(event.call.id);
        break;
      case 'tool-result':
        passing(ms);
        open.delete(event.callId);
        toRead = (phase === 'read' ? toRead : 0) + estimateTokens(event.content);
        if (phase !== 'prepare') phase = 'read';
        break;
      case 'approval-request':
        passing(ms);
        asked.add(event.requestId);
        break;
      case 'approval-answer':
        passing(ms);
        asked.delete(event.requestId);
        break;
      case 'check-result':
        add('checks', ms);
        break;
      case 'turn-end':
      case 'turn-error':
        if (phase === 'prepare') {
          prepared += ms;
          closePrepared(undefined);
        } else passing(ms);
        break;
      default:
        passing(ms);
    }
  }
}

/** The parts in their order, so that they are `total` together: a turn begins before its first event, and clocks are not exact. */
function settled(spent: Map<What, number>, total: number): TurnAccount['times'] {
  const sum = [...spent.values()].reduce((all, ms) => all + ms, 0);
  if (sum < total) spent.set('other', (spent.get('other') ?? 0) + total - sum);
  const scale = sum > total ? total / sum : 1;
  return order.flatMap((what) => {
    const ms = (spent.get(what) ?? 0) * scale;
    return ms > 0 ? [{ what, ms }] : [];
  });
}
