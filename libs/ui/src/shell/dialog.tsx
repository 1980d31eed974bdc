import type { ReactNode } from 'react';
import { useModal } from '../parts/use-modal.ts';

interface DialogProps {
  readonly label: string;
  readonly onClose: () => void;
  readonly className?: string;
  readonly children: ReactNode;
}

/** A modal dialog without a frame of its own; `Dialog` of the parts has a title, a body and actions. */
export function Dialog({ label, onClose, className = '', children }: DialogProps) {
  return (
    <dialog aria-label={label} className={`nt-dialog ${className}`} {...useModal(onClose)}>
      {children}
    </dialog>
  );
}

/** As a `ref`: where the keyboard is when a dialog opens. The browser looks for the attribute, which React does not set. */
export function opensHere(element: HTMLElement | null): void {
  element?.setAttribute('autofocus', '');
}
