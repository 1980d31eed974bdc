import type { Assistant, Attachment } from '@nootropic/contracts';
import { count } from './sizes.ts';

/** A turn of a persona about a change, or words that say why there is none. */
export type TurnOverChange =
  | { readonly said: string }
  | { readonly input: { readonly agent: string; readonly text: string; readonly attachments: readonly Attachment[] } };

/** The turn that writes the message of what is staged, or reviews what is not committed or a revision. Rejects as `git.diff` does. */
export async function turnOverChange(
  { assistant, workspace }: { readonly assistant: Assistant; readonly workspace: string },
  agent: 'commit' | 'review',
  asked: { readonly words: string; readonly characters: number },
): Promise<TurnOverChange> {
  const { words, characters } = asked;
  const of = agent === 'commit' ? 'staged' : words === '' ? 'uncommitted' : 'revision';
  const { text, files } = await assistant.git.diff({
    ...{ workspace, of, characters, everywhere: agent === 'commit' },
    ...(of === 'revision' && { revision: words }),
  });
  if (files.length === 0)
    return {
      said: of === 'staged' ? 'Nothing is staged. `git add` says what the commit is to hold.' : 'There is no change.',
    };
  const [only] = files;
  const subject = only && files.length === 1 ? only.path : count(files.length, 'file');
  const hint = agent === 'commit' && words !== '' ? `\nIts author says: ${words}` : '';
  const task = agent === 'commit' ? `Write the message of this commit.${hint}` : 'Review the attached change.';
  return {
    input: {
      agent,
      text: `${task}\n(${subject})`,
      attachments: [{ kind: 'text', name: 'changes.diff', text }],
    },
  };
}
