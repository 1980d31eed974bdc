import { Paperclip, SendHorizontal, Square, X } from 'lucide-react';
import {
  memo,
  useCallback,
  useEffect,
  useId,
  useRef,
  useState,
  type ClipboardEvent,
  type DragEvent,
  type KeyboardEvent,
} from 'react';
import { useStore } from 'zustand';
import { IconButton } from '../parts/button.tsx';
import { strings } from '../strings.ts';
import { useUi } from '../ui-context.tsx';
import { attachmentOf } from './attachments.ts';
import { AttachMenu } from './attach-menu.tsx';
import { ChoiceList } from './choice-list.tsx';
import { findChoices, typedAt, type Choice } from './composer-choices.ts';
import { ComposerOptions, useChosenModel } from './composer-options.tsx';
import type { Composer } from './composer-store.ts';
import { attachmentIcon, attachmentName } from './question-view.tsx';

interface ComposerProps {
  readonly composer: Composer;
  /** The session that is written to; `new` for none yet. */
  readonly session: string;
  /** A turn runs: what is said goes to it. */
  readonly running: boolean;
  readonly onSend: (text: string) => void;
  readonly onStop: () => void;
}

/** The field for questions with all that can be sent along. Enter sends, Shift and Enter begin a line, the arrows bring back what was sent. */
export const ComposerField = memo(function ComposerField(props: ComposerProps) {
  const { composer, session, running, onSend, onStop } = props;
  const words = strings.chat.composer;
  const { say } = useUi();
  const text = useStore(composer.store, ({ drafts }) => drafts[session] ?? '');
  const attachments = useStore(composer.store, (state) => state.attachments);
  const model = useChosenModel(composer);
  const field = useRef<HTMLTextAreaElement>(null);
  const listId = useId();
  const choices = useChoices(text, field);
  const back = useHistory(composer, session);
  const [dragging, setDragging] = useState(false);

  // Where the field before it is gone, as after the first question, writing goes on here. A screen keyboard must not come up by itself.
  useEffect(() => {
    if (document.activeElement === document.body && !matchMedia('(pointer: coarse)').matches) field.current?.focus();
  }, []);

  const take = useCallback(
    async (files: readonly File[]) => {
      for (const file of files) {
        try {
          composer.attach([await attachmentOf(file, model)]);
        } catch (cause) {
          say(cause as Error);
        }
      }
    },
    [composer, model, say],
  );
  const pick = (choice: Choice): void => {
    const { typed } = choices;
    const cursor = field.current?.selectionStart ?? text.length;
    const from = typed?.from ?? cursor;
    const next = text.slice(0, from) + choice.insert + text.slice(cursor);
    composer.write(session, next);
    if (choice.attachment) composer.attach([choice.attachment]);
    choices.close();
    const at = from + choice.insert.length;
    requestAnimationFrame(() => {
      field.current?.focus();
      field.current?.setSelectionRange(at, at);
    });
  };
  const send = (): void => {
    const said = text.trim();
    if (said === '') return;
    onSend(said);
    back.forget();
  };
  const keys = (event: KeyboardEvent<HTMLTextAreaElement>): void => {
    if (event.nativeEvent.isComposing) return;
    if (choices.keys(event, pick)) return;
    if (event.key === 'Enter' && !event.shiftKey) {
      event.preventDefault();
      send();
    } else if (event.key === 'Escape' && running) {
      event.preventDefault();
      onStop();
    } else back.keys(event, text);
  };
  const paste = (event: ClipboardEvent): void => {
    const files = [...event.clipboardData.files];
    if (files.length === 0) return;
    event.preventDefault();
    void take(files);
  };
  const drop = (event: DragEvent): void => {
    event.preventDefault();
    setDragging(false);
    void take([...event.dataTransfer.files]);
  };
  const { open, list, at } = choices;
  return (
    <div
      className={`nt-composer ${dragging ? 'nt-composer-drop' : ''}`}
      onDragOver={(event) => {
        if (!event.dataTransfer.types.includes('Files')) return;
        event.preventDefault();
        setDragging(true);
      }}
      onDragLeave={() => setDragging(false)}
      onDrop={drop}
    >
      {open && <ChoiceList id={listId} choices={list} at={at} onPick={pick} />}
      {attachments.length > 0 && (
        <ul className="nt-attached" aria-label={words.attachments}>
          {attachments.map((attachment, index) => (
            <li key={index} className="nt-chip">
              {attachmentIcon(attachment)}
              {attachmentName(attachment)}
              <button
                type="button"
                aria-label={words.remove(attachmentName(attachment))}
                onClick={() => composer.detach(attachment)}
              >
                <X aria-hidden size={12} />
              </button>
            </li>
          ))}
        </ul>
      )}
      <textarea
        ref={field}
        id="nt-question"
        className="nt-composer-field"
        rows={1}
        value={text}
        aria-label={running ? words.steerLabel : words.label}
        placeholder={running ? words.steerPlaceholder : words.placeholder}
        aria-haspopup="listbox"
        aria-controls={open ? listId : undefined}
        aria-autocomplete="list"
        aria-activedescendant={open ? `${listId}-${at}` : undefined}
        onChange={(event) => composer.write(session, event.target.value)}
        onKeyDown={keys}
        onPaste={paste}
      />
      <div className="nt-composer-tools">
        <AttachMenu
          onFiles={(files) => void take(files)}
          onAttach={composer.attach}
          icon={<Paperclip aria-hidden size={16} />}
        />
        <ComposerOptions composer={composer} />
        <span className="nt-composer-end">
          {running && (
            <IconButton
              className="nt-stop"
              label={words.stop}
              icon={<Square aria-hidden size={14} fill="currentColor" />}
              onClick={onStop}
            />
          )}
          <IconButton
            className="nt-send"
            label={running ? words.steer : words.send}
            disabled={text.trim() === ''}
            icon={<SendHorizontal aria-hidden size={16} />}
            onClick={send}
          />
        </span>
      </div>
    </div>
  );
});

const debounceMs = 80;

function useChoices(text: string, field: React.RefObject<HTMLTextAreaElement | null>) {
  const { assistant, workspace } = useUi();
  const [found, setFound] = useState<{ readonly for: string; readonly list: readonly Choice[] }>();
  const [at, setAt] = useState(0);
  const [closedFor, setClosedFor] = useState<string>();
  const typed = typedAt(text, field.current?.selectionStart ?? text.length);
  const key = typed && `${typed.kind} ${typed.query}`;
  useEffect(() => {
    if (!typed || key === undefined) return undefined;
    const stop = new AbortController();
    const timer = setTimeout(() => {
      findChoices({ assistant, workspace }, typed, stop.signal).then(
        (list) => {
          setFound({ for: key, list });
          setAt(0);
        },
        () => undefined,
      );
    }, debounceMs);
    return () => {
      clearTimeout(timer);
      stop.abort();
    };
    // `typed` is made anew with each key; `key` says whether it differs.
  }, [assistant, workspace, key]);
  const list = typed && found ? found.list : [];
  const open = typed !== undefined && list.length > 0 && closedFor !== key;
  const keys = (event: KeyboardEvent, pick: (choice: Choice) => void): boolean => {
    const chosen = list[at];
    if (!open || !chosen) return false;
    if (event.key === 'ArrowDown') setAt((at + 1) % list.length);
    else if (event.key === 'ArrowUp') setAt((at - 1 + list.length) % list.length);
    else if (event.key === 'Enter' || event.key === 'Tab') pick(chosen);
    else if (event.key === 'Escape') setClosedFor(key);
    else return false;
    event.preventDefault();
    return true;
  };
  return { open, list, at, typed, keys, close: () => setClosedFor(key) };
}

/** The arrows bring back what was sent, where the field is empty or holds one of it. */
function useHistory(composer: Composer, session: string) {
  const [at, setAt] = useState<number>();
  return {
    forget: () => setAt(undefined),
    keys(event: KeyboardEvent<HTMLTextAreaElement>, text: string): void {
      const { sent } = composer.store.getState();
      const step = { ArrowUp: -1, ArrowDown: 1 }[event.key];
      if (step === undefined || (text !== '' && (at === undefined || text !== sent[at]))) return;
      const next = Math.max(0, (at ?? sent.length) + step);
      if (at === undefined && step > 0) return;
      event.preventDefault();
      setAt(next < sent.length ? next : undefined);
      composer.write(session, sent[next] ?? '');
    },
  };
}
