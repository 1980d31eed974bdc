import type { ToolCall } from '@nootropic/contracts';

/** A call, and where in the text of its step it came: so many characters had been said. */
export interface PlacedCall {
  readonly call: ToolCall;
  readonly at: number;
}

/** What opens a body: a fence, a search-and-replace block, or the hunk of a diff. */
const opening = /^\s{0,3}(?:`{3,}|~{3,})|^<{5,9} ?SEARCH\b|^@@(?: |$)/mu;

/** Arguments in which models put code all the same, though no tool has them. */
const bodyKeys = ['body', 'content', 'contents', 'code', 'text', 'file_text', 'new_content', 'diff', 'patch', 'edit'];
const beforeKeys = ['old_string', 'old_str', 'oldText', 'old_text', 'oldString', 'search', 'old'];
const afterKeys = ['new_string', 'new_str', 'newText', 'new_text', 'newString', 'replace', 'replacement', 'new'];

/** All of it is one fenced block, or it is made of search-and-replace blocks. */
const wrapped = /^\s*(?:(?<fence>`{3,}|~{3,})[^\n]*\n[\s\S]*\n\k<fence>|<{5,9} ?SEARCH\b[\s\S]*)\s*$/u;

export function hasBody(text: string): boolean {
  return opening.test(text);
}

/** A body as the model wrote it: text with a fenced block in it, or, `raw`, the content itself. */
export interface CallBody {
  readonly text: string;
  readonly raw: boolean;
}

/**
 * The text that holds each call's body, by the id of the call: what is in its arguments; else the fenced block that follows the call; else, where
 * the text begins with blocks, the one before it. Bodies lie in plain text since code inside JSON costs models much of their accuracy
 * (https://aider.chat/2024/08/14/code-in-json.html).
 *
 * @param calls Those that take a body, in order.
 */
export function bodiesOf(said: string, calls: readonly PlacedCall[]): Map<string, CallBody> {
  const bodies = new Map<string, CallBody>();
  const first = calls[0];
  const leads = first !== undefined && hasBody(said.slice(0, first.at));
  for (const [index, { call, at }] of calls.entries()) {
    const before = said.slice(calls[index - 1]?.at ?? 0, at);
    const after = said.slice(at, calls[index + 1]?.at);
    const written = bodyInArguments(call.arguments);
    const found =
      written?.text ??
      (leads ? [before, after] : [after, before]).find((text) => hasBody(text)) ??
      // Calls that came together after all of the text: the blocks are theirs in order.
      blockAt(said, { index, calls });
    if (found !== undefined) bodies.set(call.id, written ?? { text: found, raw: false });
  }
  return bodies;
}

/** The body where a model wrote it into the arguments. */
export function bodyInArguments(args: Readonly<Record<string, unknown>>): CallBody | undefined {
  const text = (keys: readonly string[]) =>
    keys.map((key) => args[key]).find((value): value is string => typeof value === 'string');
  const [before, after] = [text(beforeKeys), text(afterKeys)];
  if (before !== undefined && before !== '' && after !== undefined)
    return { text: `<<<<<<< SEARCH\n${ended(before)}=======\n${ended(after)}>>>>>>> REPLACE`, raw: false };
  const body = text(bodyKeys) ?? after;
  if (body === undefined) return undefined;
  return { text: body, raw: !wrapped.test(body) };
}

function blockAt(said: string, { index, calls }: { index: number; calls: readonly PlacedCall[] }): string | undefined {
  if (calls.length < 2 || calls.some(({ at }) => at !== calls[0]?.at)) return undefined;
  const blocks = [...said.matchAll(/^(?<fence>`{3,}|~{3,})[^\n]*\n[\s\S]*?^\k<fence>[^\S\n]*$/gmu)].map(
    ([block]) => block,
  );
  return blocks.length === calls.length ? blocks[index] : undefined;
}

function ended(text: string): string {
  return text === '' || text.endsWith('\n') ? text : `${text}\n`;
}
