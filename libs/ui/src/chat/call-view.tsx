import { Check, ChevronRight, CircleSlash, LoaderCircle, X } from 'lucide-react';
import { CodeBlock } from '../parts/code-block.tsx';
import { formatDuration } from '../parts/amounts.ts';
import { strings } from '../strings.ts';
import { AnsiText } from './ansi-text.tsx';
import { CheckView } from './check-view.tsx';
import { callWords } from './call-words.ts';
import { ChangeView } from './change-view.tsx';
import type { CallBlock } from './session-state.ts';

const marks: Readonly<Record<CallBlock['state'], React.ReactNode>> = {
  running: <LoaderCircle className="nt-turning" aria-hidden size={14} />,
  ok: <Check className="nt-good" aria-hidden size={14} />,
  failed: <X className="nt-bad" aria-hidden size={14} />,
  cut: <CircleSlash aria-hidden size={14} />,
};

/** A call of a tool: one line that unfolds to what it was given and what it gave. What it changed and checked stays in sight. */
export function CallView({ block }: { readonly block: CallBlock }) {
  const { name, state, output, startedAt, endedAt, inner, written } = block;
  const { title, code } = callWords(name, block.arguments);
  const took = endedAt === undefined ? '' : formatDuration(endedAt - startedAt);
  return (
    <div className={`nt-call nt-call-${state}`}>
      <details>
        <summary>
          {marks[state]}
          {title !== '' && <span className="nt-call-title">{title}</span>}
          {code !== '' && <code className="nt-call-code">{code}</code>}
          <span className="nt-call-facts">
            <span className={state === 'ok' ? 'nt-hidden' : `nt-state nt-state-${state}`}>
              {strings.chat.call[state]}
            </span>{' '}
            {took}
          </span>
          <ChevronRight className="nt-chevron" aria-hidden size={14} />
        </summary>
        <div className="nt-call-body">
          <h4>{strings.chat.call.arguments}</h4>
          <dl className="nt-arguments">
            {Object.entries(block.arguments).map(([key, value]) => (
              <div key={key}>
                <dt>{key}</dt>
                <dd>{typeof value === 'string' ? value : JSON.stringify(value)}</dd>
              </div>
            ))}
          </dl>
          {written !== undefined && (
            <>
              <h4>{strings.chat.written}</h4>
              <CodeBlock
                text={written}
                path={typeof block.arguments['path'] === 'string' ? block.arguments['path'] : undefined}
                lineNumbers={false}
              />
            </>
          )}
          {state !== 'running' && (
            <>
              <h4>{strings.chat.call.output}</h4>
              {output.trim() === '' ? (
                <p className="nt-muted">{strings.chat.call.noOutput}</p>
              ) : (
                <AnsiText text={output} />
              )}
            </>
          )}
        </div>
      </details>
      {inner.map((each) =>
        each.kind === 'change' ? (
          <ChangeView key={each.id} change={each.change} />
        ) : each.kind === 'check' ? (
          <CheckView key={each.id} block={each} />
        ) : (
          <p key={each.id} className="nt-remark">
            {strings.chat.lesson}: {each.text}
          </p>
        ),
      )}
    </div>
  );
}
