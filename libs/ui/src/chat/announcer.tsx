import { useEffect, useRef, useState } from 'react';
import { strings } from '../strings.ts';
import type { SessionView } from './chat-sessions.ts';
import { openAsks } from './session-state.ts';

/** Tells a screen reader what happens, in whole sentences: an answer once it is there, and what waits. Pieces of an answer would drown everything else. */
export function Announcer({ view }: { readonly view: SessionView }) {
  const last = view.state.turns.at(-1);
  const waits = openAsks(last)[0]?.requestId;
  const isRunning = last?.state === 'running';
  const wasRunning = useRef(false);
  const [said, setSaid] = useState('');
  useEffect(() => {
    if (waits !== undefined) setSaid(strings.chat.activity.waiting);
    else if (wasRunning.current && !isRunning && last) {
      const answer = last.blocks.findLast((block) => block.kind === 'text');
      setSaid(last.error?.message ?? (answer?.kind === 'text' ? `${strings.chat.answer}: ${answer.text}` : ''));
    }
    wasRunning.current = isRunning;
    // `last` is another object with every piece; only these two say that something is to be told.
  }, [waits, isRunning]);
  return (
    <p className="nt-hidden" role="status">
      {said}
    </p>
  );
}
