import { useEffect } from 'react';
import { meaningOf } from './shortcuts.ts';
import type { Shell } from './shell-store.ts';
import { views } from './views.tsx';

/** How long a `g` waits for its letter, in milliseconds. */
const sequenceMs = 1200;

/** Listens to the keys of the whole page. */
export function useShortcuts(shell: Shell): void {
  useEffect(() => {
    let begunAt = -Infinity;
    const press = (event: KeyboardEvent): void => {
      if (event.defaultPrevented || event.isComposing) return;
      const { target, key, ctrlKey, metaKey, altKey } = event;
      const { overlay, singleKeys } = shell.store.getState();
      const mod = ctrlKey || metaKey;
      // A window over the page has the keyboard for itself.
      if (!mod && (overlay !== undefined || document.querySelector('dialog[open]'))) return;
      const meaning = meaningOf(
        { key, mod, alt: altKey, writing: isWriting(target) },
        { after: event.timeStamp - begunAt < sequenceMs, singleKeys },
      );
      begunAt = -Infinity;
      if (!meaning) return;
      event.preventDefault();
      if ('begins' in meaning) begunAt = event.timeStamp;
      else if ('goes' in meaning) {
        if (views.some(({ name }) => name === meaning.goes)) shell.go(meaning.goes);
      } else if (meaning.does === 'rail') shell.setRail(!shell.store.getState().railOpen);
      else if (meaning.does === 'new-chat') {
        shell.go('chat');
        focusQuestion();
      } else if (meaning.does === 'question') {
        if (shell.store.getState().address.view !== 'chat') shell.go('chat');
        focusQuestion();
      } else shell.open(overlay === meaning.does ? undefined : meaning.does);
    };
    addEventListener('keydown', press);
    return () => removeEventListener('keydown', press);
  }, [shell]);
}

function isWriting(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement &&
    (target.isContentEditable || target.matches('textarea, select, input:not([type="checkbox"], [type="radio"])'))
  );
}

/** The field may only appear with the next picture of the page. */
export function focusQuestion(): void {
  requestAnimationFrame(() => requestAnimationFrame(() => document.getElementById('nt-question')?.focus()));
}
