/** A message as it is sent to a model. */
export interface SentMessage {
  readonly role: string;
  readonly content?: unknown;
}

/** What a model was shown, and nothing else: it is read from the messages of its requests. */
export interface WeakView {
  /** Takes in what is new in a request. */
  hear(messages: readonly SentMessage[]): void;
  /** The task in the user's words. */
  readonly task: string;
  /** What came since the model's last answer. */
  readonly last: string;
  /** The lines of a file, where all of them were shown. */
  whole(path: string): readonly string[] | undefined;
  /** The symbol that a passage showed with all of its lines, where the line with this number is within it. */
  symbolAt(path: string, line: number): ShownSymbol | undefined;
  /** Paths with which a word was shown. */
  mentioning(word: RegExp): string[];
  /** Every path that was shown. */
  readonly paths: readonly string[];
  /** What was shown of a file holds no more. */
  forget(path: string): void;
}

export interface ShownSymbol {
  readonly name: string;
  readonly startLine: number;
  readonly endLine: number;
}

interface Shown {
  readonly lines: Map<number, string>;
  total?: number;
  symbols: ShownSymbol[];
  /** Snippets that came without numbers of lines. */
  texts: string[];
}

const passage = /^(\S+):(\d+)-(\d+)(?: ([^\s(]+))?( \(signature only\))?\n```\n([\s\S]*?)\n```$/gmu;
const readResult = /^(\S+):(\d+)-(\d+) of (\d+) lines\n((?:\d+(?:: .*|:[0-9a-f]{2}\|.*|:)(?:\n|$))+)/gmu;
const unread = /You have not read (\S+) yet; nothing was changed\. These are its lines:\n((?:\d+: ?.*(?:\n|$))+)/gu;
const hit = /^(\S+\.\w+):(\d+)-(\d+) ?(\S*)\n([\s\S]*?)(?=\n\n|$(?![\s\S]))/gmu;

export function createWeakView(): WeakView {
  const files = new Map<string, Shown>();
  let heard = 0;
  let task = '';
  let last = '';

  const fileOf = (path: string): Shown => {
    const file = files.get(path) ?? { lines: new Map<number, string>(), symbols: [], texts: [] };
    files.set(path, file);
    return file;
  };

  function numbered(path: string, text: string): void {
    const { lines } = fileOf(path);
    for (const [, number, line] of text.matchAll(/^(\d+):(?:[0-9a-f]{2}\|| ?)(.*)$/gmu))
      lines.set(Number(number), line ?? '');
  }

  function take({ role, content }: SentMessage): void {
    if (role === 'assistant' || role === 'system') return;
    const text = typeof content === 'string' ? content : '';
    last += `${text}\n`;
    const asked = /(?:^|\n)Task: ([\s\S]*?)\n\n\[Mode/u.exec(text);
    if (asked) task = asked[1] ?? '';
    for (const [, path = '', from, to, name, signature, body = ''] of text.matchAll(passage)) {
      const file = fileOf(path);
      if (signature !== undefined) {
        file.texts.push(body);
        continue;
      }
      for (const [index, line] of body.split('\n').entries()) file.lines.set(Number(from) + index, line);
      if (name !== undefined) file.symbols.push({ name, startLine: Number(from), endLine: Number(to) });
    }
    for (const [, path = '', , , total, body = ''] of text.matchAll(readResult)) {
      numbered(path, body);
      fileOf(path).total = Number(total);
    }
    for (const [, path = '', body = ''] of text.matchAll(unread)) {
      numbered(path, body);
      if (!text.includes('more lines]')) fileOf(path).total = fileOf(path).lines.size;
    }
    if (role === 'tool') for (const [, path = '', , , , body = ''] of text.matchAll(hit)) fileOf(path).texts.push(body);
  }

  return {
    hear(messages) {
      // A prompt that was told in short begins anew.
      if (messages.length < heard) heard = 0;
      last = '';
      for (const message of messages.slice(heard)) take(message);
      heard = messages.length;
    },
    get task() {
      return task;
    },
    get last() {
      return last;
    },
    get paths() {
      return [...files.keys()];
    },
    whole(path) {
      const { total, lines } = files.get(path) ?? { lines: new Map<number, string>() };
      if (total === undefined) return undefined;
      const all = Array.from({ length: total }, (_, index) => lines.get(index + 1));
      const known = all.filter((line) => line !== undefined);
      return known.length === total ? known : undefined;
    },
    symbolAt: (path, line) =>
      files.get(path)?.symbols.find(({ startLine, endLine }) => startLine <= line && line <= endLine),
    mentioning: (word) =>
      [...files].flatMap(([path, { lines, texts }]) =>
        [...lines.values(), ...texts].some((text) => word.test(text)) ? [path] : [],
      ),
    forget: (path) => void files.delete(path),
  };
}
