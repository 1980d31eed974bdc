import { useEffect, useRef, type MouseEvent, type RefObject, type SyntheticEvent } from 'react';

/** What a `<dialog>` is given to be modal for as long as it is there. */
interface Modal {
  readonly ref: RefObject<HTMLDialogElement | null>;
  readonly onCancel: (event: SyntheticEvent) => void;
  readonly onClick: (event: MouseEvent) => void;
}

/**
 * A native modal dialog: the browser keeps the keyboard in it, and gives it back where it was. Escape and a click beside it call `onClose`.
 *
 * @param onOpen What is done with it once it is open, as putting the keyboard somewhere. Default: the browser's choice.
 */
export function useModal(onClose: () => void, onOpen?: (dialog: HTMLDialogElement) => void): Modal {
  const ref = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const dialog = ref.current;
    if (dialog && !dialog.open) {
      dialog.showModal();
      onOpen?.(dialog);
    }
    return () => dialog?.close();
  }, []);
  return {
    ref,
    onCancel(event) {
      event.preventDefault();
      onClose();
    },
    onClick(event) {
      if (event.target === ref.current) onClose();
    },
  };
}
