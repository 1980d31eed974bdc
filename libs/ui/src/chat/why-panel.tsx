import type { TurnAccount } from '@nootropic/contracts';
import { X } from 'lucide-react';
import { formatDuration, formatNumber } from '../parts/amounts.ts';
import { IconButton } from '../parts/button.tsx';
import { ErrorNote, Waiting } from '../parts/notes.tsx';
import { modelTitle } from '../shell/model-title.ts';
import { strings } from '../strings.ts';
import { useUi } from '../ui-context.tsx';
import { useAsked } from '../use-asked.ts';

interface WhyPanelProps {
  readonly sessionId: string;
  readonly turnId: string;
  readonly onClose: () => void;
}

/** What a turn gave the model, which model and why, what was reused, and where its time went. */
export function WhyPanel({ sessionId, turnId, onClose }: WhyPanelProps) {
  const words = strings.chat.why;
  const { assistant } = useUi();
  const { value, error, again } = useAsked(
    (signal) => assistant.sessions.why({ id: sessionId, turnId }, { signal }),
    [sessionId, turnId],
  );
  return (
    <aside className="nt-why" aria-label={words.title}>
      <header>
        <h2>{words.title}</h2>
        <IconButton label={strings.shell.close} icon={<X aria-hidden size={16} />} onClick={onClose} />
      </header>
      {error && <ErrorNote error={error} again={again} />}
      {!value && !error && <Waiting />}
      {value && <Account account={value} />}
    </aside>
  );
}

function Account({ account }: { readonly account: TurnAccount }) {
  const words = strings.chat.why;
  const { usage } = account;
  return (
    <>
      <section aria-label={words.model}>
        <h3>{words.model}</h3>
        <p>
          <strong title={account.model}>{account.model === 'none' ? words.none : modelTitle(account.model)}</strong>
          <br />
          <span className="nt-muted">{account.reason}</span>
        </p>
        <p className="nt-faint">{words.steps(account.steps, account.compactions)}</p>
      </section>
      <Sections account={account} />
      {usage && (
        <section aria-label={words.cache}>
          <h3>{words.cache}</h3>
          <p>{words.cacheSays(usage.tokensReused, usage.tokensRead)}</p>
          {usage.tokensReused + usage.tokensRead > 0 && (
            <Bar
              parts={[
                {
                  key: 'reused',
                  share: usage.tokensReused,
                  tone: 2,
                  title: strings.chat.end.reused(usage.tokensReused),
                },
                { key: 'read', share: usage.tokensRead, tone: 0, title: strings.chat.end.read(usage.tokensRead) },
              ]}
            />
          )}
        </section>
      )}
      <Times times={account.times} />
      <Passages passages={account.passages} />
    </>
  );
}

interface BarPart {
  readonly key: string;
  readonly share: number;
  readonly tone: number;
  readonly title: string;
}

/** Shares of a whole. The list beside it says the same in words. */
function Bar({ parts }: { readonly parts: readonly BarPart[] }) {
  const whole = parts.reduce((sum, { share }) => sum + share, 0) || 1;
  return (
    <div className="nt-share-bar" aria-hidden>
      {parts
        .filter(({ share }) => share > 0)
        .map(({ key, share, tone, title }) => (
          <span key={key} className={`nt-tone-${tone}`} style={{ flexGrow: share / whole }} title={title} />
        ))}
    </div>
  );
}

function Sections({ account: { sections, counted } }: { readonly account: TurnAccount }) {
  const words = strings.chat.why;
  const total = sections.reduce((sum, { tokens }) => sum + tokens, 0);
  if (sections.length === 0) return null;
  return (
    <section aria-label={words.prompt(total)}>
      <h3>{words.prompt(total)}</h3>
      <Bar
        parts={sections.map(({ name, tokens }, index) => ({
          key: `${name} ${index}`,
          share: tokens,
          tone: index % 7,
          title: `${words.sections[name]}: ${formatNumber(tokens)}`,
        }))}
      />
      <ul className="nt-why-list">
        {sections.map(({ name, tokens, text }, index) => (
          <li key={`${name} ${index}`}>
            <details>
              <summary>
                <span className={`nt-dot nt-tone-${index % 7}`} aria-hidden />
                <span>{words.sections[name]}</span>
                <span className="nt-number">{formatNumber(tokens)}</span>
              </summary>
              <pre className="nt-why-text" tabIndex={0}>
                {text}
              </pre>
            </details>
          </li>
        ))}
      </ul>
      <p className="nt-faint">{words.counted(modelTitle(counted))}</p>
    </section>
  );
}

function Times({ times }: Pick<TurnAccount, 'times'>) {
  const words = strings.chat.why;
  const spent = times.filter(({ ms }) => ms > 0);
  if (spent.length === 0) return null;
  return (
    <section aria-label={words.times}>
      <h3>{words.times}</h3>
      <Bar
        parts={spent.map(({ what, ms }, index) => ({
          key: what,
          share: ms,
          tone: index % 7,
          title: `${words.time[what]}: ${formatDuration(ms)}`,
        }))}
      />
      <ul className="nt-why-list">
        {spent.map(({ what, ms }, index) => (
          <li key={what}>
            <span className={`nt-dot nt-tone-${index % 7}`} aria-hidden />
            <span>{words.time[what]}</span>
            <span className="nt-number">{formatDuration(ms)}</span>
          </li>
        ))}
      </ul>
    </section>
  );
}

function Passages({ passages }: Pick<TurnAccount, 'passages'>) {
  const words = strings.chat.why;
  const { openFile } = useUi();
  const best = Math.max(...passages.map(({ score }) => score), Number.MIN_VALUE);
  return (
    <section aria-label={words.passages(passages.length)}>
      <h3>{words.passages(passages.length)}</h3>
      {passages.length === 0 && <p className="nt-muted">{words.noPassages}</p>}
      <ul className="nt-why-passages">
        {passages.map(({ citation: { path, startLine, endLine, symbol }, score, tokens, role, cited }) => (
          <li key={`${path}:${startLine}-${endLine} ${role}`}>
            <button type="button" className="nt-text-link" onClick={() => openFile(path, startLine)}>
              {path}:{startLine}-{endLine}
            </button>
            <span className="nt-passage-facts">
              <span
                className="nt-score"
                title={`${words.score} ${score.toPrecision(3)}`}
                aria-label={`${words.score} ${score.toPrecision(3)}`}
                role="img"
              >
                <span style={{ width: `${Math.round((100 * score) / best)}%` }} />
              </span>
              <span className="nt-number">{formatNumber(tokens)}</span>
              <span className={cited ? 'nt-good' : 'nt-muted'}>{cited ? words.cited : words.notCited}</span>
              {symbol !== undefined && symbol !== '' && <span className="nt-faint">{symbol}</span>}
              {role !== 'passage' && <span className="nt-faint">{role}</span>}
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}
