import { NootropicError, type SearchIndex } from '@nootropic/contracts';

/**
 * The same index for whoever reads it: where it is found damaged, `mend` is waited for, and what was asked is asked once more. A program that may not
 * write cannot mend, and whoever may write does not look before it has something to do.
 */
export function mendedIndex(index: SearchIndex, mend: () => Promise<void>): SearchIndex {
  const isDamage = (error: unknown): boolean => NootropicError.is(error) && error.code === 'STORE_CORRUPT';
  async function twice<T>(ask: () => Promise<T>): Promise<T> {
    try {
      return await ask();
    } catch (error) {
      if (!isDamage(error)) throw error;
      await mend();
      return ask();
    }
  }
  return {
    files: () => twice(() => index.files()),
    withoutVectors: () => twice(() => index.withoutVectors()),
    missingVectors: (hashes) => index.missingVectors(hashes),
    apply: (batch) => index.apply(batch),
    query: (...asked) => twice(() => index.query(...asked)),
    symbols: (name) => twice(() => index.symbols(name)),
    references: (name) => twice(() => index.references(name)),
    async *facts(paths) {
      try {
        yield* index.facts(paths);
      } catch (error) {
        // What was given cannot be taken back: the next caller finds it mended.
        if (isDamage(error)) void mend();
        throw error;
      }
    },
    stats: (...asked) => twice(() => index.stats(...asked)),
    [Symbol.asyncDispose]: () => index[Symbol.asyncDispose](),
  };
}
