import { groupSteps, outside } from '@nootropic/agents';
import {
  isKnownEvent,
  NootropicError,
  type Assistant,
  type Citation,
  type KnownTurnEvent,
  type Model,
  type SessionLog,
  type TurnAccount,
  type TurnEvent,
} from '@nootropic/contracts';
import type { Residency } from '@nootropic/scheduler';
import { sessionPrompt, type Agents } from './agents.ts';
import type { Models } from './models.ts';
import { promptParts } from './prompt.ts';
import { estimateTokens } from './room.ts';
import { turnIn } from './session-turns.ts';
import { createTokenCounter } from './token-counter.ts';
import { turnTimes, usageOf } from './turn-times.ts';

export interface TurnAccountPorts {
  readonly sessions: SessionLog;
  readonly agents: Agents;
  readonly models: Models;
  readonly residency: Pick<Residency<Model>, 'view'>;
  readonly now: () => number;
}

interface CallOptions {
  readonly signal?: AbortSignal | undefined;
}

/** Characters of a section that are shown. */
const shownCharacters = 2000;

/** Why an answer is as it is, from the session's log: asked for at any later time it says the same. Only who counts the tokens may differ. */
export function createTurnAccount(ports: TurnAccountPorts): Assistant['sessions']['why'] {
  return async ({ id, turnId }, options?: CallOptions) => {
    const session = await ports.sessions.find(id);
    const events = await ports.sessions.read(session.id);
    const turn = turnIn(events, turnId, session.id);
    const chosen = turn.findLast(isOf('model-chosen'));
    const { counted, count } = await counterOf(ports, { model: chosen?.model, workspace: session.workspace }, options);
    const sections: TurnAccount['sections'] = [];
    // Without a model there was no prompt.
    const parts = chosen && chosen.model !== 'none' ? await firstPrompt(ports, { events, turn, chosen }) : [];
    for (const { name, text } of parts)
      sections.push({ name, tokens: await count(text), text: text.slice(0, shownCharacters) });
    const passages: TurnAccount['passages'] = [];
    const cited = turn.findLast(isOf('turn-end'))?.citations ?? [];
    for (const { citation, score, text, role = 'passage' } of turn.findLast(isOf('context-ready'))?.blocks ?? [])
      passages.push({ citation, score, tokens: await count(text), role, cited: cited.some(meets(citation)) });
    const usage = usageOf(turn);
    return {
      model: chosen?.model ?? '',
      reason: chosen?.reason ?? '',
      sections,
      counted,
      passages,
      ...(usage && { usage }),
      times: turnTimes(turn),
      steps: stepsIn(turn),
      compactions: turn.filter(isOf('compaction')).length,
    };
  };
}

/** The parts of what the model read first, as the session was then. */
async function firstPrompt(
  { agents, models }: TurnAccountPorts,
  of: {
    readonly events: readonly TurnEvent[];
    readonly turn: readonly TurnEvent[];
    readonly chosen: { model: string };
  },
) {
  const { events, turn, chosen } = of;
  const said = turn.find(({ type }) => spokenTypes.has(type));
  const last = (said ? turn.findLast(({ seq }) => seq < said.seq) : turn.at(-1))?.seq ?? 0;
  const mine = turn[0]?.turnId;
  // A turn that ran beside this one was no part of its prompt where it began later.
  const then = events.filter(({ seq, turnId }) => (turnId === mine ? seq <= last : seq < (turn[0]?.seq ?? 0)));
  const prompt = sessionPrompt(agents, then);
  const isTask = turn.some((event) => isOf('turn-start')(event) && event.mode !== undefined);
  const known = (await models.list()).models.find(({ ref }) => ref === chosen.model);
  const canCall = isTask || turn.some(isOf('tool-call')) || known === undefined || known.can.includes('tools');
  const sees = known?.can.includes('see') === true;
  return promptParts({ system: prompt.system, tools: canCall ? prompt.tools : [], sees }, then);
}

const spokenTypes: ReadonlySet<string> = new Set(['text-delta', 'reasoning-delta', 'tool-call', 'user-message']);

/** The tokenizer of the model where that is in memory: it is not loaded for this. */
async function counterOf(
  { models, residency, now }: TurnAccountPorts,
  of: { readonly model: string | undefined; readonly workspace: string },
  options?: CallOptions,
): Promise<{ counted: string; count: (text: string) => number | Promise<number> }> {
  const { model: ref, workspace } = of;
  const estimate = { counted: 'estimate', count: estimateTokens };
  if (ref === undefined || !residency.view().some(({ what, state }) => what === ref && state !== 'loading'))
    return estimate;
  try {
    const { model } = await models.open(ref, { role: 'chat', workspace }, options?.signal);
    return { counted: ref, count: createTokenCounter(model, now) };
  } catch (cause) {
    if (NootropicError.from(cause).code === 'ABORTED') throw cause;
    return estimate;
  }
}

/** Answers of the model, with those that call tools. */
function stepsIn(turn: readonly TurnEvent[]): number {
  const said = [...outside(turn)].filter(({ type }) => modelTypes.has(type));
  return groupSteps(said).filter((step) => step.some(({ type }) => type === 'text-delta' || type === 'tool-call'))
    .length;
}

const modelTypes: ReadonlySet<string> = new Set(['text-delta', 'tool-call', 'tool-result', 'user-message']);

function meets(passage: Citation) {
  return ({ path, startLine, endLine }: Citation): boolean =>
    path === passage.path && startLine <= passage.endLine && endLine >= passage.startLine;
}

function isOf<T extends KnownTurnEvent['type']>(type: T) {
  return (event: TurnEvent): event is Extract<KnownTurnEvent, { type: T }> =>
    isKnownEvent(event) && event.type === type;
}
