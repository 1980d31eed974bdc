import { NootropicError, type Assistant, type JournalSelection } from '@nootropic/contracts';
import type { Command } from 'commander';
import type { Cli } from './cli.ts';

export interface SelectionOptions {
  readonly turn?: string;
  readonly session?: string;
}

/** Adds the ways to say which steps of the history are meant. */
export function withSelection(command: Command, verb: string): Command {
  return command
    .argument('[step]', 'the number that `history` shows; without it, the newest')
    .option('-t, --turn <id>', `${verb} all steps of this turn`)
    .option('-s, --session <id>', `${verb} all steps of this session: an id, a unique start of one, or \`latest\``);
}

/** What the command line selects. Rejects with `USAGE` where it says more than one thing, `SESSION_NOT_FOUND` for an unknown session. */
export async function selectionOf(
  cli: Cli,
  assistant: Assistant,
  asked: SelectionOptions & { readonly step: string | undefined },
): Promise<JournalSelection> {
  const { step, turn, session } = asked;
  if ([step, turn, session].filter((each) => each !== undefined).length > 1)
    throw new NootropicError('USAGE', 'Name one step, one turn or one session.');
  if (step !== undefined) {
    const number = Number(step);
    if (!/^\d+$/u.test(step) || !Number.isSafeInteger(number) || number < 1)
      throw new NootropicError('USAGE', `A step is a number, not \`${step}\`.`, {
        hint: 'Run `nootropic history` for the steps that there are.',
      });
    return { step: number };
  }
  if (turn !== undefined) return { turnId: turn };
  if (session === undefined) return {};
  const shown = await assistant.sessions.show({ id: session }, { signal: cli.signal });
  return { sessionId: shown.session.id };
}
