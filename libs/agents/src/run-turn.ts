import { NootropicError, type Message, type TokenCounts, type ToolCall } from '@nootropic/contracts';
import { bodiesOf, hasBody, type CallBody, type PlacedCall } from './call-body.ts';
import { createClosingWords } from './closing-words.ts';
import { createDelegate } from './delegate.ts';
import { announcedIn } from './find-tools-tool.ts';
import { createFreshKnowledge } from './fresh-knowledge.ts';
import { modelStep, noTokens, sumTokens, type ModelStep } from './model-step.ts';
import { currentPlan, planReminder, type PlanStep } from './plan.ts';
import { createProgressWatch } from './progress-watch.ts';
import { createSeenFiles } from './seen-files.ts';
import { groupSteps, notRun, outside, stepMessages, stepSeparator, withSteps } from './step-messages.ts';
import { cutContent, unableToAct, type Tool, type ToolContext, type ToolOutcome } from './tool.ts';
import { messagesLength, planTurnCompaction } from './turn-compaction.ts';
import type { TurnOutcome, TurnRequest } from './turn-request.ts';
import type { TurnStep } from './turn-step.ts';
import { changedFiles } from './work-summary.ts';

/** With less room than this left, a result would be cut to nothing: the model is to answer with what it has. */
const leastRoomForTools = 600;
/** Characters kept for the results that only say that nothing is run any more. */
const refusalRoom = 200;

const answerNow = 'Answer now with what you know; no more calls are run in this turn.';
const planMode =
  'In plan mode nothing is changed or run. Read what you need, set the plan with todo, and end with the plan as your answer.';

/**
 * Model, tools, model, until the model answers without calling a tool, or a limit is met. After the last step that may call tools the
 * result says so; what is called all the same is refused once, then the turn ends. A plain answer is a fine answer: no tool is ever forced.
 *
 * Every request begins with the whole of the one before, tools included, so that a model reads only what is new: its messages are
 * those of the request and `stepMessages` of the steps that were yielded. All calls of a step come before its results. The one exception
 * is announced: with `actions`, a turn that outgrows its room yields a `compaction`, and goes on with its older steps told in short.
 *
 * With `actions` the agent is also kept from going in circles (`stuck`), told what it overlooked before it may end - failing checks, a change that
 * was announced and not written, open steps of its plan - and never said to be done against its checks.
 *
 * Stateless: everything comes in with the request and goes out as a step or the outcome. Failures of tools are results;
 * failures of the model are thrown as `NootropicError`.
 */
export async function* runTurn(request: TurnRequest): AsyncGenerator<TurnStep, TurnOutcome> {
  const turn = openTurn(request);
  const { limits, signal } = request;
  let refused = false;
  yield* turn.begun();

  for (let step = 1; ;) {
    yield* turn.steered();
    yield* turn.compacted();
    const answer = yield* turn.keep(modelStep(request, turn.prompt()));
    turn.said(answer.said, answer.tokens);
    if (answer.reason === 'aborted' || signal?.aborted) return turn.end('aborted');
    const calls = turn.callsOf(answer);
    if (calls.length === 0) {
      const word = turn.closingWord(answer);
      if (word !== undefined) {
        yield* turn.tell(word);
        continue;
      }
      if (turn.hasNews()) continue;
      const question = answer.reason === 'length' ? undefined : turn.nextQuestion();
      if (question !== undefined) {
        yield* turn.tell(question);
        continue;
      }
      return yield* turn.close(answer.reason === 'length' ? 'length' : 'done');
    }
    const isOverdrawn = limits.turnTokens !== undefined && turn.tokens().written >= limits.turnTokens;
    const mayRun = step <= limits.maxSteps && turn.room() >= leastRoomForTools && !isOverdrawn;
    if (turn.tools().length === 0 || (!mayRun && refused)) return yield* turn.close('steps');

    if (answer.said !== '') yield* turn.shown({ type: 'text-delta', text: stepSeparator });
    for (const { call } of calls) yield* turn.shown({ type: 'tool-call', call });
    refused = !mayRun;
    const isLast = step === limits.maxSteps;
    let end: string | undefined;
    const bodies = turn.bodiesOf(answer.said, calls);
    const share = turn.resultShare();
    for (const [index, { call }] of calls.entries()) {
      const most = share.next();
      const outcome = mayRun ? yield* turn.execute(call, bodies.get(call.id)) : { ok: false, content: answerNow };
      if (outcome === 'aborted') {
        for (const { call: open } of calls.slice(index)) yield* turn.answered(open, { ok: false, content: notRun });
        return turn.end('aborted');
      }
      const cut = cutContent(outcome.content, most);
      share.take(cut.length);
      const isEnd = index === calls.length - 1;
      const { nudge, stuck } = isEnd && mayRun ? turn.progress() : {};
      if (stuck !== undefined) end = stuck;
      const mustEnd = mayRun && isEnd && (isLast || share.isSpent());
      const words = [cut, mustEnd && `[${answerNow}]`, nudge && `[${nudge}]`, isEnd && !mustEnd && turn.planLine()];
      const content = words.filter((word) => typeof word === 'string' && word !== '').join('\n');
      yield* turn.answered(call, { ok: outcome.ok, content });
    }
    if (end !== undefined) return yield* turn.stop(end);
    step += 1;
  }
}

/** The state of one run and the moves that it is made of. */
function openTurn(request: TurnRequest) {
  const { actions, limits, signal, earlier = [] } = request;
  const acts = actions !== undefined;
  const makeId = request.makeId ?? (() => crypto.randomUUID());
  const steps: TurnStep[] = [];
  const before = [...outside(earlier)];
  const seen = createSeenFiles(before);
  const doubted = new Set<string>();
  const watch = createProgressWatch({ acts });
  const words = createClosingWords(request.format);
  const { knowledge, changed } = createFreshKnowledge(request.knowledge, signal);
  const further = request.furtherTools ?? [];
  const found = new Set<string>();
  let plan: readonly PlanStep[] = currentPlan(before);
  let pending: ToolCall | undefined;
  let news: readonly string[] = [];
  let tokens: TokenCounts = noTokens;
  let text = '';
  let answer = '';
  const answers: string[] = [];
  let depth = 0;
  let resultRoom = 0;

  for (const event of before) if (isFound(event)) reveal(announcedIn(event.content));

  const own = request.tools;
  const tools = (): Tool[] => [...own, ...further.filter(({ spec }) => found.has(spec.name))];
  const delegate = own.some(({ spec }) => spec.name === 'task')
    ? createDelegate({ request, run: runTurn, onTokens: (used) => (tokens = sumTokens(tokens, used)) })
    : undefined;

  function reveal(names: readonly string[]) {
    for (const name of names) if (further.some(({ spec }) => spec.name === name)) found.add(name);
  }

  function note(step: TurnStep) {
    if (step.type === 'agent-end') depth -= 1;
    const last = steps.at(-1);
    if (step.type === 'text-delta' && last?.type === 'text-delta')
      steps[steps.length - 1] = { type: 'text-delta', text: last.text + step.text };
    else if (step.type !== 'reasoning-delta' && step.type !== 'progress') steps.push(step);
    if (step.type === 'file-change') {
      seen.note(step);
      changed();
      watch.moved();
    } else if (depth === 0) {
      seen.note(step);
      if (step.type === 'plan-update') {
        plan = step.steps;
        watch.moved();
      }
    }
    if (step.type === 'agent-start') depth += 1;
  }

  function* shown(step: TurnStep): Generator<TurnStep> {
    note(step);
    if (step.type === 'text-delta') text += step.text;
    yield step;
  }

  /** A message to the model; what it said before ends there. */
  function* heard(message: TurnStep): Generator<TurnStep> {
    if (steps.at(-1)?.type === 'text-delta') yield* shown({ type: 'text-delta', text: stepSeparator });
    yield* shown(message);
  }

  async function* keep<T>(work: AsyncGenerator<TurnStep, T>): AsyncGenerator<TurnStep, T> {
    for (;;) {
      const next = await work.next();
      if (next.done) return next.value;
      note(next.value);
      yield next.value;
    }
  }

  function room(): number {
    const left = limits.characters - messagesLength(stepMessages(steps));
    // What is older can be told in short; half of the room is always there for what is newest.
    return acts ? Math.max(left, limits.characters / 2) : left;
  }

  function context(call: ToolCall, body: CallBody | undefined): ToolContext {
    return {
      knowledge,
      plan,
      seen,
      doubted,
      further: { list: further, reveal: ({ spec }) => void found.add(spec.name) },
      room: resultRoom,
      ...(actions && { actions }),
      ...(signal && { signal }),
      ...(body !== undefined && { body }),
      ...(request.format && { format: request.format }),
      ...(request.skills && { skills: request.skills }),
      ...(delegate && call.name === 'task' && { delegate }),
    };
  }

  const turn = {
    tools,
    tokens: () => tokens,
    shown,
    keep,
    room,
    prompt() {
      const messages: Message[] = withSteps(request.messages, steps);
      return { messages, tools: tools(), announced: [...(request.announcedTools ?? []), ...found] };
    },
    said(words_: string, used: TokenCounts) {
      text += words_;
      answer = words_;
      tokens = sumTokens(tokens, used);
    },
    /** The first of the questions that follow the one asked. */
    *begun(): Generator<TurnStep> {
      const [first] = request.passes?.questions ?? [];
      if (first !== undefined) yield* turn.tell(first);
    },
    nextQuestion(): string | undefined {
      return request.passes?.questions[answers.push(answer)];
    },
    /** Messages of the person that arrived since. */
    *steered(): Generator<TurnStep> {
      const arrived = news.length > 0 ? news : (request.steered?.() ?? []);
      news = [];
      for (const message of arrived) yield* heard({ type: 'user-message', text: message });
      if (arrived.length > 0) words.asked();
    },
    hasNews(): boolean {
      news = request.steered?.() ?? [];
      return news.length > 0;
    },
    *compacted(): Generator<TurnStep> {
      const planned = acts ? planTurnCompaction(steps, limits.characters) : undefined;
      if (!planned) return;
      const front = messagesLength(request.messages);
      const inTokens = (size: number) => Math.ceil((front + size) / (request.perToken ?? 3));
      const { keep: kept, lines, before: size, after } = planned;
      const newest = groupSteps(steps).slice(-kept || steps.length);
      yield* shown({
        type: 'compaction',
        tokensBefore: inTokens(size),
        tokensAfter: inTokens(after),
        keep: kept,
        lines,
      });
      yield* shown({
        type: 'notice',
        level: 'info',
        code: 'context-compacted',
        message: 'The turn has grown longer than the model’s context: its older steps are told in short from here on.',
      });
      for (const step of newest.flat()) seen.note(step);
      watch.forget();
    },
    /** The calls of an answer; a block that was asked for makes the call that asked for it. */
    callsOf({ said, calls, reason }: Pick<ModelStep, 'said' | 'calls' | 'reason'>): readonly PlacedCall[] {
      const asked = pending;
      // What was cut off is no body.
      if (asked && calls.length === 0 && reason === 'length') return [];
      pending = undefined;
      if (calls.length > 0 || !asked) return calls;
      if (!hasBody(said)) {
        words.bodyMissing(asked);
        return [];
      }
      return [{ call: { ...asked, id: makeId() }, at: said.length }];
    },
    bodiesOf(said: string, calls: readonly PlacedCall[]): Map<string, CallBody> {
      const takers = calls.filter(({ call }) => tools().some((tool) => tool.spec.name === call.name && tool.takesBody));
      return bodiesOf(said, takers);
    },
    async *execute(call: ToolCall, body: CallBody | undefined): AsyncGenerator<TurnStep, ToolOutcome | 'aborted'> {
      const tool = tools().find((candidate) => candidate.spec.name === call.name);
      if (!tool) {
        const names = tools().map((candidate) => candidate.spec.name);
        return { ok: false, content: `There is no tool ${call.name}. There are: ${names.join(', ')}.` };
      }
      if (!actions && !tool.reads) return unableToAct;
      if (actions?.mode === 'plan' && !tool.reads) return { ok: false, content: planMode };
      const verdict = watch.call(call, body?.text);
      if (!verdict.run) return { ok: false, content: verdict.content };
      if (signal?.aborted && acts) return 'aborted';
      let outcome: ToolOutcome;
      try {
        if (signal?.aborted) throw new NootropicError('ABORTED');
        outcome = yield* keep(tool.run(call, context(call, body)));
      } catch (cause) {
        const error = NootropicError.from(cause);
        if (error.code === 'ABORTED' && acts) return 'aborted';
        throw error;
      }
      const { note: remark } = watch.result(call, outcome);
      words.outcome(outcome);
      if (outcome.wantsBody) pending = withoutBody(call);
      return remark === undefined ? outcome : { ...outcome, content: `${outcome.content}\n[${remark}]` };
    },
    *answered({ id, name }: ToolCall, { ok, content }: { ok: boolean; content: string }): Generator<TurnStep> {
      yield* shown({ type: 'tool-result', callId: id, name, ok, content });
    },
    /** How much of the room each result may take: half of what is left, so that one large result leaves room for the next. */
    resultShare() {
      let left = room();
      return {
        next: () => (resultRoom = Math.max(refusalRoom, Math.floor(left / 2))),
        take: (size: number) => (left -= size),
        isSpent: () => !acts && left < leastRoomForTools,
      };
    },
    progress: () => watch.step(),
    planLine: () => (acts ? planReminder(plan) : ''),
    closingWord(last: { readonly said: string; readonly broken?: string; readonly reason: string }) {
      return acts ? words.next({ ...last, plan, mode: actions.mode }) : undefined;
    },
    *tell(word: string): Generator<TurnStep> {
      yield* heard({ type: 'user-message', text: word, automatic: true });
    },
    end(reason: TurnOutcome['reason']): TurnOutcome {
      return { reason, text, answer, tokens };
    },
    /** Ends with what is true: what still fails is said, and is no success. */
    *close(reason: TurnOutcome['reason']): Generator<TurnStep, TurnOutcome> {
      if (request.passes) yield* closing(request.passes.conclude(answers));
      const truth = acts ? words.truth() : undefined;
      if (truth === undefined) return turn.end(reason);
      yield* closing(truth);
      return turn.end(reason === 'done' ? 'stuck' : reason);
    },
    *stop(why: string): Generator<TurnStep, TurnOutcome> {
      const done = changedFiles([...outside(steps)]);
      const lines = [
        `I stopped, since ${why}.`,
        done.length > 0 ? `Changed so far:\n${done.map((line) => `- ${line}`).join('\n')}` : 'Nothing was changed.',
        words.truth() ?? '',
        ...(plan.length > 0
          ? [`The plan:\n${plan.map((each, at) => `${at + 1}. [${each.state}] ${each.text}`).join('\n')}`]
          : []),
      ];
      yield* closing(lines.filter((line) => line !== '').join('\n'));
      return turn.end('stuck');
    },
  };

  function* closing(words_: string): Generator<TurnStep> {
    answer = answer.trim() === '' ? words_ : `${answer.trimEnd()}\n\n${words_}`;
    yield* shown({ type: 'text-delta', text: text === '' || text.endsWith('\n') ? words_ : `\n\n${words_}` });
  }

  return turn;
}

function withoutBody({ id, name, arguments: args }: ToolCall): ToolCall {
  const { path, symbol } = args;
  return { id, name, arguments: { ...(path !== undefined && { path }), ...(symbol !== undefined && { symbol }) } };
}

function isFound(event: { readonly type: string }): event is { type: string; content: string } {
  return event.type === 'tool-result' && 'name' in event && event.name === 'find-tools';
}
