import type { Assistant, Attachment } from '@nootropic/contracts';

/** Something that can stand where the cursor is. */
export interface Choice {
  readonly group: 'files' | 'symbols' | 'commands';
  readonly title: string;
  readonly about: string;
  /** What is put in place of what was typed. */
  readonly insert: string;
  readonly attachment?: Attachment;
}

export interface Typed {
  readonly kind: 'file' | 'command';
  /** What was typed after the `@` or `/`. */
  readonly query: string;
  /** Where the `@` or `/` stands. */
  readonly from: number;
}

/** Whether suggestions are wanted at the cursor: after `@` anywhere, after `/` at the beginning. */
export function typedAt(text: string, cursor: number): Typed | undefined {
  const before = text.slice(0, cursor);
  const command = /^\/([\w-]*)$/u.exec(before)?.[1];
  if (command !== undefined) return { kind: 'command', query: command, from: 0 };
  const file = /(?:^|\s)@([^\s@]*)$/u.exec(before)?.[1];
  return file === undefined ? undefined : { kind: 'file', query: file, from: cursor - file.length - 1 };
}

const mostFiles = 8;
const mostSymbols = 5;

/** Files and symbols for `@`, commands for `/`. A part that cannot be asked is left out. */
export async function findChoices(
  { assistant, workspace }: { readonly assistant: Assistant; readonly workspace: string },
  typed: Typed,
  signal: AbortSignal,
): Promise<readonly Choice[]> {
  if (typed.kind === 'command') {
    const { commands } = await assistant.trust.show({ workspace }, { signal });
    return commands
      .filter(({ name }) => name.startsWith(typed.query))
      .map(({ name, description }) => ({
        group: 'commands',
        title: `/${name}`,
        about: description,
        insert: `/${name} `,
      }));
  }
  const [files, symbols] = await Promise.all([
    assistant.files.find({ workspace, query: typed.query, limit: mostFiles }, { signal }).catch(() => []),
    typed.query.length < 2
      ? []
      : assistant
          .search({ workspace, query: `symbol:${typed.query}`, limit: mostSymbols }, { signal })
          .then(({ hits }) => hits)
          .catch(() => []),
  ]);
  return [
    ...files.map(({ path }): Choice => ({
      group: 'files',
      title: path,
      about: '',
      insert: `@${path} `,
      attachment: { kind: 'file', path },
    })),
    ...symbols
      .filter(({ symbol }) => symbol !== '')
      .map(({ symbol, path, startLine, endLine }): Choice => ({
        group: 'symbols',
        title: symbol,
        about: `${path}:${startLine}`,
        insert: `@${symbol} `,
        attachment: { kind: 'file', path, startLine, endLine },
      })),
  ];
}
