import { Check, CircleHelp, ShieldAlert, ShieldCheck, X } from 'lucide-react';
import { useMemo, useRef, useState, type KeyboardEvent } from 'react';
import { Button } from '../parts/button.tsx';
import { countTaken, readDiff, type LeftOut } from '../parts/diff-model.ts';
import { DiffView } from '../parts/diff-view.tsx';
import { strings } from '../strings.ts';
import { useUi } from '../ui-context.tsx';
import { selectionOf } from './change-view.tsx';
import { useChats, useOpenSession } from './chat-context.tsx';
import type { Decision } from './chat-sessions.ts';
import type { Ask } from './session-state.ts';

/** Work that waits for a person, or what they said to it. `open`: the turn still runs. */
export function AskCard({ ask, open }: { readonly ask: Ask; readonly open: boolean }) {
  if (ask.answer) return <Answered ask={ask} answer={ask.answer} />;
  if (!open) return null;
  return ask.action === 'question' ? <QuestionCard ask={ask} /> : <ApprovalCard ask={ask} />;
}

function titleOf({ action, paths }: Ask): string {
  const words = strings.chat.ask;
  if (action === 'edit') return words.edit(paths.join(', '));
  if (action === 'write') return words.write(paths.join(', '));
  if (action === 'run') return words.run;
  if (action === 'web-fetch') return words.fetch;
  if (action === 'remember') return words.remember;
  return words.other(action);
}

function Answered({ ask, answer }: { readonly ask: Ask; readonly answer: NonNullable<Ask['answer']> }) {
  const words = strings.chat.ask.answers;
  const left = (answer.without ?? []).reduce((sum, { hunks }) => sum + (hunks?.length ?? 1), 0);
  const said =
    ask.action === 'question' && answer.decision !== 'deny'
      ? words.replied
      : answer.automatic === true
        ? words.automatic
        : left > 0
          ? words.part(left)
          : words[answer.decision];
  const good = answer.decision !== 'deny';
  return (
    <p className="nt-remark nt-answered">
      {good ? <Check className="nt-good" aria-hidden size={14} /> : <X className="nt-bad" aria-hidden size={14} />}
      <span>
        {said}
        {ask.action === 'question' && <>: {ask.detail}</>}
        {answer.text !== undefined && answer.text !== '' && <em> “{answer.text}”</em>}
      </span>
    </p>
  );
}

/** Sends an answer once; another is possible only where it did not arrive. */
function useAnswer(requestId: string): { readonly sent: boolean; readonly answer: (decision: Decision) => void } {
  const chats = useChats();
  const session = useOpenSession();
  const { say } = useUi();
  const [sent, setSent] = useState(false);
  const answer = (decision: Decision): void => {
    if (sent) return;
    setSent(true);
    chats.answer(session.id, requestId, decision).catch((cause: Error) => {
      setSent(false);
      say(cause);
    });
  };
  return { sent, answer };
}

const armingMs = 400;

function ApprovalCard({ ask }: { readonly ask: Ask }) {
  const words = strings.chat.ask;
  const { sent, answer } = useAnswer(ask.requestId);
  const [left, setLeft] = useState<LeftOut>([]);
  const [denying, setDenying] = useState(false);
  const why = useRef<HTMLInputElement>(null);
  const files = useMemo(() => (isChange(ask) ? readDiff(ask.detail).files : []), [ask]);
  const { taken, all } = countTaken(files, left);
  const [offer] = ask.offers;
  const allow = (): void => {
    if (all > 0 && taken === 0) return;
    answer({ decision: 'allow', ...(left.length > 0 && { without: selectionOf(left) }) });
  };
  const deny = (): void => {
    const text = why.current?.value.trim() ?? '';
    answer({ decision: 'deny', ...(text !== '' && { text }) });
  };
  const [shownAt] = useState(() => performance.now());
  const keys = (event: KeyboardEvent): void => {
    // A key so soon after the card appeared was meant for something else.
    if (performance.now() - shownAt < armingMs) return;
    if (event.target instanceof HTMLInputElement && event.target.type === 'text') return;
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === 'a') allow();
    else if (event.key === 'd') setDenying(true);
    else return;
    event.preventDefault();
  };
  return (
    <section className="nt-ask" aria-label={words.region} tabIndex={-1} data-ask={ask.requestId} onKeyDown={keys}>
      <header>
        <ShieldAlert aria-hidden size={16} />
        <h3>{titleOf(ask)}</h3>
      </header>
      {ask.reason !== '' && <p className="nt-muted">{ask.reason}</p>}
      {isChange(ask) ? (
        <DiffView diff={ask.detail} choose={{ left, onChange: setLeft }} />
      ) : (
        <pre className="nt-ask-detail" tabIndex={0}>
          {ask.detail}
        </pre>
      )}
      {ask.action === 'run' && ask.sandboxed !== undefined && (
        <p className={`nt-remark ${ask.sandboxed ? '' : 'nt-remark-warning'}`}>
          {ask.sandboxed ? <ShieldCheck aria-hidden size={14} /> : <ShieldAlert aria-hidden size={14} />}
          {ask.sandboxed ? words.sandboxed : words.unconfined}
        </p>
      )}
      {denying ? (
        <form
          className="nt-ask-actions"
          onSubmit={(event) => {
            event.preventDefault();
            deny();
          }}
        >
          <input
            ref={why}
            type="text"
            autoFocus
            aria-label={words.denyWhy}
            placeholder={words.denyWhy}
            onKeyDown={(event) => {
              if (event.key !== 'Escape') return;
              event.stopPropagation();
              setDenying(false);
            }}
          />
          <Button type="submit" kind="danger" disabled={sent}>
            {words.deny}
          </Button>
        </form>
      ) : (
        <div className="nt-ask-actions">
          <Button kind="primary" disabled={sent || (all > 0 && taken === 0)} onClick={allow} aria-keyshortcuts="a">
            {left.length > 0 ? words.allowTaken(taken, all) : words.allow}
          </Button>
          {offer && left.length === 0 && (
            <Button
              disabled={sent}
              title={words.alwaysTitle(ruleWords(offer))}
              onClick={() => answer({ decision: 'always' })}
            >
              {words.always} <code>{ruleWords(offer)}</code>
            </Button>
          )}
          <Button kind="danger" disabled={sent} onClick={() => setDenying(true)} aria-keyshortcuts="d">
            {words.deny}
          </Button>
          <span className="nt-faint nt-keys-hint">{words.keys}</span>
        </div>
      )}
    </section>
  );
}

function QuestionCard({ ask }: { readonly ask: Ask }) {
  const words = strings.chat.ask;
  const { sent, answer } = useAnswer(ask.requestId);
  const reply = (text: string): void => {
    if (text.trim() !== '') answer({ decision: 'allow', text: text.trim() });
  };
  return (
    <section className="nt-ask" aria-label={words.region} tabIndex={-1} data-ask={ask.requestId}>
      <header>
        <CircleHelp aria-hidden size={16} />
        <h3>{words.question}</h3>
      </header>
      <p className="nt-ask-question">{ask.detail}</p>
      {ask.options.length > 0 && (
        <div className="nt-ask-options">
          {ask.options.map((option) => (
            <Button key={option} disabled={sent} onClick={() => reply(option)}>
              {option}
            </Button>
          ))}
        </div>
      )}
      <form
        className="nt-ask-actions"
        onSubmit={(event) => {
          event.preventDefault();
          const field = event.currentTarget.elements.namedItem('reply');
          if (field instanceof HTMLInputElement) reply(field.value);
        }}
      >
        <input
          type="text"
          name="reply"
          aria-label={words.replyLabel}
          placeholder={words.replyLabel}
          autoComplete="off"
        />
        <Button type="submit" kind="primary" disabled={sent}>
          {words.reply}
        </Button>
      </form>
    </section>
  );
}

function isChange({ detail }: Ask): boolean {
  return /^(?:diff --git |--- .*\n\+\+\+ )/mu.test(detail);
}

/** A rule as a person reads it: the command, the path or the host that it is about. */
function ruleWords({ tool, command, path, host }: Ask['offers'][number]): string {
  return command ?? path ?? host ?? tool;
}
