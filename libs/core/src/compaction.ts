import type { TurnEvent } from '@nootropic/contracts';
import {
  buildPrompt,
  groupByTurn,
  lastCut,
  promptLength,
  shortMessages,
  shownImages,
  turnMessages,
  type Cut,
  type PromptAgent,
} from './prompt.ts';

/** After a compaction the prompt takes this share of the room at most, so that it then grows for many turns before the next. */
const targetShare = 0.6;

export interface Compaction extends Cut {
  /** Characters of the prompt before and after. */
  readonly before: number;
  readonly after: number;
}

/**
 * What to leave out so that a prompt fits, or `undefined` where it fits as it is or nothing more can be left out.
 *
 * Every change of an old message makes a model read all that follows anew. So nothing is left out until it must be, and then in one large
 * step: the oldest turns are told as question and answer only, then dropped, the turn before the running one last of all. The running turn stays whole.
 *
 * @param room `characters` of the prompt at most, of which `reserve` are kept for passages and for what tools give.
 */
export function planCompaction(
  agent: PromptAgent,
  events: readonly TurnEvent[],
  room: { readonly characters: number; readonly reserve: number },
): Compaction | undefined {
  const { messages, tools } = buildPrompt(agent, events);
  const before = promptLength(messages) + toolsLength(tools);
  if (before + room.reserve <= room.characters) return undefined;
  const now = lastCut(events);
  const earlier = groupByTurn(events).slice(0, -1);
  const images = shownImages(agent, events);
  const full = earlier.map((turn) => promptLength(turnMessages(turn, { isLast: false, announced: [], images })));
  const short = earlier.map((turn, index) => Math.min(full[index] ?? 0, promptLength(shortMessages(turn))));
  const sizeOf = ({ shortened, dropped }: Cut) =>
    earlier.reduce(
      (sum, _, index) => sum + ((index < dropped ? 0 : index < shortened ? short[index] : full[index]) ?? 0),
      0,
    );
  const rest = before - sizeOf(now);
  let chosen: Compaction | undefined;
  for (const cut of cuts(now, earlier.length)) {
    chosen = { ...cut, before, after: rest + sizeOf(cut) };
    if (chosen.after + room.reserve <= room.characters * targetShare) break;
  }
  return chosen && chosen.after < before ? chosen : undefined;
}

/** Characters of the tools as a chat template writes them. */
export function toolsLength(tools: PromptAgent['tools']): number {
  return tools.length === 0 ? 0 : JSON.stringify(tools).length;
}

/** Every cut that leaves out more than this one, the mildest first. */
function* cuts(now: Cut, turns: number): Generator<Cut> {
  let { shortened, dropped } = now;
  const before = Math.max(0, turns - 1);
  for (const last of [before, turns]) {
    while (shortened < last) yield { shortened: (shortened += 1), dropped };
    while (dropped < last) yield { shortened, dropped: (dropped += 1) };
  }
}
