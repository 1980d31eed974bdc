/** A sentence in which what stands between back quotes is code. */
export function WithCode({ text }: { readonly text: string }) {
  return text.split('`').map((part, at) => (at % 2 === 1 ? <code key={at}>{part}</code> : part));
}
