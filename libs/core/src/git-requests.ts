import { NootropicError, type Assistant, type Comparison, type FileDifference } from '@nootropic/contracts';
import { fitDiff } from './fit-diff.ts';
import type { WorkplacePorts } from './workplace.ts';

interface CallOptions {
  readonly signal?: AbortSignal | undefined;
}

/** Files that are looked at; a change of more is too large for one question, and the rest would only be named. */
const mostFiles = 2000;

/** What `git` of the contract asks: changes as a model may read them, without files that may hold secrets. */
export function createGitRequests({ workplace, isSecretPath }: Pick<WorkplacePorts, 'workplace' | 'isSecretPath'>): {
  readonly git: Pick<Assistant['git'], 'diff'>;
} {
  return {
    git: {
      diff: async (asked, options?: CallOptions) => {
        const { workspace, of, revision, paths, everywhere = false, characters = 60_000 } = asked;
        const { history, root } = await workplace(workspace);
        if (!history?.compare) throw new NootropicError('NOT_FOUND', `Nothing keeps versions of ${root}.`);
        const found: FileDifference[] = [];
        const compared = history.compare(comparisonOf(of, revision), {
          ...{ everywhere, maxCharacters: characters },
          ...(paths && { paths }),
          ...(options?.signal && { signal: options.signal }),
        });
        for await (const difference of compared) {
          found.push(difference);
          if (found.length >= mostFiles) break;
        }
        return fitDiff(found, { characters, isSecretPath });
      },
    },
  };
}

function comparisonOf(of: Comparison['of'], revision: string | undefined): Comparison {
  if (of !== 'revision') return { of };
  if (revision === undefined) throw new NootropicError('INPUT_INVALID', 'A comparison of revisions needs one.');
  return { of, revision };
}
