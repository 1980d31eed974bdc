import { Command, defaultFilter } from 'cmdk';
import { FileText, Keyboard, LogOut, MessageSquare, MessageSquarePlus, PanelLeft, Route, SunMoon } from 'lucide-react';
import { useState, type ReactNode } from 'react';
import { strings } from '../strings.ts';
import { useUi } from '../ui-context.tsx';
import { useAsked } from '../use-asked.ts';
import { Dialog, opensHere } from './dialog.tsx';
import { themes, type Shell } from './shell-store.ts';
import { focusQuestion } from './use-shortcuts.ts';
import { views } from './views.tsx';

interface Entry {
  readonly key: string;
  readonly title: string;
  readonly symbol: ReactNode;
  readonly run: () => void;
}

const mostSessions = 8;
const mostFiles = 8;
const icon = { 'aria-hidden': true, size: 16 } as const;

/** Everything that can be done or opened, by typing a part of its name: views, chats, files, and what the page can do. */
export function Palette({ shell }: { readonly shell: Shell }) {
  const words = strings.shell.paletteWords;
  const [text, setText] = useState('');
  const wanted = text.trim();
  const groups = useEntries(shell, wanted).filter(({ entries }) => entries.length > 0);
  const close = (): void => shell.open(undefined);
  return (
    <Dialog label={strings.shell.palette} className="nt-palette" onClose={close}>
      {/* Its own filter moves rows about in the document, and forgets which one is chosen. */}
      <Command label={strings.shell.palette} loop shouldFilter={false}>
        <Command.Input ref={opensHere} placeholder={words.placeholder} value={text} onValueChange={setText} />
        <Command.List label={words.results}>
          {groups.length === 0 && <Command.Empty>{words.empty}</Command.Empty>}
          {groups.map(({ title, entries }) => (
            <Command.Group key={title} heading={title}>
              {entries.map(({ key, title: name, symbol, run }) => (
                <Command.Item
                  key={key}
                  value={key}
                  onSelect={() => {
                    close();
                    run();
                  }}
                >
                  {symbol}
                  <span>{name}</span>
                </Command.Item>
              ))}
            </Command.Group>
          ))}
        </Command.List>
      </Command>
    </Dialog>
  );
}

/** What fits the text, by group, the best first. */
function useEntries(
  shell: Shell,
  wanted: string,
): readonly { readonly title: string; readonly entries: readonly Entry[] }[] {
  const words = strings.shell.paletteWords;
  const { assistant, workspace, face, go, openFile } = useUi();
  const sessions = useAsked((signal) => assistant.sessions.list(undefined, { signal }), []).value ?? [];
  const files =
    useAsked(
      async (signal) =>
        wanted.length < 2 ? [] : await assistant.files.find({ workspace, query: wanted, limit: mostFiles }, { signal }),
      [workspace, wanted],
    ).value ?? [];
  const entry = (title: string, symbol: ReactNode, run: () => void): Entry => ({ key: title, title, symbol, run });
  const actions = [
    entry(strings.chat.newSession, <MessageSquarePlus {...icon} />, () => {
      go('chat');
      focusQuestion();
    }),
    entry(words.foldRail, <PanelLeft {...icon} />, () => shell.setRail(!shell.store.getState().railOpen)),
    ...(face.kind === 'editor'
      ? []
      : themes.map((theme) => entry(strings.shell.themes[theme], <SunMoon {...icon} />, () => shell.setTheme(theme)))),
    entry(strings.shell.shortcuts, <Keyboard {...icon} />, () => shell.open('shortcuts')),
    entry(words.tour, <Route {...icon} />, () => shell.open('tour')),
    ...(face.signOut ? [entry(strings.shell.signOut, <LogOut {...icon} />, face.signOut)] : []),
  ];
  const chats = sessions.map(({ id, title }) => ({
    ...entry(title || strings.chat.sessions.untitled, <MessageSquare {...icon} />, () => go('chat', { session: id })),
    key: `session ${id}`,
  }));
  return [
    {
      title: words.go,
      entries: fitting(
        views.map(({ name, icon: symbol }) => entry(words.goTo(strings.shell.views[name]), symbol, () => go(name))),
        wanted,
      ),
    },
    { title: words.do, entries: fitting(actions, wanted) },
    { title: strings.chat.sessions.title, entries: fitting(chats, wanted).slice(0, mostSessions) },
    {
      title: strings.chat.composer.files,
      // The host has found and sorted them.
      entries: (wanted.length < 2 ? [] : files).map(({ path }) => ({
        ...entry(path, <FileText {...icon} />, () => openFile(path)),
        key: `file ${path}`,
      })),
    },
  ];
}

function fitting(entries: readonly Entry[], wanted: string): readonly Entry[] {
  if (wanted === '') return entries;
  return entries
    .map((entry) => ({ entry, score: defaultFilter(entry.title, wanted) }))
    .filter(({ score }) => score > 0)
    .sort((a, b) => b.score - a.score)
    .map(({ entry }) => entry);
}
