import { CircleCheck, CircleX } from 'lucide-react';
import { strings } from '../strings.ts';
import { AnsiText } from './ansi-text.tsx';
import type { CheckBlock } from './session-state.ts';

/** What a check said of a change; one that failed shows its output at once. */
export function CheckView({ block }: { readonly block: CheckBlock }) {
  const { name, ok, output } = block;
  const head = (
    <>
      {ok ? (
        <CircleCheck className="nt-good" aria-hidden size={14} />
      ) : (
        <CircleX className="nt-bad" aria-hidden size={14} />
      )}
      {name} {ok ? strings.chat.check.passed : strings.chat.check.failed}
    </>
  );
  if (output.trim() === '') return <p className="nt-remark">{head}</p>;
  return (
    <details className="nt-fold" open={!ok}>
      <summary>{head}</summary>
      <AnsiText text={output} />
    </details>
  );
}
