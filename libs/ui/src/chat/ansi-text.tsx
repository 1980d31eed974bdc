import Anser from 'anser';
import { useMemo } from 'react';

/** Characters of an output that are shown; what is longer is cut in its middle. */
const mostShown = 20_000;

/** What a command printed, with the colours it asked for. Other control sequences (links, titles, the clipboard) are left out. */
export function AnsiText({ text }: { readonly text: string }) {
  const parts = useMemo(() => Anser.ansiToJson(withoutOtherSequences(cutMiddle(text)), { use_classes: true }), [text]);
  return (
    <pre className="nt-output" tabIndex={0}>
      {parts.map(({ content, fg, decorations }, index) => (
        <span key={index} className={[fg, ...decorations].filter(Boolean).join(' ') || undefined}>
          {content}
        </span>
      ))}
    </pre>
  );
}

function cutMiddle(text: string): string {
  if (text.length <= mostShown) return text;
  const half = mostShown / 2;
  return `${text.slice(0, half)}\n… ${(text.length - mostShown).toLocaleString('en')} characters …\n${text.slice(-half)}`;
}

/** Everything but colours: operating system commands (ECMA-48, 8.3.89) and controls that move the cursor. */
function withoutOtherSequences(text: string): string {
  return text
    .replace(/\u001b[\]PX^_][^\u0007\u001b]*(?:\u0007|\u001b\\)?/gu, '')
    .replace(/\u001b\[[0-9;?]*[A-HJKSTfhln]/gu, '')
    .replaceAll('\r\n', '\n');
}
