import {
  extractiveAnswer,
  extractiveCitations,
  formatCitation,
  runTurn,
  type Agent,
  type TurnOutcome,
  type TurnStep,
} from '@nootropic/agents';
import {
  NootropicError,
  type CallOptions,
  type Config,
  type ContextBlock,
  type Knowledge,
  type Model,
  type SendInput,
  type SessionLog,
  type Telemetry,
  type TurnEvent,
} from '@nootropic/contracts';
import { checkCitations } from './check-citations.ts';
import { fitPrompt } from './fit-prompt.ts';
import { gatherDeltas } from './gather-deltas.ts';
import { mayFallBack, type ChosenModel } from './model-candidates.ts';
import type { Models } from './models.ts';
import { newTools } from './prompt.ts';
import { estimateTokens } from './room.ts';
import { createTally, type Tally } from './tally.ts';
import { createTokenCounter } from './token-counter.ts';
import { gatherPassages, refreshed } from './turn-context.ts';
import { openTurnLog, type TurnLog } from './turn-log.ts';

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

/** What the parts of one turn share. */
interface Turn {
  readonly ports: TurnPorts;
  readonly input: SendInput;
  readonly log: TurnLog;
  readonly tally: Tally;
  readonly signal: AbortSignal;
  readonly client?: string | undefined;
}

/** What was found for the question. */
interface Found {
  readonly knowledge: Knowledge;
  readonly blocks: readonly ContextBlock[];
  readonly tookMs: number;
}

/**
 * One turn from end to end. Every event is on the disk before it is yielded. It ends with one `turn-end` or `turn-error`,
 * also when the reader walks away or the signal aborts. It throws only where nothing can be written any more.
 */
export async function* takeTurn(
  ports: TurnPorts,
  input: SendInput,
  call: Pick<CallOptions, 'signal' | 'client'> = {},
): AsyncGenerator<TurnEvent, void> {
  const tally = createTally();
  const log = await openTurnLog(ports, input, tally);
  const abort = new AbortController();
  const signal = call.signal ? AbortSignal.any([call.signal, abort.signal]) : abort.signal;
  const turn: Turn = { ports, input, log, tally, signal, client: call.client };
  try {
    yield* await begin(turn);
    const route = openRoute(turn);
    await route.next();
    const found = yield* find(turn, route);
    let first: NootropicError | undefined;
    for (;;) {
      const failure = yield* answer(turn, found, route);
      if (failure === undefined) break;
      first ??= failure;
      yield* goOn(turn, route, { failure, first });
    }
  } catch (cause) {
    const error = NootropicError.from(cause);
    yield* await (error.code === 'ABORTED' ? log.end('aborted', []) : log.fail(error));
  } finally {
    abort.abort();
    if (!log.ended) await log.end('aborted', []);
  }
}

/** The question, with the tools that the session gets with it. */
async function begin({ ports, input, log }: Turn): Promise<TurnEvent[]> {
  const { agent } = ports;
  const tools = newTools(
    agent.tools.map(({ spec }) => spec),
    log.events(),
  );
  return log.write([
    {
      type: 'turn-start',
      text: input.text,
      agent: agent.name,
      workspace: input.workspace,
      ...(input.attachments?.length && { attachments: input.attachments }),
      ...(tools.length > 0 && { tools }),
    },
  ]);
}

/** The models that may answer: the one whose turn it is, and its load. */
interface Route {
  readonly chosen: ChosenModel;
  readonly opening: ReturnType<Models['open']> | undefined;
  /** The model, once it is open. */
  readonly open: Model | undefined;
  /** Goes on to the next model and begins to load it; false where there is none. */
  next(why?: string): Promise<boolean>;
}

function openRoute({ ports, input, log, tally, signal }: Turn): Route {
  const { models } = ports;
  const candidates = models.candidates({ role: 'chat', ref: input.model });
  let chosen: ChosenModel = { ref: 'none', reason: 'no language model is installed', role: 'chat', named: false };
  let opening: Route['opening'];
  let open: Route['open'];
  return {
    get chosen() {
      return chosen;
    },
    get opening() {
      return opening;
    },
    get open() {
      return open;
    },
    async next(why) {
      const { value } = await candidates.next();
      if (!value) return false;
      chosen = why === undefined ? value : { ...value, reason: `${value.reason}, since ${why}` };
      const purpose = { role: value.role, workspace: input.workspace, turnId: log.turnId, tally };
      opening = value.ref === 'none' ? undefined : models.open(value.ref, purpose, signal);
      open = undefined;
      const mine = opening;
      // The load runs beside the search; where the search fails first, nobody is left to hear of the load.
      opening?.then(
        ({ model }) => {
          if (opening === mine) open = model;
        },
        () => undefined,
      );
      return true;
    },
  };
}

/** Brings the index up to date and finds the passages for the question. */
async function* find({ ports, input, log, signal }: Turn, route: Route): AsyncGenerator<TurnEvent, Found> {
  const knowledge = await ports.knowledge(input.workspace);
  yield* refreshed(knowledge, { write: log.write, telemetry: ports.telemetry, signal, now: ports.now });
  const startedAt = ports.now();
  const countTokens = route.open && createTokenCounter(route.open, ports.now);
  const blocks = await gatherPassages(knowledge, { input, config: ports.config, signal, countTokens });
  return { knowledge, blocks, tookMs: ports.now() - startedAt };
}

/** Lets the model whose turn it is answer, to the end of the turn. Gives its failure back where another model may still answer. */
async function* answer(turn: Turn, found: Found, route: Route): AsyncGenerator<TurnEvent, NootropicError | undefined> {
  if (!route.opening) {
    yield* extract(turn, found, route.chosen);
    return undefined;
  }
  try {
    yield* generate(turn, found, { chosen: route.chosen, opening: route.opening });
    return undefined;
  } catch (cause) {
    const error = NootropicError.from(cause);
    if (turn.log.hasSpoken() || !mayFallBack(error, route.chosen)) throw error;
    return error;
  }
}

/** Says that a model cannot be used, and begins with the next. Where there is none, throws what the first one failed with: that one was wanted. */
async function* goOn(
  { log }: Turn,
  route: Route,
  { failure, first }: { readonly failure: NootropicError; readonly first: NootropicError },
): AsyncGenerator<TurnEvent, void> {
  const failed = route.chosen.ref;
  const goesOn = await route.next(`${failed} could not be used (${failure.code})`);
  const said = `${failed} cannot be used: ${failure.message}`;
  const message = goesOn ? `${said} ${route.chosen.ref} is tried instead.` : said;
  if (goesOn || failure !== first)
    yield* await log.write([{ type: 'notice', level: 'warning', code: 'model-fallback', message }]);
  if (!goesOn) throw first;
}

/** The answer where there is no language model: the passages themselves. */
async function* extract(
  { ports, log, signal }: Turn,
  { blocks, tookMs }: Found,
  { ref, reason }: ChosenModel,
): AsyncGenerator<TurnEvent, void> {
  const tokens = blocks.reduce((sum, { text }) => sum + estimateTokens(text), 0);
  yield* await log.write([
    { type: 'context-ready', blocks: [...blocks], tokens, tookMs },
    { type: 'model-chosen', model: ref, reason },
  ]);
  const ways = await ports.models.ways(signal);
  for (const piece of extractiveAnswer(blocks, ways)) yield* await log.write([{ type: 'text-delta', text: piece }]);
  yield* await log.end('done', extractiveCitations(blocks));
}

/** The answer of a model: fit the prompt, run the loop of model and tools, check what it cites. */
async function* generate(
  { ports, input, log, signal, client }: Turn,
  { knowledge, blocks: all, tookMs }: Found,
  { chosen, opening }: { readonly chosen: ChosenModel; readonly opening: ReturnType<Models['open']> },
): AsyncGenerator<TurnEvent, void> {
  const { model, gaveUp } = await opening;
  const { agent, config } = ports;
  const { prompt, blocks, limits } = yield* fitPrompt({ log, agent, model, input, found: all, config, tookMs });
  yield* await log.write([
    { type: 'model-chosen', model: model.info.ref, reason: chosen.reason },
    ...gaveUp.map((message) => ({ type: 'notice' as const, level: 'info' as const, code: 'model-fitted', message })),
  ]);
  const steps = runTurn({
    tools: prompt.tools.flatMap(({ name }) => agent.tools.find(({ spec }) => spec.name === name) ?? []),
    announcedTools: prompt.announced,
    model,
    knowledge,
    messages: prompt.messages,
    limits,
    call: { session: log.session.id, ...(client !== undefined && { client }) },
    signal,
  });
  const batches = gatherDeltas<TurnStep, TurnOutcome>(steps, {
    windowMs: deltaWindowMs,
    graceMs: abortGraceMs,
    signal,
  });
  let batch = await batches.next();
  try {
    for (; !batch.done; batch = await batches.next()) yield* await log.write(batch.value);
  } finally {
    await batches.return(undefined);
  }
  if (!batch.value || batch.value.reason === 'aborted') {
    yield* await log.end('aborted', []);
    return;
  }
  const { citations, missing } = await checkCitations(knowledge, log.text(), blocks);
  if (missing.length > 0) {
    const message = `The answer names lines that do not exist: ${missing.map(formatCitation).join(', ')}.`;
    yield* await log.write([{ type: 'notice', level: 'warning', code: 'citation-missing', message }]);
  }
  yield* await log.end(batch.value.reason, citations);
}
