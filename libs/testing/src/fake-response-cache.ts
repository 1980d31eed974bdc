import type { ResponseCache } from '@nootropic/contracts';

export interface MemoryResponseCacheOptions {
  /** Two bytes for each character of keys and values. The least used go first. */
  readonly maxBytes: number;
}

/** A response cache in memory. It ends with the process; in everything else it is one. */
export function createMemoryResponseCache({ maxBytes }: MemoryResponseCacheOptions): ResponseCache {
  /** The one used last is the last one in the map. */
  const answers = new Map<string, string>();
  const sizeOf = (key: string, value: string): number => 2 * (key.length + value.length);
  const total = (): number => [...answers].reduce((sum, [key, value]) => sum + sizeOf(key, value), 0);
  const use = (key: string, value: string): void => {
    answers.delete(key);
    answers.set(key, value);
  };
  return {
    async read(key) {
      const value = answers.get(key);
      if (value !== undefined) use(key, value);
      return value;
    },
    async write(key, value) {
      if (sizeOf(key, value) > maxBytes / 8) {
        answers.delete(key);
        return;
      }
      use(key, value);
      for (const [oldest] of answers) {
        if (total() <= maxBytes) break;
        answers.delete(oldest);
      }
    },
    async clear() {
      answers.clear();
    },
    async [Symbol.asyncDispose]() {},
  };
}
