import { X } from 'lucide-react';
import { useId, type ReactNode } from 'react';
import { strings } from '../strings.ts';
import { IconButton } from './button.tsx';
import { useModal } from './use-modal.ts';
import './dialog.css';

/** A window over the page. The browser keeps the keyboard in it, and gives it back where it was; Escape closes it. */
export function Dialog(props: {
  readonly title: string;
  readonly onClose: () => void;
  readonly children: ReactNode;
  /** What can be done, last in it. */
  readonly actions?: ReactNode;
  readonly wide?: boolean;
}) {
  const title = useId();
  return (
    <dialog
      className={`nt-window ${props.wide ? 'nt-window-wide' : ''}`}
      aria-labelledby={title}
      {...useModal(props.onClose, focusFirst)}
    >
      <div className="nt-window-in">
        <header>
          <h2 id={title}>{props.title}</h2>
          <IconButton label={strings.shell.close} icon={<X size={16} aria-hidden />} onClick={props.onClose} />
        </header>
        <div className="nt-window-body">{props.children}</div>
        {props.actions && <footer className="nt-actions">{props.actions}</footer>}
      </div>
    </dialog>
  );
}

/** What is to be filled in comes first; where there is nothing of it, what can be done. */
function focusFirst(dialog: HTMLDialogElement): void {
  const first = ['.nt-window-body :is(input, select, textarea)', 'footer button'].map((place) =>
    dialog.querySelector<HTMLElement>(place),
  );
  first.find((element) => element !== null)?.focus();
}
