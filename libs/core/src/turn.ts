import { extractiveAnswer, extractiveCitations, formatCitation, type Tool } from '@nootropic/agents';
import {
  NootropicError,
  type CallOptions,
  type Config,
  type ContextBlock,
  type Knowledge,
  type ModelProfile,
  type SendInput,
  type SessionLog,
  type Telemetry,
  type TurnEvent,
} from '@nootropic/contracts';
import { handOver, isTask, sessionPrompt, type Agents } from './agents.ts';
import type { Approvals, Desk } from './approvals.ts';
import { checkCitations } from './check-citations.ts';
import { fitPrompt } from './fit-prompt.ts';
import { attachedImages, requireSight } from './images.ts';
import { mayFallBack, type ChosenModel } from './model-candidates.ts';
import { openRoute, type Route } from './model-route.ts';
import type { Models } from './models.ts';
import { newTools } from './prompt.ts';
import { estimateTokens } from './room.ts';
import { createTally, type Tally } from './tally.ts';
import { endTask, openTask, type Task, type TaskPorts } from './task.ts';
import { createTokenCounter } from './token-counter.ts';
import { gatherPassages, refreshed } from './turn-context.ts';
import { openTurnLog, type TurnLog } from './turn-log.ts';
import { runSteps } from './turn-steps.ts';
import { meant, runTyped, typedCommand, type TypedLinePorts } from './typed-line.ts';

export interface TurnPorts extends TaskPorts, TypedLinePorts {
  readonly sessions: SessionLog;
  readonly models: Models;
  /** What is known of the workspace with this absolute path. */
  readonly knowledge: (workspace: string) => Promise<Knowledge>;
  readonly telemetry: Telemetry;
  readonly config: Config;
  readonly agents: Agents;
  readonly approvals: Approvals;
  /** What was measured of a model, where something was. */
  readonly profile: (ref: string) => Promise<ModelProfile | undefined>;
  readonly now: () => number;
  readonly newId: () => string;
}

/** What the parts of one turn share. */
export interface Turn {
  readonly ports: TurnPorts;
  readonly input: SendInput;
  readonly log: TurnLog;
  /** Where it waits for people, and hears them. */
  readonly desk: Desk;
  readonly tally: Tally;
  readonly signal: AbortSignal;
  readonly client?: string | undefined;
}

/** What was found for the question. */
interface Found {
  readonly knowledge: Knowledge;
  readonly blocks: readonly ContextBlock[];
  readonly tookMs: number;
  /** Milliseconds until the index was up to date. */
  readonly indexMs: number;
}

/** What an answer is made from. */
interface Material extends Found {
  readonly task: Task | undefined;
}

/**
 * One turn from end to end. Every event is on the disk before it is yielded. It ends with one `turn-end` or `turn-error`,
 * also when the reader walks away or the signal aborts. It throws only where nothing can be written any more.
 */
export async function* takeTurn(
  ports: TurnPorts,
  given: SendInput,
  call: Pick<CallOptions, 'signal' | 'client'> = {},
): AsyncGenerator<TurnEvent, void> {
  // What cannot be looked up here fails where the turn begins, as a part of it.
  const input = await meant(ports, given).catch(() => given);
  const tally = createTally();
  const log = await openTurnLog(ports, input, tally);
  const desk = ports.approvals.open(log.session.id);
  const abort = new AbortController();
  const signal = call.signal ? AbortSignal.any([call.signal, abort.signal]) : abort.signal;
  const turn: Turn = { ports, input, log, desk, tally, signal, client: call.client };
  try {
    const task = yield* begin(turn);
    const line = task && typedCommand(input);
    if (task && line !== undefined) {
      for await (const event of runTyped(task, { id: ports.newId(), line })) yield* await log.write([event]);
      yield* await log.end('done', []);
      return;
    }
    const route = openRoute(turn, task?.agent.model);
    await route.next();
    const found = yield* find(turn, route);
    let first: NootropicError | undefined;
    for (;;) {
      const failure = yield* answer(turn, { ...found, task }, route);
      if (failure === undefined) break;
      first ??= failure;
      yield* goOn(turn, route, { failure, first });
    }
  } catch (cause) {
    const error = NootropicError.from(cause);
    yield* await (error.code === 'ABORTED' ? log.end('aborted', []) : log.fail(error));
  } finally {
    abort.abort();
    desk.close();
    if (!log.ended) await log.end('aborted', []);
  }
}

/** The question, with the tools that the session gets with it; of a task, also all that it stands on. */
async function* begin(turn: Turn): AsyncGenerator<TurnEvent, Task | undefined> {
  const { ports, input, log, desk, signal } = turn;
  const { answer } = ports.agents;
  const start = { type: 'turn-start' as const, text: input.text, workspace: input.workspace };
  const attachments = input.attachments?.length ? { attachments: input.attachments } : {};
  const added = (tools: readonly Tool[]) => {
    const names = newTools(
      tools.map(({ spec }) => spec),
      log.events(),
    );
    return names.length > 0 ? { tools: names } : {};
  };
  if (!isTask(input)) {
    const preamble = handOver(ports.agents, log.events(), { agent: answer, prompt: '' });
    const told = preamble === '' ? {} : { preamble };
    yield* await log.write([{ ...start, agent: answer.name, ...attachments, ...added(answer.tools), ...told }]);
    return undefined;
  }
  let task: Task;
  try {
    task = await openTask(ports, { input, log, desk, signal });
  } catch (cause) {
    yield* await log.write([{ ...start, agent: input.agent ?? ports.agents.code.name, ...attachments }]);
    throw cause;
  }
  const { agent, mode, preamble, notices } = task;
  // In plan mode nothing is offered that could act; what a session has already, stays in its prompt.
  const tools = added(mode === 'plan' ? agent.tools.filter(({ reads }) => reads) : agent.tools);
  const told = preamble === '' ? {} : { preamble };
  yield* await log.write([{ ...start, agent: agent.name, mode, ...attachments, ...tools, ...told }, ...notices]);
  return task;
}

/** Brings the index up to date and finds the passages for the question. */
async function* find({ ports, input, log, signal }: Turn, route: Route): AsyncGenerator<TurnEvent, Found> {
  const beganAt = ports.now();
  const knowledge = await ports.knowledge(input.workspace);
  yield* refreshed(knowledge, { write: log.write, telemetry: ports.telemetry, signal, now: ports.now });
  const startedAt = ports.now();
  const countTokens = route.open && createTokenCounter(route.open, ports.now);
  const blocks = await gatherPassages(knowledge, { input, config: ports.config, signal, countTokens });
  return { knowledge, blocks, tookMs: ports.now() - startedAt, indexMs: startedAt - beganAt };
}

/** Lets the model whose turn it is answer, to the end of the turn. Gives its failure back where another model may still answer. */
async function* answer(
  turn: Turn,
  found: Material,
  route: Route,
): AsyncGenerator<TurnEvent, NootropicError | undefined> {
  if (!route.opening && found.task)
    throw new NootropicError('MODEL_NOT_FOUND', 'A task needs a language model, and there is none.', {
      hint: `Give it one: ${(await turn.ports.models.ways(turn.signal)).join('; ')}.`,
    });
  if (!route.opening) {
    if (attachedImages(turn.input.attachments).length > 0)
      throw new NootropicError('MODEL_UNSUPPORTED', 'A picture needs a language model that sees, and there is none.', {
        hint: `Give it one: ${(await turn.ports.models.ways(turn.signal)).join('; ')}.`,
      });
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
  { blocks, tookMs, indexMs }: Found,
  { ref, reason }: ChosenModel,
): AsyncGenerator<TurnEvent, void> {
  const tokens = blocks.reduce((sum, { text }) => sum + estimateTokens(text), 0);
  yield* await log.write([
    { type: 'context-ready', blocks: [...blocks], tokens, tookMs, indexMs },
    { type: 'model-chosen', model: ref, reason },
  ]);
  const ways = await ports.models.ways(signal);
  for (const piece of extractiveAnswer(blocks, ways)) yield* await log.write([{ type: 'text-delta', text: piece }]);
  yield* await log.end('done', extractiveCitations(blocks));
}

/** The answer of a model: fit the prompt, run the loop of model and tools, check what it cites. */
async function* generate(
  turn: Turn,
  { knowledge, blocks: all, tookMs, indexMs, task }: Material,
  { chosen, opening }: { readonly chosen: ChosenModel; readonly opening: ReturnType<Models['open']> },
): AsyncGenerator<TurnEvent, void> {
  const { model, gaveUp } = await opening;
  const { ports, input, log } = turn;
  const { agents, config } = ports;
  requireSight(model.info, attachedImages(input.attachments));
  const session = sessionPrompt(agents, log.events());
  // The loop tells a model that cannot call tools about them in words, where it is to act.
  const canCall = task !== undefined || model.info.can.includes('tools');
  const sees = model.info.can.includes('see');
  const agent = { system: session.system, tools: canCall ? session.tools : [], sees };
  const { prompt, blocks, limits, perToken } = yield* fitPrompt({
    ...{ log, agent, model, input, found: all, config, tookMs, indexMs },
    limits: task ? config.agent : config.answer,
  });
  yield* await log.write([
    { type: 'model-chosen', model: model.info.ref, reason: chosen.reason },
    ...gaveUp.map((message) => ({ type: 'notice' as const, level: 'info' as const, code: 'model-fitted', message })),
  ]);
  const outcome = yield* runSteps(turn, { model, knowledge, prompt, limits, perToken, task, all: session.all });
  if (!outcome || outcome.reason === 'aborted') {
    yield* await log.end('aborted', []);
    return;
  }
  if (task) {
    for await (const event of endTask(task, log.text())) yield* await log.write([event]);
    yield* await log.end(outcome.reason, []);
    return;
  }
  const { citations, missing } = await checkCitations(knowledge, log.text(), blocks);
  if (missing.length > 0) {
    const message = `The answer names lines that do not exist: ${missing.map(formatCitation).join(', ')}.`;
    yield* await log.write([{ type: 'notice', level: 'warning', code: 'citation-missing', message }]);
  }
  yield* await log.end(outcome.reason, citations);
}
