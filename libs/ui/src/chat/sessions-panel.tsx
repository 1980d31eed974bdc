import type { SessionHit } from '@nootropic/contracts';
import { Ellipsis, MessageSquarePlus, Search } from 'lucide-react';
import { useDeferredValue, useState } from 'react';
import { useStore } from 'zustand';
import { Button } from '../parts/button.tsx';
import { ErrorNote } from '../parts/notes.tsx';
import { strings } from '../strings.ts';
import { useUi } from '../ui-context.tsx';
import { useAsked } from '../use-asked.ts';
import { useChats } from './chat-context.tsx';
import { groupByDay } from './day-groups.ts';
import { SessionMenu } from './session-menu.tsx';

interface SessionsPanelProps {
  readonly current: string | undefined;
  /** Called when one was chosen, so that a narrow page can close the list. */
  readonly onChosen?: () => void;
}

const lookEveryMs = 10_000;

/** The sessions of this machine, those of this folder first: found by what was said in them. */
export function SessionsPanel({ current, onChosen }: SessionsPanelProps) {
  const words = strings.chat.sessions;
  const { assistant, workspace, go } = useUi();
  const chats = useChats();
  const changes = useStore(chats.changes, ({ count }) => count);
  const [text, setText] = useState('');
  const wanted = useDeferredValue(text.trim());
  const [hidden, setHidden] = useState<ReadonlySet<string>>(new Set());
  const list = useAsked((signal) => assistant.sessions.list(undefined, { signal }), [changes], {
    everyMs: lookEveryMs,
  });
  const running = useAsked((signal) => assistant.turns.list(undefined, { signal }), [changes], {
    everyMs: lookEveryMs,
  });
  const hits = useAsked<readonly SessionHit[]>(
    async (signal) => (wanted === '' ? [] : await assistant.sessions.search({ query: wanted }, { signal })),
    [wanted, changes],
  );
  const shown: readonly SessionHit[] = (
    wanted === '' ? (list.value ?? []).map((session) => ({ session, snippet: '' })) : (hits.value ?? [])
  ).filter(({ session }) => !hidden.has(session.id));
  const open = (id: string | undefined, turn?: string): void => {
    go('chat', id === undefined ? {} : { session: id, ...(turn !== undefined && { turn }) });
    onChosen?.();
  };
  const row = ({ session, snippet, turnId }: SessionHit) => (
    <li key={session.id} className="nt-session" aria-current={session.id === current ? 'true' : undefined}>
      <a
        href={`#chat?session=${session.id}`}
        onClick={(event) => {
          event.preventDefault();
          open(session.id, turnId);
        }}
      >
        <span className="nt-session-title">{session.title || words.untitled}</span>
        {running.value?.some(({ sessionId }) => sessionId === session.id) === true && (
          <span className="nt-running">{words.running}</span>
        )}
        {snippet !== '' && <span className="nt-session-snippet nt-faint">{snippet}</span>}
      </a>
      <SessionMenu
        session={session}
        icon={<Ellipsis aria-hidden size={14} />}
        onRemove={(isHidden) =>
          setHidden((before) => {
            const next = new Set(before);
            if (isHidden) next.add(session.id);
            else next.delete(session.id);
            return next;
          })
        }
        onRemoved={() => session.id === current && open(undefined)}
        onForked={(id) => open(id)}
      />
    </li>
  );
  const groups = byWorkspace(shown, workspace);
  return (
    <div className="nt-sessions">
      <div className="nt-sessions-head">
        <Button
          icon={<MessageSquarePlus aria-hidden size={15} />}
          onClick={() => open(undefined)}
          aria-keyshortcuts="n"
        >
          {strings.chat.newSession}
        </Button>
        <label className="nt-search-field">
          <Search aria-hidden size={14} />
          <input
            type="search"
            aria-label={words.search}
            placeholder={words.search}
            value={text}
            onChange={(event) => setText(event.target.value)}
          />
        </label>
      </div>
      <nav className="nt-sessions-list" aria-label={words.title} tabIndex={-1}>
        {list.error && <ErrorNote error={list.error} again={list.again} />}
        {shown.length === 0 && !list.loading && !hits.loading && (
          <p className="nt-faint nt-sessions-none">{wanted === '' ? words.none : words.noneFound}</p>
        )}
        {groups.map(({ name, title, sessions }) => (
          <section key={name} aria-label={title}>
            {groups.length > 1 && (
              <h2 className="nt-sessions-folder" title={name}>
                {title}
              </h2>
            )}
            {wanted === '' ? (
              groupByDay(sessions, ({ session }) => session.updatedAt, Date.now()).map(({ day, items }) => (
                <div key={day}>
                  {groups.length > 1 ? <h3>{day}</h3> : <h2>{day}</h2>}
                  <ul>{items.map(row)}</ul>
                </div>
              ))
            ) : (
              <ul>{sessions.map(row)}</ul>
            )}
          </section>
        ))}
      </nav>
    </div>
  );
}

function byWorkspace(hits: readonly SessionHit[], here: string) {
  const names = [...new Set(hits.map(({ session }) => session.workspace))].sort(
    (a, b) => Number(b === here) - Number(a === here),
  );
  return names.map((name) => ({
    name,
    title: name === here ? strings.chat.sessions.here : folderName(name),
    sessions: hits.filter(({ session }) => session.workspace === name),
  }));
}

function folderName(path: string): string {
  return path.split(/[\\/]/u).findLast((part) => part !== '') ?? path;
}
