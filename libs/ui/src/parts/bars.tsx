import type { ReactNode } from 'react';
import './bars.css';

export interface BarPart {
  readonly name: string;
  readonly value: number;
}

/**
 * Parts of a whole, side by side, with what each is below. `limit`: what there is room for, marked on the bar; where the parts are more
 * than that, the bar says so by its colour and `over` in words.
 */
export function StackedBar(props: {
  readonly label: string;
  readonly parts: readonly BarPart[];
  readonly limit: BarPart;
  readonly format: (value: number) => string;
  readonly over?: string;
}) {
  const { parts, limit, format } = props;
  const shown = parts.filter(({ value }) => value > 0);
  const sum = shown.reduce((all, { value }) => all + value, 0);
  const width = Math.max(sum, limit.value, 1);
  const over = sum > limit.value;
  return (
    <figure className="nt-stack" aria-label={props.label}>
      <div className={`nt-stack-bar ${over ? 'nt-stack-over' : ''}`} aria-hidden>
        {shown.map((part, at) => (
          <span
            key={part.name}
            className={`nt-stack-part nt-series-${parts.indexOf(part) % 6}`}
            style={{ width: `${(part.value / width) * 100}%` }}
            data-first={at === 0 || undefined}
          />
        ))}
        <i style={{ left: `${(limit.value / width) * 100}%` }} />
      </div>
      <ul>
        {shown.map((part) => (
          <li key={part.name}>
            <span aria-hidden className={`nt-key nt-series-${parts.indexOf(part) % 6}`} />
            {part.name} <b>{format(part.value)}</b>
          </li>
        ))}
        <li className="nt-stack-limit">
          <span aria-hidden className="nt-key nt-key-line" />
          {limit.name} <b>{format(limit.value)}</b>
        </li>
      </ul>
      {over && props.over !== undefined && <p className="nt-stack-warning">{props.over}</p>}
    </figure>
  );
}

/** How far something is. `total` 0: it is not known how much there is. */
export function Progress(props: {
  readonly label: string;
  readonly done: number;
  readonly total: number;
  readonly note?: ReactNode;
}) {
  const { done, total } = props;
  return (
    <div className="nt-progress">
      <progress aria-label={props.label} {...(total > 0 && { max: total, value: Math.min(done, total) })} />
      {props.note !== undefined && <span className="nt-progress-note">{props.note}</span>}
    </div>
  );
}

/** One value of several things, side by side, with the number at its end. */
export function BarList(props: {
  readonly label: string;
  readonly rows: readonly { readonly name: string; readonly value: number; readonly text: string }[];
  /** What a full bar is. Default: the largest value. */
  readonly most?: number;
}) {
  const most = props.most ?? Math.max(...props.rows.map(({ value }) => value), 0);
  return (
    <figure className="nt-bars" aria-label={props.label}>
      <figcaption>{props.label}</figcaption>
      <table>
        <tbody>
          {props.rows.map(({ name, value, text }) => (
            <tr key={name}>
              <th scope="row">{name}</th>
              <td className="nt-bars-bar" aria-hidden>
                <span style={{ width: `${most > 0 ? Math.min(1, value / most) * 100 : 0}%` }} />
              </td>
              <td className="nt-bars-value">{text}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </figure>
  );
}
