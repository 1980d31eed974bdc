import type { Message } from '@nootropic/contracts';
import { stepMessages } from './step-messages.ts';
import type { TurnStep } from './turn-step.ts';

/** Share of the room that must be free before the model is asked again. */
const freeShare = 0.25;
/** Share of the room that what is kept may take, so that many steps fit before the next compaction. */
const targetShare = 0.5;
const keeps = [2, 1, 0];
const lineCounts = [60, 25, 8, 0];

/** Characters of messages, with what a chat template puts around each. */
export function messagesLength(messages: readonly Message[]): number {
  const around = 40;
  return messages.reduce((sum, message) => {
    const calls = message.role === 'assistant' && message.toolCalls ? JSON.stringify(message.toolCalls).length : 0;
    return sum + message.content.length + calls + around;
  }, 0);
}

export interface TurnCompaction {
  readonly keep: number;
  readonly lines: number;
  /** Characters of the turn's messages before and after. */
  readonly before: number;
  readonly after: number;
}

/**
 * What to tell in short within a running turn so that the next steps fit, or `undefined` where all fits or nothing would be gained. The question with
 * its passages and all earlier turns stay as they are, and so does what the model has read of them.
 */
export function planTurnCompaction(steps: readonly TurnStep[], characters: number): TurnCompaction | undefined {
  const before = messagesLength(stepMessages(steps));
  if (before <= characters * (1 - freeShare)) return undefined;
  let best: TurnCompaction | undefined;
  for (const keep of keeps)
    for (const lines of lineCounts) {
      const event: TurnStep = { type: 'compaction', tokensBefore: 0, tokensAfter: 0, keep, lines };
      const after = messagesLength(stepMessages([...steps, event]));
      if (best === undefined || after < best.after) best = { keep, lines, before, after };
      if (after <= characters * targetShare) return best;
    }
  return best && best.after < before * 0.9 ? best : undefined;
}
