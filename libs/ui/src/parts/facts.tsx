import type { ReactNode } from 'react';
import './facts.css';

export type Fact = readonly [name: string, value: ReactNode];

/** Names with what they are. What is unset is left out. `large`: the values are what matters, each over its name. */
export function Facts(props: { readonly facts: readonly Fact[]; readonly large?: boolean }) {
  return (
    <dl className={props.large ? 'nt-figures' : 'nt-facts'}>
      {props.facts
        .filter(([, value]) => value !== undefined && value !== '' && value !== false)
        .map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
    </dl>
  );
}

/** A state in a word, coloured by whether it is well. */
export function Badge(props: {
  readonly tone?: 'good' | 'bad' | 'warn' | 'accent' | 'plain';
  readonly children: ReactNode;
}) {
  return <span className={`nt-badge nt-badge-${props.tone ?? 'plain'}`}>{props.children}</span>;
}
