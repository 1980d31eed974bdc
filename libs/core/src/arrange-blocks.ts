/**
 * The same text with every part from `open` to the next `close` replaced by what `make` gives for it. It takes time in proportion to the text, whatever
 * stands in it: where a regular expression would look for the end anew from every beginning.
 */
export function replaceBlocks(
  text: string,
  { open, close }: { readonly open: string; readonly close: string },
  make: (whole: string) => string,
): string {
  let result = '';
  let from = 0;
  for (;;) {
    const start = text.indexOf(open, from);
    const end = start === -1 ? -1 : text.indexOf(close, start + open.length);
    if (end === -1) return from === 0 ? text : result + text.slice(from);
    const next = end + close.length;
    result += text.slice(from, start) + make(text.slice(start, next));
    from = next;
  }
}
