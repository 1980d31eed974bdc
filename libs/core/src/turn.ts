import {
  extractiveAnswer,
  extractiveCitations,
  findCitations,
  formatCitation,
  runTurn,
  type Agent,
  type TurnOutcome,
  type TurnStep,
} from '@nootropic/agents';
import {
  NootropicError,
  type Citation,
  type Config,
  type ContextBlock,
  type Knowledge,
  type SendInput,
  type Session,
  type SessionLog,
  type Telemetry,
  type TokenCounts,
  type TurnEvent,
  type TurnEventBody,
} from '@nootropic/contracts';
import { gatherDeltas } from './gather-deltas.ts';
import type { Models } from './models.ts';
import { buildPrompt, promptLength } from './prompt.ts';
import { createRecorder } from './recorder.ts';
import { estimateTokens, fitBlocks, measureRoom } from './room.ts';

export interface TurnPorts {
  readonly sessions: SessionLog;
  readonly models: Models;
  /** What is known of the workspace with this absolute path. */
  readonly knowledge: (workspace: string) => Promise<Knowledge>;
  readonly telemetry: Telemetry;
  readonly config: Config;
  readonly agent: Agent;
  readonly now: () => number;
  readonly newId: () => string;
}

/** Text pieces closer together than this are one event: each event waits for the disk before it is shown. */
const deltaWindowMs = 25;
/** How long a cancelled model may take to end by itself before the turn ends without it. */
const abortGraceMs = 100;
const progressIntervalMs = 200;
const noTokens: TokenCounts = { read: 0, reused: 0, written: 0 };

/**
 * One turn from end to end. Every event is on the disk before it is yielded. It ends with one `turn-end` or `turn-error`,
 * also when the reader walks away or the signal aborts. It throws only where nothing can be written any more.
 */
export async function* takeTurn(
  ports: TurnPorts,
  input: SendInput,
  signal?: AbortSignal,
): AsyncGenerator<TurnEvent, void> {
  const startedAt = ports.now();
  const session = await openSession(ports, input);
  const history = session.events > 0 ? await ports.sessions.read(session.id) : [];
  const { record } = createRecorder({
    log: ports.sessions,
    sessionId: session.id,
    turnId: ports.newId(),
    lastSeq: session.events,
    now: ports.now,
  });
  const abort = new AbortController();
  const combined = signal ? AbortSignal.any([signal, abort.signal]) : abort.signal;

  const shown: TurnEvent[] = [];
  let text = '';
  let firstTextMs: number | undefined;
  let tokens: TokenCounts | undefined = noTokens;
  let ended = false;
  const write = async (bodies: readonly TurnEventBody[]) => {
    const events = await record(bodies);
    for (const body of bodies) {
      if (body.type !== 'text-delta') continue;
      text += body.text;
      firstTextMs ??= ports.now() - startedAt;
    }
    shown.push(...events);
    return events;
  };
  const usage = () => ({
    tokensRead: tokens?.read ?? 0,
    tokensReused: tokens?.reused ?? 0,
    tokensWritten: tokens?.written ?? 0,
    ...(firstTextMs !== undefined && { firstTextMs }),
    totalMs: ports.now() - startedAt,
  });
  const end = (reason: 'done' | 'length' | 'steps' | 'aborted', citations: Citation[]) => {
    ended = true;
    ports.telemetry.count('nootropic_turns_total', 1, { outcome: reason });
    ports.telemetry.time('nootropic_turn_duration_seconds', (ports.now() - startedAt) / 1000);
    return write([{ type: 'turn-end', reason, text, citations, usage: usage() }]);
  };

  try {
    yield* await write([
      {
        type: 'turn-start',
        text: input.text,
        agent: ports.agent.name,
        workspace: input.workspace,
        ...(input.attachments?.length && { attachments: input.attachments }),
      },
    ]);

    const chosen = await ports.models.choose(input.model);
    const loading = chosen.ref === 'none' ? undefined : ports.models.load(chosen.ref, 'chat', combined);
    // The load runs beside the search; where the search fails first, nobody is left to hear of the load.
    loading?.catch(() => undefined);

    const knowledge = await ports.knowledge(input.workspace);
    yield* refreshed(knowledge, { write, signal: combined, now: ports.now });
    const gatherStart = ports.now();
    const found = await gather(knowledge, { input, config: ports.config, signal: combined });
    const contextReady = (blocks: ContextBlock[], perToken?: number): TurnEventBody[] => {
      const characters = blocks.reduce((sum, block) => sum + block.text.length, 0);
      const blockTokens =
        perToken === undefined ? estimateTokens('x'.repeat(characters)) : Math.ceil(characters / perToken);
      return [
        { type: 'context-ready', blocks, tokens: blockTokens, tookMs: ports.now() - gatherStart },
        { type: 'model-chosen', model: chosen.ref, reason: chosen.reason },
      ];
    };

    if (!loading) {
      yield* await write(contextReady(found));
      const ways = await ports.models.ways(combined);
      for (const piece of extractiveAnswer(found, ways)) yield* await write([{ type: 'text-delta', text: piece }]);
      yield* await end('done', extractiveCitations(found));
      return;
    }

    const model = await loading;
    const sample = found.map((block) => block.text).join('\n') + input.text;
    const room = await measureRoom(model, sample, ports.config.answer.maxTokens);
    const tools = model.info.can.includes('tools')
      ? JSON.stringify(ports.agent.tools.map((tool) => tool.spec)).length
      : 0;
    const before = buildPrompt(ports.agent.system, [...history, ...shown], room.characters - tools);
    const blocks = fitBlocks(
      found,
      Math.min(
        room.characters - tools - promptLength(before.messages),
        ports.config.answer.contextTokens * room.perToken,
      ),
    );
    yield* await write(contextReady(blocks, room.perToken));
    const { messages, trimmedTurns } = buildPrompt(ports.agent.system, [...history, ...shown], room.characters - tools);
    if (trimmedTurns > 0) {
      yield* await write([
        {
          type: 'notice',
          level: 'info',
          code: 'context-trimmed',
          message: `Passages of ${trimmedTurns} earlier turns were left out, so that the question fits into the model’s context.`,
        },
      ]);
    }
    const limits = {
      maxTokens: room.answerTokens,
      maxSteps: ports.config.answer.maxSteps,
      characters: room.characters - tools - promptLength(messages),
    };
    const steps = runTurn({ agent: ports.agent, model, knowledge, messages, limits, signal: combined });
    const batches = gatherDeltas<TurnStep, TurnOutcome>(steps, {
      windowMs: deltaWindowMs,
      graceMs: abortGraceMs,
      signal: combined,
    });
    let batch = await batches.next();
    while (!batch.done) {
      yield* await write(batch.value);
      batch = await batches.next();
    }
    tokens = batch.value?.tokens;
    if (!batch.value || batch.value.reason === 'aborted') {
      yield* await end('aborted', []);
      return;
    }
    const { citations, missing } = await checkCitations(knowledge, text, blocks);
    if (missing.length > 0) {
      yield* await write([
        {
          type: 'notice',
          level: 'warning',
          code: 'citation-missing',
          message: `The answer names lines that do not exist: ${missing.map(formatCitation).join(', ')}.`,
        },
      ]);
    }
    yield* await end(batch.value.reason, citations);
  } catch (cause) {
    const error = NootropicError.from(cause);
    if (error.code === 'ABORTED') {
      yield* await end('aborted', []);
      return;
    }
    ended = true;
    ports.telemetry.count('nootropic_turns_total', 1, { outcome: 'error' });
    ports.telemetry.log('error', error.message, { code: error.code, turn: shown[0]?.turnId });
    yield* await write([{ type: 'turn-error', error: error.toJSON(), usage: usage() }]);
  } finally {
    abort.abort();
    if (!ended) await end('aborted', []);
  }
}

async function openSession({ sessions, newId, now }: TurnPorts, input: SendInput): Promise<Session> {
  if (input.sessionId !== undefined) return sessions.find(input.sessionId);
  const title = (input.text.trim().split('\n')[0] ?? '').slice(0, 80);
  return sessions.create({ id: newId(), workspace: input.workspace, title, createdAt: now() });
}

async function* refreshed(
  knowledge: Knowledge,
  {
    write,
    signal,
    now,
  }: { write: (bodies: readonly TurnEventBody[]) => Promise<TurnEvent[]>; signal: AbortSignal; now: () => number },
): AsyncGenerator<TurnEvent> {
  let lastShown = now();
  for await (const progress of knowledge.refresh({ signal })) {
    signal.throwIfAborted();
    if (progress.phase === 'done' || now() - lastShown < progressIntervalMs) continue;
    lastShown = now();
    yield* await write([{ type: 'progress', task: progress.phase, done: progress.done, total: progress.total }]);
  }
}

/** The passages for a question: the files attached to it, then what a search finds for it and the text attached. */
async function gather(
  knowledge: Knowledge,
  { input, config, signal }: { input: SendInput; config: Config; signal: AbortSignal },
): Promise<ContextBlock[]> {
  const attached: ContextBlock[] = [];
  let query = input.text;
  for (const attachment of input.attachments ?? []) {
    if (attachment.kind === 'text') {
      query += `\n${attachment.text.slice(0, 2000)}`;
      continue;
    }
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
  const found = await knowledge.gather(query, { tokens: room }, signal);
  return [...attached, ...found.blocks];
}

/** Keeps the citations that exist. An answer that names none rests on what it was given. */
async function checkCitations(
  knowledge: Knowledge,
  text: string,
  blocks: readonly ContextBlock[],
): Promise<{ citations: Citation[]; missing: Citation[] }> {
  const citations: Citation[] = [];
  const missing: Citation[] = [];
  for (const citation of findCitations(text)) {
    const range = await knowledge.read(citation.path, citation).catch(() => undefined);
    if (range && citation.endLine <= range.totalLines) citations.push(citation);
    else missing.push(citation);
  }
  return { citations: citations.length > 0 ? citations : blocks.map((block) => block.citation), missing };
}
