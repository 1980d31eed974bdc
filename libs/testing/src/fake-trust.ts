import type { Trust, TrustState } from '@nootropic/contracts';

export interface MemoryTrustOptions {
  /** Absolute paths of folders that hold a `.git` of their own: what is above them lends them no trust. Default none. */
  readonly repositories?: readonly string[];
}

const none: TrustState = { trusted: false, unattended: false };

/** `Trust` in memory, over paths that are taken as they are written. */
export function createMemoryTrust({ repositories = [] }: MemoryTrustOptions = {}): Trust {
  const kept = new Map<string, TrustState>();

  /** The folder itself, then those above it, up to the repository that it belongs to. */
  function* lenders(root: string): Generator<string> {
    let folder = root;
    for (;;) {
      yield folder;
      if (repositories.includes(folder) || folder === '/') return;
      folder = folder.slice(0, folder.lastIndexOf('/')) || '/';
    }
  }

  const stateOf = (root: string): TrustState => {
    for (const folder of lenders(root)) {
      const state = kept.get(folder);
      if (state !== undefined) return state;
    }
    return none;
  };

  return {
    state: async (root) => stateOf(root),
    async set(root, { trusted, unattended }) {
      const before = stateOf(root);
      const isTrusted = trusted ?? (unattended === true ? true : before.trusted);
      const state = { trusted: isTrusted, unattended: isTrusted && (unattended ?? before.unattended) };
      kept.set(root, state);
      return state;
    },
    list: async () => [...kept].map(([root, state]) => ({ root, state })),
  };
}
