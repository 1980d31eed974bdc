import { useEffect } from 'react';

/** Brings what waits for an answer under the keyboard, unless a person is writing something. */
export function useFocusOnAsk(requestId: string | undefined): void {
  useEffect(() => {
    if (requestId === undefined) return undefined;
    let frames = 0;
    let next = requestAnimationFrame(function look(): void {
      const card = document.querySelector<HTMLElement>(`[data-ask="${CSS.escape(requestId)}"]`);
      const busy = document.activeElement;
      const isWriting = busy instanceof HTMLTextAreaElement && busy.value !== '';
      if (card && isWriting) return;
      card?.focus({ preventScroll: true });
      // A list that measures its rows first keeps them hidden, and what is hidden takes no focus.
      if ((!card || document.activeElement !== card) && (frames += 1) < 600) next = requestAnimationFrame(look);
    });
    return () => cancelAnimationFrame(next);
  }, [requestId]);
}

/** Ctrl+F, or Cmd+F, opens the field of the conversation: the browser's finds only in what is in sight. */
export function useFindKey(onFind: () => void): void {
  useEffect(() => {
    const press = (event: KeyboardEvent): void => {
      if (event.key !== 'f' || !(event.ctrlKey || event.metaKey) || event.altKey || event.shiftKey) return;
      event.preventDefault();
      onFind();
    };
    addEventListener('keydown', press);
    return () => removeEventListener('keydown', press);
  }, [onFind]);
}
