import { useEffect, useId, useRef, type KeyboardEvent, type ReactNode } from 'react';
import './tabs.css';

export interface Tab<Name extends string = string> {
  readonly name: Name;
  readonly title: string;
  readonly count?: number | undefined;
}

/** Parts of a view, one of which is shown. Arrow keys go from one to the next, as in https://www.w3.org/WAI/ARIA/apg/patterns/tabs/. */
export function Tabs<Name extends string>(props: {
  readonly label: string;
  readonly tabs: readonly Tab<Name>[];
  readonly at: Name;
  readonly onGo: (name: Name) => void;
  readonly children: ReactNode;
}) {
  const id = useId();
  const list = useRef<HTMLDivElement>(null);
  const { tabs, at } = props;
  useEffect(() => {
    const chosen = list.current?.querySelector('[aria-selected="true"]');
    chosen?.scrollIntoView({ block: 'nearest', inline: 'nearest' });
  }, [at]);
  const onKeyDown = (event: KeyboardEvent): void => {
    const here = tabs.findIndex(({ name }) => name === at);
    const to = { ArrowRight: here + 1, ArrowLeft: here - 1, Home: 0, End: tabs.length - 1 }[event.key];
    const next = to === undefined ? undefined : tabs[(to + tabs.length) % tabs.length];
    if (!next) return;
    event.preventDefault();
    props.onGo(next.name);
    list.current?.querySelector<HTMLElement>(`[data-tab="${next.name}"]`)?.focus();
  };
  return (
    <>
      <div className="nt-tabs" role="tablist" aria-label={props.label} ref={list} onKeyDown={onKeyDown}>
        {tabs.map(({ name, title, count }) => (
          <button
            key={name}
            type="button"
            role="tab"
            id={`${id}-${name}`}
            data-tab={name}
            aria-selected={name === at}
            aria-controls={`${id}-panel`}
            tabIndex={name === at ? 0 : -1}
            onClick={() => props.onGo(name)}
          >
            {title}
            {count !== undefined && count > 0 && <span className="nt-tab-count">{count}</span>}
          </button>
        ))}
      </div>
      <div role="tabpanel" id={`${id}-panel`} aria-labelledby={`${id}-${at}`} tabIndex={-1} className="nt-tab-panel">
        {props.children}
      </div>
    </>
  );
}
