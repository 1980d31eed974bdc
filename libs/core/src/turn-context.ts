import type {
  Config,
  ContextBlock,
  Knowledge,
  SendInput,
  Telemetry,
  TurnEvent,
  TurnEventBody,
} from '@nootropic/contracts';
import { refreshIndex } from './refresh-index.ts';
import { estimateTokens } from './room.ts';

const progressIntervalMs = 200;

/** Brings the index up to date, and shows now and then how far it is. */
export async function* refreshed(
  knowledge: Knowledge,
  how: {
    readonly write: (bodies: readonly TurnEventBody[]) => Promise<TurnEvent[]>;
    readonly telemetry: Telemetry;
    readonly signal: AbortSignal;
    readonly now: () => number;
  },
): AsyncGenerator<TurnEvent, void> {
  const { write, telemetry, signal, now } = how;
  let lastShown = now();
  for await (const progress of refreshIndex(knowledge, telemetry, { signal })) {
    signal.throwIfAborted();
    if (progress.phase === 'done' || now() - lastShown < progressIntervalMs) continue;
    lastShown = now();
    yield* await write([{ type: 'progress', task: progress.phase, done: progress.done, total: progress.total }]);
  }
}

/** The passages for a question: the files attached to it, then what a search finds for it and the text attached. */
export async function gatherPassages(
  knowledge: Knowledge,
  how: {
    readonly input: SendInput;
    readonly config: Config;
    readonly signal: AbortSignal;
    /** The tokenizer of the model that is to answer, where that is in memory already. */
    readonly countTokens?: ((text: string) => Promise<number>) | undefined;
  },
): Promise<ContextBlock[]> {
  const { input, config, signal, countTokens } = how;
  const attached: ContextBlock[] = [];
  let query = input.text;
  for (const attachment of input.attachments ?? []) {
    if (attachment.kind === 'text') {
      query += `\n${attachment.text.slice(0, 2000)}`;
      continue;
    }
    // A picture is looked at, never searched for.
    if (attachment.kind === 'image') continue;
    const { path, startLine = 1, endLine = startLine + 399 } = attachment;
    const range = await knowledge.read(path, { startLine, endLine });
    attached.push({
      citation: { path, startLine: range.startLine, endLine: range.endLine },
      text: range.text,
      score: 1,
      signature: '',
      doc: '',
      callers: [],
    });
  }
  const attachedTokens = attached.reduce((sum, block) => sum + estimateTokens(block.text), 0);
  const room = Math.max(256, config.answer.contextTokens - attachedTokens);
  const found = await knowledge.gather(query, { tokens: room, ...(countTokens && { countTokens }) }, signal);
  return [...attached, ...found.blocks];
}
