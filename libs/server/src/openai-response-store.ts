import { NootropicError, type Message, type OpenaiResponse } from '@nootropic/contracts';

/** A response that is kept, with what the next one goes on from. */
export interface KeptResponse {
  readonly response: OpenaiResponse;
  /** What it was asked with, as `input_items` gives it. */
  readonly items: readonly (Readonly<Record<string, unknown>> & { readonly id: string })[];
  /** The conversation up to its end, its answer included, without its instructions. */
  readonly messages: readonly Message[];
}

export interface ResponseStore {
  keep(client: string, kept: KeptResponse): void;
  /** Throws `NOT_FOUND` for one that is not kept, or is another client's. */
  get(client: string, id: string): KeptResponse;
  remove(client: string, id: string): void;
}

/** Responses of all clients together, and characters of all they hold. */
const mostResponses = 512;
const mostCharacters = 32_000_000;

/** Keeps the newest responses in memory; the oldest make room. What is kept is not over when the host ends: it is gone. */
export function createResponseStore(): ResponseStore {
  const kept = new Map<string, { readonly entry: KeptResponse; readonly size: number }>();
  let held = 0;

  function drop(key: string): boolean {
    const found = kept.get(key);
    if (found === undefined) return false;
    held -= found.size;
    return kept.delete(key);
  }

  const keyOf = (client: string, id: string): string => `${client}\n${id}`;
  const missing = (id: string): NootropicError =>
    new NootropicError('NOT_FOUND', `There is no response "${id}".`, {
      hint: 'Responses are kept in memory: the oldest make room for new ones, and none outlives the host. Send the whole conversation as `input`.',
    });

  return {
    keep(client, entry) {
      const size = JSON.stringify(entry).length;
      if (size > mostCharacters) return;
      kept.set(keyOf(client, entry.response.id), { entry, size });
      held += size;
      for (const key of kept.keys()) {
        if (kept.size <= mostResponses && held <= mostCharacters) break;
        drop(key);
      }
    },
    get(client, id) {
      const found = kept.get(keyOf(client, id));
      if (found === undefined) throw missing(id);
      return found.entry;
    },
    remove(client, id) {
      if (!drop(keyOf(client, id))) throw missing(id);
    },
  };
}
