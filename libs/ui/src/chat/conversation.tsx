import { ArrowDown } from 'lucide-react';
import { memo, useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { Virtuoso, type VirtuosoHandle } from 'react-virtuoso';
import type { SendInput } from '@nootropic/contracts';
import { Button } from '../parts/button.tsx';
import { ErrorNote } from '../parts/notes.tsx';
import { strings } from '../strings.ts';
import { activityOf } from './activity.ts';
import { BlockView } from './block-view.tsx';
import { FindBar } from './find-bar.tsx';
import { QuestionView } from './question-view.tsx';
import { createItemMaker, type Item } from './session-items.ts';
import type { SessionView } from './chat-sessions.ts';
import { TurnEnd, type TurnActions } from './turn-end.tsx';

interface ConversationProps {
  readonly view: SessionView;
  readonly actions: TurnActions;
  /** Whether the field for finding is open. */
  readonly finding: boolean;
  readonly onFindEnd: () => void;
  readonly onSendAgain: () => void;
  readonly onReload: () => void;
  /** The turn that is to be in sight at first; unset: the newest. */
  readonly turnId: string | undefined;
}

/** Within so many pixels of the end the newest stays in sight. */
const nearEnd = 48;

/** The rows of a session. Only those in sight are in the document; the newest stays in sight for whoever looks at it, and for nobody else. */
export function Conversation(props: ConversationProps) {
  const { view, actions, finding, onFindEnd, onSendAgain, onReload, turnId } = props;
  const list = useRef<VirtuosoHandle>(null);
  const [makeItems] = useState(createItemMaker);
  const items = makeItems(view.state);
  const { atEnd, watch, toEnd, grown } = useStickyEnd(list);
  const [marked, setMarked] = useState<string>();

  const row = useCallback(
    (_: number, item: Item) => (
      <div className={`nt-row nt-row-${item.kind} ${item.key === marked ? 'nt-row-found' : ''}`}>
        <Row item={item} actions={actions} />
      </div>
    ),
    [actions, marked],
  );
  const show = useCallback(
    (index: number) => {
      setMarked(items[index]?.key);
      list.current?.scrollToIndex({ index, align: 'center' });
    },
    [items],
  );
  const context = useMemo(
    () => ({ view, again: view.sending ? onSendAgain : onReload }),
    [view, onSendAgain, onReload],
  );
  useEffect(() => {
    const index = turnId === undefined ? -1 : items.findIndex((item) => item.turn.turnId === turnId);
    if (index >= 0) show(index);
    // Only another turn that is asked for moves the page, not rows that are added meanwhile.
  }, [turnId]);
  // What is drawn below the rows must not be made anew with each of them.
  const components = useMemo(() => ({ Footer }), []);
  return (
    <div className="nt-conversation">
      {finding && (
        <FindBar
          items={items}
          onShow={show}
          onEnd={() => {
            setMarked(undefined);
            onFindEnd();
          }}
        />
      )}
      <Virtuoso
        ref={list}
        className="nt-rows"
        role="log"
        aria-label={strings.chat.conversation}
        // A log is read out piece by piece by itself; the announcer tells of it in whole sentences.
        aria-live="off"
        aria-busy={view.phase === 'reading'}
        tabIndex={0}
        data={items}
        context={context}
        computeItemKey={(_, item) => item.key}
        itemContent={row}
        components={components}
        scrollerRef={watch}
        initialTopMostItemIndex={{ index: 'LAST', align: 'end' }}
        increaseViewportBy={{ top: 600, bottom: 600 }}
        totalListHeightChanged={grown}
      />
      {!atEnd && (
        <Button className="nt-jump" icon={<ArrowDown aria-hidden size={14} />} onClick={toEnd}>
          {strings.chat.jumpDown}
        </Button>
      )}
    </div>
  );
}

const Row = memo(function Row({ item, actions }: { readonly item: Item; readonly actions: TurnActions }) {
  switch (item.kind) {
    case 'question':
      return <QuestionView question={item.turn.question} attachments={item.turn.attachments} mode={item.turn.mode} />;
    case 'block':
      return <BlockView block={item.block} open={item.turn.state === 'running'} />;
    case 'working':
      return (
        <p className="nt-working">
          <span className="nt-spinner" aria-hidden /> {activityOf(item.turn)}
        </p>
      );
    case 'end':
      return <TurnEnd turn={item.turn} actions={actions} />;
  }
});

/** What is not in the session yet: the question on its way, what was said to the running turn, why something could not be sent. */
interface FooterContext {
  readonly view: SessionView;
  /** Sends again what did not arrive, or looks what became of the turn. */
  readonly again: () => void;
}

function Footer({ context }: { readonly context?: FooterContext }) {
  if (!context) return null;
  const { view, again } = context;
  const { sending, steered, error } = view;
  const isLost = error !== undefined;
  return (
    <div className="nt-row nt-row-footer">
      {sending && <Sending input={sending} isLost={isLost} />}
      {steered.map((text) => (
        <QuestionView key={text} question={text} attachments={[]} mode={undefined} pending />
      ))}
      {error && <ErrorNote error={error} again={again} />}
    </div>
  );
}

function Sending({ input, isLost }: { readonly input: SendInput; readonly isLost: boolean }) {
  return (
    <>
      <QuestionView question={input.text} attachments={input.attachments ?? []} mode={input.mode} pending />
      {!isLost && (
        <p className="nt-working">
          <span className="nt-spinner" aria-hidden /> {strings.chat.activity.starting}
        </p>
      )}
    </>
  );
}

/** Stays at the end while a person is there; who scrolls up is left alone. */
function useStickyEnd(list: React.RefObject<VirtuosoHandle | null>) {
  const [atEnd, setAtEnd] = useState(true);
  const stuck = useRef(true);
  const scroller = useRef<HTMLElement>(undefined);
  const stop = useRef<() => void>(undefined);
  const watch = useCallback((element: HTMLElement | Window | null) => {
    stop.current?.();
    if (!(element instanceof HTMLElement)) return;
    scroller.current = element;
    let before = element.scrollTop;
    const look = (): void => {
      const isNear = element.scrollHeight - element.scrollTop - element.clientHeight <= nearEnd;
      // Only a person moves it up; what is added at the end moves nothing.
      if (isNear) stuck.current = true;
      else if (element.scrollTop < before - 1) stuck.current = false;
      before = element.scrollTop;
      setAtEnd(stuck.current);
    };
    element.addEventListener('scroll', look, { passive: true });
    stop.current = () => element.removeEventListener('scroll', look);
  }, []);
  const toEnd = useCallback(() => {
    stuck.current = true;
    setAtEnd(true);
    list.current?.scrollToIndex({ index: 'LAST', align: 'end' });
    requestAnimationFrame(() => scroller.current?.scrollTo({ top: scroller.current.scrollHeight }));
  }, [list]);
  const grown = useCallback(() => {
    if (!stuck.current) return;
    requestAnimationFrame(() => {
      if (stuck.current) scroller.current?.scrollTo({ top: scroller.current.scrollHeight });
    });
  }, []);
  useEffect(() => () => stop.current?.(), []);
  return { atEnd, watch, toEnd, grown };
}
