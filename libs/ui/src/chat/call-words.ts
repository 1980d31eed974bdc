import { strings } from '../strings.ts';

/** Arguments that say what a call is about, the most telling first. */
const telling = ['command', 'line', 'path', 'symbol', 'query', 'url', 'question', 'text', 'name', 'task'];

export interface CallWords {
  readonly title: string;
  /** A command or the like, which is shown as code beside the title. */
  readonly code: string;
}

/** What a call of a tool does, in words. A tool that is not known is told by its name and its most telling argument. */
export function callWords(name: string, given: Readonly<Record<string, unknown>>): CallWords {
  const words = strings.chat.call;
  const text = (key: string): string => (typeof given[key] === 'string' ? given[key] : '');
  const plain = (title: string): CallWords => ({ title, code: '' });
  switch (name) {
    case 'read': {
      const { startLine, endLine } = given;
      const lines =
        typeof startLine === 'number' ? words.lines(startLine, typeof endLine === 'number' ? endLine : undefined) : '';
      return plain(words.read(text('path'), lines));
    }
    case 'search':
      return plain(words.search(text('query')));
    case 'list':
      return plain(words.list(text('path')));
    case 'symbol':
      return plain(words.symbol(text('name')));
    case 'graph': {
      const ask = text('ask');
      return plain((ask === 'impact' ? words.impact : ask === 'tests' ? words.tests : words.callers)(text('symbol')));
    }
    case 'edit':
      return plain(words.edit([text('path'), text('symbol')].filter((part) => part !== '').join(', ')));
    case 'write':
      return plain(words.write(text('path')));
    case 'run':
      return { title: '', code: text('line') };
    case 'todo':
      return plain(words.todo);
    case 'task':
      return { title: words.task, code: text('task') };
    case 'web-fetch':
      return plain(words.fetch(text('url')));
    case 'remember':
      return { title: words.remember, code: text('fact') || text('text') };
    case 'ask-user':
      return { title: words.ask, code: text('question') };
    case 'use-skill':
      return plain(words.skill(text('name')));
    default: {
      const first = telling.find((key) => typeof given[key] === 'string');
      return { title: words.other(name), code: first === undefined ? '' : oneLine(text(first)) };
    }
  }
}

function oneLine(text: string): string {
  return text.replace(/\s+/gu, ' ').trim();
}
