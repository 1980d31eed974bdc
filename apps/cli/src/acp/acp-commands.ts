import type { AvailableCommand } from '@agentclientprotocol/sdk';
import { NootropicError, type Assistant, type Attachment } from '@nootropic/contracts';
import { count } from '../sizes.ts';
import { turnOverChange } from '../turn-over-change.ts';

/** Commands that every session has. */
export const ownCommands: readonly AvailableCommand[] = [
  {
    name: 'review',
    description: 'Look for faults in what is not committed yet, or in a revision',
    input: { hint: '[revision]' },
  },
  { name: 'commit', description: 'Write a commit message for what is staged', input: { hint: '[hint]' } },
  { name: 'explain', description: 'Explain code', input: { hint: 'a path or a symbol' } },
  { name: 'test', description: 'Write tests, and run them', input: { hint: 'a path or a symbol' } },
  { name: 'undo', description: 'Take the newest change of the agent back' },
  { name: 'diff', description: 'Show what agents changed last' },
];

export interface CommandPlace {
  readonly assistant: Assistant;
  readonly workspace: string;
  readonly diffRoom: () => Promise<number>;
}

/** What a command comes to: words to show, or a turn of a persona. */
export interface CommandOutcome {
  readonly said?: string;
  readonly input?: { readonly agent: string; readonly text: string; readonly attachments: readonly Attachment[] };
}

/** Runs a line that names one of our own commands; undefined for every other line, which goes to the assistant as it is. */
export async function runOwnCommand(place: CommandPlace, line: string): Promise<CommandOutcome | undefined> {
  const [, name = '', rest = ''] = /^\/([a-z]+)(?:\s+([\s\S]*))?$/u.exec(line) ?? [];
  const words = rest.trim();
  switch (ownCommands.some((command) => command.name === name) ? name : '') {
    case 'review':
    case 'commit':
      try {
        return await turnOverChange(place, name as 'review' | 'commit', { words, characters: await place.diffRoom() });
      } catch (cause) {
        return { said: told(cause) };
      }
    case 'explain':
      return {
        input: {
          agent: 'explain',
          text: words === '' ? 'Explain this project.' : `Explain ${words}.`,
          attachments: [],
        },
      };
    case 'test':
      return {
        input: {
          agent: 'test',
          text:
            words === ''
              ? 'Write tests for what was changed last, and run them.'
              : `Write tests for ${words}, and run them.`,
          attachments: [],
        },
      };
    case 'undo':
      return { said: await undo(place) };
    case 'diff':
      return { said: await diff(place) };
    default:
      return undefined;
  }
}

async function undo({ assistant, workspace }: CommandPlace): Promise<string> {
  try {
    const { steps, restored, conflicts } = await assistant.changes.undo({ workspace });
    if (steps.length === 0) return 'There is nothing to undo.';
    const left = conflicts.map(({ path, reason }) => `\n- left alone: ${path} (${reason})`).join('');
    return `Undone: ${steps.map(({ label }) => label).join(', ')} (${count(restored.length, 'file')}).${left}`;
  } catch (cause) {
    return told(cause);
  }
}

async function diff({ assistant, workspace }: CommandPlace): Promise<string> {
  try {
    const { diff: shown } = await assistant.changes.diff({ workspace });
    return shown === '' ? 'Agents changed nothing here.' : `\`\`\`diff\n${shown.replaceAll('```', '` ` `')}\n\`\`\``;
  } catch (cause) {
    return told(cause);
  }
}

function told(cause: unknown): string {
  const { message, hint } = NootropicError.from(cause);
  return `${message} ${hint}`.trim();
}
