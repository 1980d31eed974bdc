import { Box, Static, Text, useCursor, useInput, usePaste, useWindowSize } from 'ink';
import { createElement as h, useEffect, useState, useSyncExternalStore, type ReactElement } from 'react';
import type { Style } from '../style.ts';
import type { Chat } from './chat.ts';
import { chatFrame } from './chat-frame.ts';
import type { ChatView } from './chat-view.ts';
import { itemLines } from './item-lines.ts';
import { paintLine } from './styled-line.ts';

export interface ChatScreenProps {
  readonly chat: Chat;
  readonly style: Style;
  readonly now: () => number;
}

/**
 * The chat on a terminal: items are printed once, above; the rest is drawn again when it changes. The cursor of the terminal
 * itself stands in the line of input, so that input methods and magnifiers follow it.
 */
export function ChatScreen({ chat, style, now }: ChatScreenProps): ReactElement {
  const view = useSyncExternalStore(chat.subscribe, chat.view);
  const { columns, rows } = useWindowSize();
  useTick(view);
  const { setCursorPosition } = useCursor();
  useInput((input, key) => {
    const [, typed] = /^([^\r\n]+)\r$/u.exec(input) ?? [];
    if (typed !== undefined) {
      // Over a slow line the last letters and Enter come together.
      chat.key(typed, {});
      chat.key('', { return: true });
    } else if (input.length > 1 && /[\r\n]/u.test(input)) {
      // A terminal without bracketed paste sends what is pasted as one long key.
      chat.paste(input);
    } else chat.key(input, key);
  });
  usePaste((text) => chat.paste(text));

  const frame = chatFrame(view, { columns, rows, now: now() });
  setCursorPosition(view.closed ? undefined : frame.cursor);
  return h(
    Box,
    { flexDirection: 'column' },
    h(
      Static,
      { items: view.state.items as ChatView['state']['items'][number][] } as never,
      ((item: ChatView['state']['items'][number], at: number) =>
        h(
          Text,
          { key: at, wrap: 'hard' },
          itemLines(item, { width: Math.max(16, columns - 1), spoken: false })
            .map((line) => paintLine(line, style) || ' ')
            .join('\n'),
        )) as never,
    ),
    ...(view.closed ? [] : frame.lines).map((line, at) =>
      h(Text, { key: `frame-${at}`, wrap: 'truncate' }, paintLine(line, style) || ' '),
    ),
  );
}

/** Draws again each second while a turn runs, for its clock. */
function useTick(view: ChatView): void {
  const [, setTick] = useState(0);
  const works = view.state.turn !== undefined;
  useEffect(() => {
    if (!works) return undefined;
    const timer = setInterval(() => setTick((tick) => tick + 1), 1000);
    return () => clearInterval(timer);
  }, [works]);
}
