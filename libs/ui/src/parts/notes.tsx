import { NootropicError } from '@nootropic/contracts';
import { CircleAlert } from 'lucide-react';
import type { ReactNode } from 'react';
import { strings } from '../strings.ts';
import { Button } from './button.tsx';

/** What went wrong and what to do next. */
export function ErrorNote({ error, again }: { readonly error: unknown; readonly again?: (() => void) | undefined }) {
  const { code, message, hint } = NootropicError.from(error);
  return (
    <div className="nt-note nt-note-error" role="alert">
      <CircleAlert aria-hidden size={16} />
      <div>
        <strong>{message}</strong> {hint && <span>{hint}</span>} <code className="nt-faint">{code}</code>
      </div>
      {again && (
        <Button kind="quiet" onClick={again}>
          {strings.shell.retry}
        </Button>
      )}
    </div>
  );
}

/** Where nothing is yet: what will be here, and the first step to it. */
export function EmptyState(props: {
  readonly icon?: ReactNode;
  readonly title: string;
  readonly children?: ReactNode;
}) {
  return (
    <div className="nt-empty">
      {props.icon}
      <h2>{props.title}</h2>
      {props.children}
    </div>
  );
}

/** Something takes a moment. */
export function Waiting({ label = strings.shell.loading }: { readonly label?: string }) {
  return (
    <p className="nt-waiting" role="status">
      <span className="nt-spinner" aria-hidden />
      {label}
    </p>
  );
}
