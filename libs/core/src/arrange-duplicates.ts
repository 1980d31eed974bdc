import type { Message } from '@nootropic/contracts';
import { replaceBlocks } from './arrange-blocks.ts';

/** What an agent writes beside the words of its user, and writes again with every message. */
const reminder = { open: '<system-reminder>', close: '</system-reminder>' };
/** A file as agents attach it, as Cline and Crush do. Its first line is the tag with the path. */
const fileTags = ['file_content', 'file', 'document'];
const firstLine = /^ [a-z_]+="[^"\n]{1,1000}"(?: [a-z_]+="[^"\n]{0,200}"){0,4}>\n/u;
/** A shorter content costs less than saying that it stands above. */
const shortestContent = 200;
const pointer = 'The content is the same as above.';

/**
 * The same messages without what a user message says a second time: reminders that the user message before it had word for word, the
 * content of a file that stands in an earlier user message under the same name, and a system message that repeats the one before it.
 * What the user wrote, answers, calls and tool results stay as they are, and no message gets empty. What becomes of a message depends on those
 * before it alone, so that the beginning of a conversation stays the same as it grows.
 */
export function dropDuplicates(messages: readonly Message[]): readonly Message[] {
  let reminders = new Set<string>();
  const files = new Set<string>();
  const kept: Message[] = [];
  for (const message of messages) {
    const before = kept.at(-1);
    if (message.role === 'system' && before?.role === 'system' && before.content === message.content) continue;
    if (message.role !== 'user') {
      kept.push(message);
      continue;
    }
    const mine = new Set<string>();
    let content = replaceBlocks(message.content, reminder, (whole) => {
      const isRepeated = reminders.has(whole) || mine.has(whole);
      mine.add(whole);
      return isRepeated ? '' : whole;
    });
    if (mine.size > 0) reminders = mine;
    for (const tag of fileTags)
      content = replaceBlocks(content, { open: `<${tag}`, close: `</${tag}>` }, (whole) => {
        const attributes = firstLine.exec(whole.slice(tag.length + 1))?.[0];
        if (attributes === undefined || whole.length < shortestContent) return whole;
        if (files.has(whole)) return `<${tag}${attributes}${pointer}\n</${tag}>`;
        files.add(whole);
        return whole;
      });
    kept.push(content === message.content || content.trim() === '' ? message : { ...message, content });
  }
  return kept.length === messages.length && kept.every((each, index) => each === messages[index]) ? messages : kept;
}
