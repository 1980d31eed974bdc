import { diffWords } from 'diff';
import './word-diff.css';

/** Two versions of a text, word by word: what is gone and what is new, as marks that are more than a colour. */
export function WordDiff(props: {
  readonly before: string;
  readonly after: string;
  /** What the two are, for those who do not see the marks. */
  readonly titles: readonly [before: string, after: string];
}) {
  const [before, after] = props.titles;
  return (
    <p className="nt-word-diff" role="group" aria-label={`${before} / ${after}`}>
      {diffWords(props.before, props.after).map(({ value, added, removed }, at) => {
        if (added) return <ins key={at}>{value}</ins>;
        return removed ? <del key={at}>{value}</del> : <span key={at}>{value}</span>;
      })}
    </p>
  );
}
