/**
 * Tokens that a text may take in a language model, on the high side: 3.5 characters each for ASCII, about what byte-level BPE
 * vocabularies give for code, and one token and a half for every other character.
 */
export function estimateTokens(text: string): number {
  let other = 0;
  for (const character of text) if (character > '\u007f') other += 1;
  return Math.ceil((text.length - other) / 3.5 + other * 1.5);
}
