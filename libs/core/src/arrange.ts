import type { Image, Message, ToolSpec } from '@nootropic/contracts';
import { dropDuplicates } from './arrange-duplicates.ts';
import { arrangeTools } from './arrange-tools.ts';
import { splitPrompt } from './arrange-volatile.ts';

export interface Arranged {
  readonly messages: readonly Message[];
  /** Absent where there were none. */
  readonly tools?: readonly ToolSpec[];
  /** What was changed, in this order. */
  readonly changes: readonly ('tools-sorted' | 'headers-dropped' | 'volatile-moved' | 'duplicates-dropped')[];
  /** Remembers where the moved parts stand, so that the next request of the conversation has them in the same place. */
  keep(): void;
}

/** Makes requests of agents friendly to a model that still holds what it has read. */
export interface Arranger {
  /** @param client Who asks: conversations of two are never taken for one. */
  arrange(
    request: { readonly messages: readonly Message[]; readonly tools?: readonly ToolSpec[] },
    client: string,
  ): Arranged;
}

/** Parts that were put into the conversation: before the text of a message, or as a message of their own after it. */
interface Placed {
  /** The message, counted without those of the system at the beginning. */
  readonly at: number;
  readonly own: boolean;
  readonly pieces: readonly string[];
}

/** A conversation as its last request left it. */
interface Conversation {
  readonly client: string;
  /** The system messages, without what may change. */
  readonly system: readonly Message[];
  /** The rest, as it came. */
  readonly messages: readonly Message[];
  readonly placed: readonly Placed[];
  /** What may change, as it was told last. */
  readonly pieces: readonly string[];
}

/** Conversations that are remembered; a forgotten one only has its changed parts where its first ones stand. */
const remembered = 128;

/**
 * A model reads only what does not begin like something that it has read. So the beginning is kept the same from request to request: tools
 * get one order (`arrangeTools`), what changes (`splitPrompt`) goes from the system prompt to the first message of the user, what is said twice
 * is said once (`dropDuplicates`). Where the moved parts change during a conversation, the new ones stand with its newest message, the old ones
 * stay where they were; that is remembered for each conversation, and found again by its messages. Nothing else is changed, nothing is reordered.
 * Pure but for that memory.
 */
export function createArranger(): Arranger {
  let conversations: readonly Conversation[] = [];
  return {
    arrange({ messages: given, tools: givenTools }, client) {
      const { system, messages, pieces, headers } = takeApart(given);
      const tools = givenTools && arrangeTools(givenTools);
      const isSorted = tools !== undefined && JSON.stringify(tools) !== JSON.stringify(givenTools);
      const before = previous(conversations, { client, system, messages, pieces });
      const placed = place(before, messages, pieces);
      const whole = [...system, ...insert(messages, placed)];
      const slim = dropDuplicates(whole);
      return {
        messages: slim,
        ...(tools && { tools }),
        changes: [
          ...(isSorted ? (['tools-sorted'] as const) : []),
          ...(headers ? (['headers-dropped'] as const) : []),
          ...(placed.length > 0 ? (['volatile-moved'] as const) : []),
          ...(slim === whole ? [] : (['duplicates-dropped'] as const)),
        ],
        keep() {
          if (pieces.length === 0 && before === undefined) return;
          const now = { client, system, messages, placed, pieces: pieces.length > 0 ? pieces : (before?.pieces ?? []) };
          conversations = [now, ...conversations.filter((each) => each !== before)].slice(0, remembered);
        },
      };
    },
  };
}

/** The system messages at the beginning without what may change, the rest, and what may change. */
function takeApart(given: readonly Message[]) {
  const first = given.findIndex(({ role }) => role !== 'system');
  const length = first === -1 ? given.length : first;
  const messages = given.slice(length);
  const split = given.slice(0, length).map(({ content }) => splitPrompt(content));
  const headers = split.some((each) => each.headers);
  const cleared = split.map((each) => each.stable);
  // What is moved needs a message to stand in.
  const canMove = messages.some(({ role }) => role === 'user');
  const contents = canMove ? cleared : given.slice(0, length).map(({ content }) => content);
  const system = contents.flatMap((content): Message[] => (content.trim() === '' ? [] : [{ role: 'system', content }]));
  const pieces = canMove ? split.flatMap((each) => each.pieces) : [];
  return { system, messages, pieces: [...new Set(pieces)], headers: headers && canMove };
}

/** The conversation that this request goes on with: the one that shares most with it. */
function previous(
  conversations: readonly Conversation[],
  { client, system, messages, pieces }: Omit<Conversation, 'placed'>,
): Conversation | undefined {
  const candidates = conversations.filter(
    (each) =>
      each.client === client &&
      each.messages.length <= messages.length &&
      isBeginning(each.messages, messages) &&
      isBeginning(each.system, system) &&
      each.system.length === system.length,
  );
  const longest = Math.max(...candidates.map((each) => each.messages.length));
  const best = candidates.filter((each) => each.messages.length === longest);
  const same = best.find((each) => pieces.every((piece) => each.pieces.includes(piece)));
  if (same) return same;
  // The same words again, with other surroundings: it is the same request anew, or another conversation that begins like it.
  if (longest === messages.length || best.length > 1) return undefined;
  return best[0];
}

/** Where the parts that may change stand: as before, and what is new with the newest message. */
function place(before: Conversation | undefined, messages: readonly Message[], pieces: readonly string[]): Placed[] {
  if (!before) {
    const at = messages.findIndex(({ role }) => role === 'user');
    return pieces.length === 0 || at === -1 ? [] : [{ at, own: false, pieces }];
  }
  const fresh = pieces.filter((piece) => !before.pieces.includes(piece));
  if (fresh.length === 0) return [...before.placed];
  const at = messages.length - 1;
  return [...before.placed, { at, own: messages[at]?.role !== 'user', pieces: fresh }];
}

function insert(messages: readonly Message[], placed: readonly Placed[]): Message[] {
  return messages.flatMap((message, index): Message[] => {
    const here = placed.find(({ at }) => at === index);
    if (!here) return [message];
    const isFirst = here === placed[0];
    const told = `<environment>\n${isFirst ? '' : 'It has changed:\n'}${here.pieces.join('\n')}\n</environment>`;
    if (here.own || message.role !== 'user') return [message, { role: 'user', content: told }];
    return [{ ...message, content: `${told}\n\n${message.content}` }];
  });
}

function isBeginning(beginning: readonly Message[], whole: readonly Message[]): boolean {
  return beginning.every((message, index) => isSame(message, whole[index]));
}

function sameImages(a: readonly Image[] = [], b: readonly Image[] = []): boolean {
  return a.length === b.length && a.every(({ data }, index) => data === b[index]?.data);
}

function isSame(a: Message, b: Message | undefined): boolean {
  if (a === b) return true;
  if (a.role !== b?.role || a.content !== b.content) return false;
  if (a.role === 'tool' && b.role === 'tool') return a.toolCallId === b.toolCallId && a.name === b.name;
  if (a.role === 'user' && b.role === 'user') return sameImages(a.images, b.images);
  if (a.role !== 'assistant' || b.role !== 'assistant') return true;
  return JSON.stringify(a.toolCalls ?? []) === JSON.stringify(b.toolCalls ?? []);
}
