/**
 * Tokens that a picture is counted as, on the high side: Anthropic's guide gives width × height / 750 after scaling it to 1,568 pixels, which
 * is at most about 1,600 (https://docs.claude.com/en/docs/build-with-claude/vision); the guides of OpenAI and Google give less.
 */
export const imageTokens = 1600;

/**
 * Tokens of a text where no tokenizer is at hand, on the high side.
 *
 * Byte-level BPE vocabularies cut before they merge (words, single digits, runs of punctuation; see the pre-tokenizer of
 * Radford et al. 2019, "Language Models are Unsupervised Multitask Learners"), so the estimate counts per kind of run:
 * one token per three letters of a word, per digit, per punctuation mark and per run of white space that is not one
 * plain space, and two tokens for every three bytes that are not ASCII.
 */
export function estimateTokens(text: string): number {
  let tokens = 0;
  let letters = 0;
  let spaces = 0;
  let otherBytes = 0;
  const flush = (): void => {
    tokens += Math.ceil(letters / 3);
    if (spaces > 1) tokens += Math.ceil(spaces / 8);
    letters = 0;
    spaces = 0;
  };
  for (let i = 0; i < text.length; i += 1) {
    const code = text.charCodeAt(i);
    if ((code >= 97 && code <= 122) || (code >= 65 && code <= 90)) {
      if (spaces > 0) flush();
      letters += 1;
    } else if (code === 32 || code === 9) {
      if (letters > 0) flush();
      spaces += code === 9 ? 2 : 1;
    } else {
      flush();
      // A lone surrogate half counts two bytes, so that a pair counts the four that UTF-8 needs.
      if (code < 128) tokens += 1;
      else otherBytes += code < 0x800 || (code >= 0xd800 && code <= 0xdfff) ? 2 : 3;
    }
  }
  flush();
  return tokens + Math.ceil((otherBytes * 2) / 3);
}
