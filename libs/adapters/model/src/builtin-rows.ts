/** Letters of a piece of an unknown word. */
const gramLength = 4;

/**
 * The rows of the table that a token stands for: its own, or, for a token outside the vocabulary, those of its pieces of four letters,
 * hashed to the rows after the vocabulary. So an unknown word is near to words that are spelt alike (as in fastText, Bojanowski et al.
 * 2017, "Enriching Word Vectors with Subword Information", https://arxiv.org/abs/1607.04606).
 */
export function rowsOf(
  token: string,
  vocabulary: {
    readonly get: (token: string) => number | undefined;
    readonly words: number;
    readonly gramRows: number;
  },
): number[] {
  const own = vocabulary.get(token);
  if (own !== undefined) return [own];
  const text = `<${token}>`;
  const rows: number[] = [];
  for (let i = 0; i < Math.max(1, text.length - gramLength + 1); i += 1)
    rows.push(vocabulary.words + (hashText(text.slice(i, i + gramLength)) % vocabulary.gramRows));
  return rows;
}

/** FNV-1a over UTF-16 units: http://www.isthe.com/chongo/tech/comp/fnv/. */
function hashText(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i += 1) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return hash >>> 0;
}
