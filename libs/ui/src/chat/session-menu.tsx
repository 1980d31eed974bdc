import type { SessionHit } from '@nootropic/contracts';
import { useEffect, useRef, useState, type ReactNode } from 'react';
import { Button, IconButton } from '../parts/button.tsx';
import { Dialog } from '../parts/dialog.tsx';
import { opensHere } from '../shell/dialog.tsx';
import { strings } from '../strings.ts';
import { useUi } from '../ui-context.tsx';
import { useChats } from './chat-context.tsx';

interface SessionMenuProps {
  readonly session: SessionHit['session'];
  readonly icon: ReactNode;
  /** It is to be hidden, or shown again. */
  readonly onRemove: (hidden: boolean) => void;
  readonly onRemoved: () => void;
  readonly onForked: (id: string) => void;
}

/** How long a removal can be taken back, in milliseconds: until then nothing is removed. */
const undoMs = 8000;

/** What can be done with a session. */
export function SessionMenu({ session, icon, onRemove, onRemoved, onForked }: SessionMenuProps) {
  const words = strings.chat.sessions;
  const { assistant, face, say } = useUi();
  const chats = useChats();
  const [open, setOpen] = useState(false);
  const [renaming, setRenaming] = useState(false);
  const menu = useRef<HTMLDivElement>(null);
  const title = session.title || words.untitled;
  useEffect(() => {
    if (!open) return undefined;
    menu.current?.querySelector('button')?.focus();
    const close = (event: PointerEvent): void => {
      if (event.target instanceof Node && !menu.current?.contains(event.target)) setOpen(false);
    };
    addEventListener('pointerdown', close);
    return () => removeEventListener('pointerdown', close);
  }, [open]);

  const save = (format: 'markdown' | 'json'): void => {
    assistant.sessions.export({ id: session.id, format }).then((file) => face.saveText(file), say);
  };
  const fork = (): void => {
    assistant.sessions.fork({ id: session.id }).then(({ id }) => {
      chats.changed();
      say(words.forked);
      onForked(id);
    }, say);
  };
  const remove = (): void => {
    onRemove(true);
    onRemoved();
    const timer = setTimeout(() => {
      assistant.sessions.remove({ id: session.id }).then(chats.changed, (cause: Error) => {
        onRemove(false);
        say(cause);
      });
    }, undoMs);
    say(words.removed(title), {
      label: words.undo,
      run: () => {
        clearTimeout(timer);
        onRemove(false);
      },
    });
  };
  const item = (label: string, run: () => void, kind = '') => (
    <button
      type="button"
      className={kind}
      onClick={() => {
        setOpen(false);
        run();
      }}
    >
      {label}
    </button>
  );
  return (
    <div className="nt-session-menu">
      <IconButton label={words.more(title)} icon={icon} aria-expanded={open} onClick={() => setOpen(!open)} />
      {open && (
        <div ref={menu} className="nt-menu" onKeyDown={(event) => event.key === 'Escape' && setOpen(false)}>
          {item(words.rename, () => setRenaming(true))}
          {item(words.fork, fork)}
          {item(words.exportMarkdown, () => save('markdown'))}
          {item(words.exportJson, () => save('json'))}
          {item(words.remove, remove, 'nt-bad')}
        </div>
      )}
      {renaming && (
        <RenameDialog
          title={session.title}
          onEnd={(to) => {
            setRenaming(false);
            if (to !== undefined) chats.rename(session.id, to).catch(say);
          }}
        />
      )}
    </div>
  );
}

function RenameDialog({ title, onEnd }: { readonly title: string; readonly onEnd: (title?: string) => void }) {
  const words = strings.chat.sessions;
  const [text, setText] = useState(title);
  const done = (): void => (text.trim() === '' ? undefined : onEnd(text.trim()));
  return (
    <Dialog
      title={words.rename}
      onClose={() => onEnd()}
      actions={
        <>
          <Button onClick={() => onEnd()}>{strings.shell.cancel}</Button>
          <Button kind="primary" disabled={text.trim() === ''} onClick={done}>
            {words.save}
          </Button>
        </>
      }
    >
      <input
        ref={opensHere}
        className="nt-wide-field"
        aria-label={words.renameLabel}
        value={text}
        maxLength={200}
        onChange={(event) => setText(event.target.value)}
        onKeyDown={(event) => event.key === 'Enter' && done()}
      />
    </Dialog>
  );
}
