import type { Model, NootropicError } from '@nootropic/contracts';

/**
 * Stands for an embedding model that cannot be opened, so that files are still indexed and found by their words: every call rejects with what
 * kept it from opening. Its vectors would have one number, and there are none.
 */
export function createAbsentEmbedder(ref: string, why: NootropicError): Model {
  const reject = (): Promise<never> => Promise.reject(why);
  return {
    info: { ref, name: ref, can: [], contextLength: 0, dimensions: 1, local: true },
    async *generate() {
      throw why;
    },
    async *infill() {
      throw why;
    },
    embed: reject,
    rerank: reject,
    countTokens: reject,
    tokenize: reject,
    detokenize: reject,
    async [Symbol.asyncDispose]() {
      // Owns nothing.
    },
  };
}
