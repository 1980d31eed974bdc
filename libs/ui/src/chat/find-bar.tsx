import { ChevronDown, ChevronUp, X } from 'lucide-react';
import { useDeferredValue, useEffect, useMemo, useState } from 'react';
import { IconButton } from '../parts/button.tsx';
import { strings } from '../strings.ts';
import { wordsOf, type Item } from './session-items.ts';

interface FindBarProps {
  readonly items: readonly Item[];
  readonly onShow: (index: number) => void;
  readonly onEnd: () => void;
}

/** Finds words in all of a session. The browser finds only in the rows that are in the document. */
export function FindBar({ items, onShow, onEnd }: FindBarProps) {
  const words = strings.chat.find;
  const [text, setText] = useState('');
  const wanted = useDeferredValue(text.trim().toLowerCase());
  const found = useMemo(
    () =>
      wanted === ''
        ? []
        : items.flatMap((item, index) => (wordsOf(item).toLowerCase().includes(wanted) ? [index] : [])),
    [items, wanted],
  );
  const [at, setAt] = useState(0);
  const current = Math.min(at, found.length - 1);
  const index = found[current];
  useEffect(() => setAt(0), [wanted]);
  useEffect(() => {
    if (index !== undefined) onShow(index);
    // Rows that are added meanwhile must not scroll the page back to what was found.
  }, [index, wanted]);
  const step = (by: number): void => {
    if (found.length > 0) setAt((current + by + found.length) % found.length);
  };
  return (
    <search className="nt-find">
      <input
        autoFocus
        type="search"
        aria-label={words.label}
        placeholder={words.label}
        value={text}
        onChange={(event) => setText(event.target.value)}
        onKeyDown={(event) => {
          if (event.key === 'Enter') step(event.shiftKey ? -1 : 1);
          else if (event.key === 'Escape') onEnd();
          else return;
          event.preventDefault();
          event.stopPropagation();
        }}
      />
      <span className="nt-faint" role="status">
        {wanted !== '' && words.count(current + 1, found.length)}
      </span>
      <IconButton label={words.previous} icon={<ChevronUp aria-hidden size={16} />} onClick={() => step(-1)} />
      <IconButton label={words.next} icon={<ChevronDown aria-hidden size={16} />} onClick={() => step(1)} />
      <IconButton label={strings.shell.close} icon={<X aria-hidden size={16} />} onClick={onEnd} />
    </search>
  );
}
