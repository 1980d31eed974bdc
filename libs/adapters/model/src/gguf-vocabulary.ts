/** What of the header the vocabulary's check reads: metadata by full key. */
type Metadata = Readonly<Record<string, unknown>>;

/**
 * What is wrong with the vocabulary, in words, or `undefined`. llama.cpp ends its process, instead of reporting, for
 * some of this: two tokens of the same text, and bytes that no token stands for.
 */
export function vocabularyFault(metadata: Metadata): string | undefined {
  const kind = metadata['tokenizer.ggml.model'];
  if (kind === undefined || kind === 'no_vocab' || kind === 'none') return undefined;
  if (typeof kind !== 'string') return 'the kind of its tokenizer is not text';
  const tokens = metadata['tokenizer.ggml.tokens'];
  if (!Array.isArray(tokens) || tokens.length === 0) return 'it has a tokenizer but no tokens';
  const texts = tokens as unknown[];
  if (!texts.every((token) => typeof token === 'string')) return 'some of its tokens are not text';
  for (const list of ['scores', 'token_type']) {
    const values = metadata[`tokenizer.ggml.${list}`];
    if (values === undefined) continue;
    if (!Array.isArray(values) || !values.every((value) => typeof value === 'number'))
      return `its list of ${list} is not a list of numbers`;
    if (values.length !== texts.length) return `it has ${texts.length} tokens but ${values.length} entries of ${list}`;
  }
  const distinct = new Set(texts);
  // llama.cpp gives empty tokens names of their own.
  const empty = texts.filter((token) => token === '').length;
  if (distinct.size !== texts.length - Math.max(0, empty - 1)) return 'two of its tokens have the same text';
  return specialFault(metadata, texts.length) ?? byteFault(kind, distinct, metadata['tokenizer.ggml.merges']);
}

function specialFault(metadata: Metadata, count: number): string | undefined {
  for (const [key, value] of Object.entries(metadata)) {
    if (!/^tokenizer\.ggml\..*_token_id$/.test(key)) continue;
    // The highest 32-bit number and -1 both say "none".
    if (typeof value !== 'number' || !Number.isInteger(value)) return `${key} is not a whole number`;
    if (value >= count && value !== 0xffffffff) return `${key} is ${value}, but there are only ${count} tokens`;
  }
  return undefined;
}

function byteFault(kind: string, tokens: ReadonlySet<unknown>, merges: unknown): string | undefined {
  if (kind === 'gpt2') {
    if (!Array.isArray(merges) || !merges.every((merge) => typeof merge === 'string'))
      return 'its tokenizer has no list of merges';
    for (let byte = 0x21; byte <= 0x7e; byte += 1) {
      if (!tokens.has(String.fromCharCode(byte)))
        return `no token stands for the byte ${byte} (${String.fromCharCode(byte)})`;
    }
    // GPT-2's alphabet writes a space and a line end with these letters.
    if (!tokens.has('Ġ')) return 'no token stands for a space';
    if (!tokens.has('Ċ')) return 'no token stands for a line end';
  }
  if (kind === 'llama' && !tokens.has('<0x0A>') && !tokens.has('\n')) return 'no token stands for a line end';
  return undefined;
}
