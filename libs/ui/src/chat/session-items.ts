import { markdownChunks } from './markdown-chunks.ts';
import type { Block, ChatTurn, SessionState } from './session-state.ts';

/** One row of the conversation. Rows are small, so that a long session is scrolled without drawing all of it. */
export type Item =
  | { readonly kind: 'question'; readonly key: string; readonly turn: ChatTurn }
  | { readonly kind: 'block'; readonly key: string; readonly turn: ChatTurn; readonly block: Block }
  | { readonly kind: 'working'; readonly key: string; readonly turn: ChatTurn }
  | { readonly kind: 'end'; readonly key: string; readonly turn: ChatTurn };

/** Makes the rows of a session; those of turns that did not change are kept from the time before. */
export function createItemMaker(): (state: SessionState) => readonly Item[] {
  const known = new WeakMap<ChatTurn, readonly Item[]>();
  const ofTurn = (turn: ChatTurn): readonly Item[] => {
    const kept = known.get(turn);
    if (kept) return kept;
    const items = itemsOf(turn);
    known.set(turn, items);
    return items;
  };
  let last: { readonly turns: readonly ChatTurn[]; readonly items: readonly Item[] } | undefined;
  return ({ turns }) => {
    if (last?.turns === turns) return last.items;
    last = { turns, items: turns.flatMap(ofTurn) };
    return last.items;
  };
}

function itemsOf(turn: ChatTurn): readonly Item[] {
  const { turnId } = turn;
  const running = turn.state === 'running';
  return [
    { kind: 'question', key: `${turnId}/q`, turn },
    ...withBodies(turn.blocks).map((block): Item => ({ kind: 'block', key: `${turnId}/${block.id}`, turn, block })),
    running ? { kind: 'working', key: `${turnId}/w`, turn } : { kind: 'end', key: `${turnId}/e`, turn },
  ];
}

/** What a model writes in a fence for the call that follows belongs to that call: it is shown with it, and not twice. */
function withBodies(blocks: readonly Block[]): readonly Block[] {
  const shown: Block[] = [];
  for (const block of blocks) {
    const before = shown.at(-1);
    if (block.kind === 'call' && takesBody.has(block.name) && before?.kind === 'text') {
      const parts = markdownChunks(before.text);
      const written = fenceBody(parts.at(-1)?.text ?? '');
      if (written !== undefined) {
        shown.pop();
        const said = parts
          .slice(0, -1)
          .map(({ text }) => text)
          .join('');
        if (said.trim() !== '') shown.push({ ...before, text: said });
        shown.push({ ...block, written });
        continue;
      }
    }
    shown.push(block);
  }
  return shown;
}

const takesBody: ReadonlySet<string> = new Set(['edit', 'write']);

function fenceBody(text: string): string | undefined {
  const lines = text.trimEnd().split('\n');
  const isFence = (line = ''): boolean => /^(?:`{3,}|~{3,})/u.test(line);
  return lines.length >= 2 && isFence(lines[0]) && isFence(lines.at(-1)) ? lines.slice(1, -1).join('\n') : undefined;
}

/** The words of a row, for finding in them. */
export function wordsOf(item: Item): string {
  if (item.kind === 'question') return item.turn.question;
  if (item.kind === 'end') return item.turn.error?.message ?? '';
  return item.kind === 'block' ? wordsIn(item.block) : '';
}

function wordsIn(block: Block): string {
  switch (block.kind) {
    case 'text':
    case 'thought':
    case 'said':
    case 'notice':
    case 'lesson':
      return block.text;
    case 'call':
      return `${block.name} ${JSON.stringify(block.arguments)} ${block.output} ${block.inner.map(wordsIn).join(' ')}`;
    case 'ask':
      return block.ask.detail;
    case 'change':
      return block.change.path;
    case 'check':
      return `${block.name} ${block.output}`;
    case 'agent':
      return `${block.task} ${block.blocks.map(wordsIn).join(' ')} ${block.text}`;
    case 'compaction':
      return '';
  }
}
