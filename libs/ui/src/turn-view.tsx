import type { TurnState } from './turn-state.ts';

/** One turn. Everything that comes from a model or a file is shown as text, never as markup. */
export function TurnView({ turn }: { readonly turn: TurnState }) {
  return (
    <article className="turn" aria-busy={turn.activity !== ''}>
      <h2>{turn.question}</h2>
      <div className="answer">{turn.answer}</div>
      {turn.activity && (
        <p className="activity" role="status">
          {turn.activity}…
        </p>
      )}
      {turn.interrupted && <p className="notice">Stopped. What was shown is kept in the session.</p>}
      {turn.notices.map((notice) => (
        <p className="notice" key={notice}>
          {notice}
        </p>
      ))}
      {turn.error && (
        <p className="error" role="alert">
          <strong>{turn.error.message}</strong> {turn.error.hint}
        </p>
      )}
      {turn.citations.length > 0 && (
        <ul className="citations" aria-label="Sources">
          {turn.citations.map(({ path, startLine, endLine, symbol }) => (
            <li key={`${path}:${startLine}-${endLine}`}>
              <code>
                {path}:{startLine}-{endLine}
              </code>{' '}
              {symbol}
            </li>
          ))}
        </ul>
      )}
    </article>
  );
}
