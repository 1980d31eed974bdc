import { memo, useState } from 'react';
import { strings } from '../strings.ts';
import { longestLine, markRanges, showHidden, type CodeLine, type Range } from './code-lines.ts';

interface CodeTextProps {
  readonly line: CodeLine;
  /** Parts that stand out: what was searched, or what changed within the line. */
  readonly marks?: readonly Range[] | undefined;
}

const noMarks: readonly Range[] = [];

/**
 * The text of one line. Hidden characters are shown by their code points, so that nothing is read otherwise than it is. What is far to the
 * right of a very long line is shown on demand.
 */
export const CodeText = memo(function CodeText({ line, marks = noMarks }: CodeTextProps) {
  const [limit, setLimit] = useState(longestLine);
  let room = limit;
  let length = 0;
  const shown = [];
  for (const [at, { text, scope, marked }] of markRanges(line, marks).entries()) {
    length += text.length;
    if (room > 0) shown.push(<Piece key={at} text={text.slice(0, room)} scope={scope} marked={marked} />);
    room -= text.length;
  }
  return (
    <>
      {shown}
      {length > limit && (
        <button type="button" className="nt-code-more" onClick={() => setLimit(limit * 10)}>
          {strings.code.moreCharacters(length - limit)}
        </button>
      )}
    </>
  );
});

function Piece({ text, scope, marked }: { readonly text: string; readonly scope: string; readonly marked: boolean }) {
  const pieces = showHidden(text).map(({ text: seen, code }, at) =>
    code === undefined ? (
      seen
    ) : (
      <span key={at} className="nt-code-hidden" title={strings.code.hiddenCharacter(code)}>
        {code}
      </span>
    ),
  );
  if (marked) return <mark className={scope && `nt-hl-${scope}`}>{pieces}</mark>;
  return scope === '' ? pieces : <span className={`nt-hl-${scope}`}>{pieces}</span>;
}
