import type { Choice, Panel } from './chat-view.ts';
import type { Draft } from './line-editor.ts';
import { slashCommands } from './slash-commands.ts';

export interface ChoiceSources {
  /** The entries of a folder, relative to the workspace; folders end in `/`. */
  readonly files: (folder: string) => Promise<readonly string[]>;
  readonly commands: () => Promise<readonly { readonly name: string; readonly description: string }[]>;
}

/** Things that are offered at most. */
const most = 50;

/** What could stand where the cursor is: a command after a slash at the beginning, a file after `@`. Undefined where nothing is offered. */
export async function choicesFor({ text, cursor }: Draft, sources: ChoiceSources): Promise<Panel | undefined> {
  const before = text.slice(0, cursor);
  const [, command] = /^\/(\S*)$/u.exec(before) ?? [];
  if (command !== undefined) return panelOf(await commandChoices(command, sources), 0);
  const [, path] = /(?:^|\s)@([^\s@]*)$/u.exec(before) ?? [];
  if (path === undefined) return undefined;
  const from = cursor - path.length;
  return panelOf(fileChoices(path, await sources.files(folderOf(path))), from);
}

function panelOf(choices: readonly Choice[], from: number): Panel | undefined {
  return choices.length === 0 ? undefined : { kind: 'choices', choices, at: 0, from };
}

async function commandChoices(typed: string, { commands }: ChoiceSources): Promise<Choice[]> {
  const own = slashCommands.map(({ name, about }) => ({ text: `/${name}`, about }));
  const files = (await commands()).map(({ name, description }) => ({ text: `/${name}`, about: description }));
  return [...own, ...files].filter(({ text }) => text.startsWith(`/${typed}`)).slice(0, most);
}

/** Paths that hold what was typed: first those whose name begins with it, then by their length. */
export function fileChoices(typed: string, paths: readonly string[]): Choice[] {
  const wanted = typed.toLowerCase();
  const rank = (path: string): number => {
    const lower = path.toLowerCase();
    const name = lower.slice(lower.lastIndexOf('/') + 1);
    return lower.startsWith(wanted) ? 0 : name.startsWith(wanted) ? 1 : lower.includes(wanted) ? 2 : 3;
  };
  return paths
    .map((path) => ({ path, rank: rank(path) }))
    .filter((each) => each.rank < 3)
    .sort((a, b) => a.rank - b.rank || a.path.length - b.path.length || a.path.localeCompare(b.path))
    .slice(0, most)
    .map(({ path }) => ({ text: path, about: '' }));
}

/** The folder of a path, without its `/`; empty for one at the root. */
export function folderOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf('/')));
}
