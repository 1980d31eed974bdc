import type { ReactNode } from 'react';

/** The frame of a view: its title, what can be done with all of it, and its content, which scrolls by itself. */
export function View(props: {
  readonly title: string;
  /** One sentence under the title. */
  readonly about?: ReactNode;
  readonly actions?: ReactNode;
  readonly children: ReactNode;
}) {
  return (
    <section className="nt-view" aria-label={props.title}>
      <header className="nt-view-header">
        <div>
          <h1>{props.title}</h1>
          {props.about && <p className="nt-muted">{props.about}</p>}
        </div>
        {props.actions && <div className="nt-actions">{props.actions}</div>}
      </header>
      <div className="nt-view-body">{props.children}</div>
    </section>
  );
}

/** A part of a view with a heading of its own. */
export function Panel(props: { readonly title: string; readonly actions?: ReactNode; readonly children: ReactNode }) {
  return (
    <section className="nt-panel" aria-label={props.title}>
      <header>
        <h2>{props.title}</h2>
        {props.actions && <div className="nt-actions">{props.actions}</div>}
      </header>
      {props.children}
    </section>
  );
}
