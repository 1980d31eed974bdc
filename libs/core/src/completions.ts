import {
  completionExtras,
  createCompletionCut,
  mayBeMany,
  placeCompletion,
  type CompletionExtra,
  type CompletionPlace,
} from '@nootropic/context';
import {
  NootropicError,
  type Assistant,
  type CompletionEvent,
  type CompletionInput,
  type InfillRequest,
  type Knowledge,
  type Telemetry,
  type TokenCounts,
} from '@nootropic/contracts';
import { createCompletionModels, type CompletionModel, type CompletionModelPorts } from './completion-model.ts';
import { stoppable } from './stoppable.ts';

export interface CompletionPorts extends CompletionModelPorts {
  readonly knowledge: (workspace: string) => Promise<Knowledge>;
  readonly isSecretPath: (path: string) => boolean;
  readonly telemetry: Telemetry;
}

interface CallSignal {
  readonly signal?: AbortSignal | undefined;
}

type End = Extract<CompletionEvent, { type: 'end' }>;

/** A completion under way. */
interface Running {
  readonly editor: string | undefined;
  readonly purpose: CompletionInput['purpose'];
  readonly stop: AbortController;
}

/** What a model is given, and where it comes from. */
interface Material {
  readonly chosen: CompletionModel;
  readonly place: CompletionPlace;
  readonly extras: readonly CompletionExtra[];
  readonly contextMs: number;
}

const usualTokens = { one: 48, many: 160 } as const;
/** A prompt of which this share was held counts as hot in the metrics. */
const hotShare = 0.9;
/** Whoever asks only that a file be read can wait for what belongs to it. */
const warmContextMs = 500;

/**
 * Completions while somebody types: what `completions` of the contract asks. One runs for each editor: a new request ends the one before. What is computed
 * ahead, and what only warms a model, goes behind everything else and ends as soon as somebody waits.
 */
export function createCompletions(ports: CompletionPorts): Pick<Assistant, 'completions'> {
  const { telemetry, now } = ports;
  const models = createCompletionModels(ports);
  const running = new Set<Running>();

  const enter = (mine: Running): void => {
    const isShown = mine.purpose === 'show';
    for (const other of running) {
      const isBehind = other.purpose !== 'show';
      const isSamePlace = mine.editor !== undefined && other.editor === mine.editor;
      if (isShown ? isBehind || isSamePlace : isBehind && isSamePlace) other.stop.abort();
    }
    running.add(mine);
  };

  const material = async (input: CompletionInput, signal: AbortSignal): Promise<Material> => {
    const startedAt = now();
    if (ports.isSecretPath(input.path))
      throw new NootropicError('DENIED', `${input.path} is not completed: it may hold secrets.`);
    const chosen = await unlessStopped(models.open(input.workspace), signal);
    const place = placeCompletion(input.prefix, input.suffix, chosen.room);
    const before = input.prefix.slice(0, input.prefix.length - place.begun.length);
    const knowledge = await ports.knowledge(input.workspace).catch((cause: unknown) => {
      const error = NootropicError.from(cause);
      if (error.code === 'PATH_NOT_FOUND' || error.code === 'INPUT_INVALID') throw error;
      return undefined;
    });
    const around = await knowledge
      ?.around({ path: input.path, before }, input.purpose === 'warm' ? { ms: warmContextMs } : {})
      .catch((cause: unknown) => {
        // The file's own text is enough, where the index fails.
        const error = NootropicError.from(cause);
        if (error.code === 'PATH_OUTSIDE_ROOT') throw error;
        return undefined;
      });
    if (around?.leftOut !== undefined)
      throw new NootropicError('DENIED', `${input.path} is not completed: ${around.leftOut}.`);
    const edits = await allowed(input, knowledge);
    const extras = completionExtras(around?.definitions ?? [], edits, chosen.room.extra);
    return { chosen, place, extras, contextMs: now() - startedAt };
  };

  const allowed = async ({ path, edits = [] }: CompletionInput, knowledge: Knowledge | undefined) => {
    const checked = await Promise.all(
      edits.map(async (edit) => {
        if (edit.path === path || ports.isSecretPath(edit.path)) return [];
        const told = await knowledge?.around({ path: edit.path, before: '' }).catch(() => ({ leftOut: 'outside' }));
        return told?.leftOut === undefined ? [edit] : [];
      }),
    );
    return checked.flat();
  };

  async function* complete(input: CompletionInput, signal: AbortSignal): AsyncGenerator<CompletionEvent, void> {
    const startedAt = now();
    const mine: Running = { editor: input.editor, purpose: input.purpose, stop: new AbortController() };
    const stopped = AbortSignal.any([signal, mine.stop.signal]);
    const ending = { model: '', tokensRead: 0, tokensReused: 0, tokensWritten: 0, contextMs: 0, context: [] };
    let end: End | undefined;
    enter(mine);
    try {
      const found = await material(input, stopped);
      for await (const event of generate(found, input, { signal: stopped, startedAt, now })) {
        if (event.type === 'end') end = event;
        else yield event;
      }
    } catch (cause) {
      const error = NootropicError.from(cause);
      if (['MODEL_CRASHED', 'MODEL_DEGRADED', 'MODEL_UNREACHABLE'].includes(error.code)) models.forget();
      const reason = stopped.aborted ? 'aborted' : 'nothing';
      end = {
        type: 'end',
        reason,
        text: '',
        why: error.message,
        code: error.code,
        ...ending,
        totalMs: now() - startedAt,
      };
    } finally {
      running.delete(mine);
      count(telemetry, input.purpose, end);
    }
    if (end !== undefined) yield end;
  }

  return {
    completions: {
      complete: async ({ lines = 'auto', purpose = 'show', ...input }, options?: CallSignal) =>
        stoppable((signal) => complete({ ...input, lines, purpose }, signal), options?.signal),
      state: async () => models.state(clientOf(undefined)),
      report: async (report) => {
        const suggestions = { shown: report.shown, accepted: report.accepted, cached: report.fromCache };
        for (const [what, by] of Object.entries(suggestions))
          if (by > 0) telemetry.count('nootropic_completion_suggestions_total', by, { what });
        const characters = { accepted: report.acceptedCharacters, retained: report.retainedCharacters };
        for (const [what, by] of Object.entries(characters))
          if (by > 0) telemetry.count('nootropic_completion_characters_total', by, { what });
        if (report.wastedTokens > 0) telemetry.count('nootropic_completion_wasted_tokens_total', report.wastedTokens);
        return { taken: true };
      },
    },
  };
}

async function* generate(
  { chosen, place, extras, contextMs }: Material,
  input: CompletionInput,
  { signal, startedAt, now }: { readonly signal: AbortSignal; readonly startedAt: number; readonly now: () => number },
): AsyncGenerator<CompletionEvent, void> {
  const { model } = chosen;
  const isWarm = input.purpose === 'warm';
  const many = input.lines === 'many' || (input.lines === 'auto' && mayBeMany(input.prefix, input.suffix));
  const cut = createCompletionCut({ before: input.prefix, after: input.suffix, many });
  const enough = new AbortController();
  const request = requestOf(
    { chosen, place, extras },
    {
      many,
      maxTokens: isWarm ? 1 : (input.maxTokens ?? usualTokens[many ? 'many' : 'one']),
    },
  );
  let tokens: TokenCounts = { read: 0, reused: 0, written: 0 };
  let firstTextMs: number | undefined;
  let reason: End['reason'] = 'stop';
  const events = model.infill(request, {
    workClass: input.purpose === 'show' ? 'completion' : 'batch',
    client: clientOf(input.editor),
    signal: AbortSignal.any([signal, enough.signal]),
  });
  const given = (text: string): CompletionEvent[] => {
    if (text === '' || isWarm) return [];
    firstTextMs ??= now() - startedAt;
    return [{ type: 'text', text }];
  };
  for await (const event of events) {
    if (event.type === 'text' && !enough.signal.aborted) {
      const { text, ended } = cut.push(event.text);
      yield* given(text);
      if (ended === undefined) continue;
      // The rest is told at once; how much was read and written comes with the end of the model's step.
      yield* given(cut.end(ended).more);
      enough.abort();
    } else if (event.type === 'finish') {
      tokens = event.tokens;
      reason =
        event.reason === 'length' || event.reason === 'aborted' ? event.reason : event.stop === '\n' ? 'line' : 'stop';
    }
  }
  const last = cut.end(signal.aborted ? 'aborted' : reason);
  if (!signal.aborted) yield* given(last.more);
  const isNothing = last.text === '' && !isWarm && !signal.aborted;
  yield {
    type: 'end',
    reason: signal.aborted ? 'aborted' : isNothing ? 'nothing' : isWarm ? 'stop' : last.reason,
    text: isWarm ? '' : last.text,
    ...(isNothing && { why: whyNothing(last.reason) }),
    model: model.info.ref,
    tokensRead: tokens.read,
    tokensReused: tokens.reused,
    tokensWritten: tokens.written,
    contextMs,
    ...(firstTextMs !== undefined && { firstTextMs }),
    totalMs: now() - startedAt,
    context: extras.map(({ name, startLine, endLine, role }) => ({ path: name, startLine, endLine, role })),
  };
}

function requestOf(
  { chosen, place, extras }: Pick<Material, 'chosen' | 'place' | 'extras'>,
  { many, maxTokens }: { readonly many: boolean; readonly maxTokens: number },
): InfillRequest {
  const stop = many ? {} : { stop: ['\n'] };
  if (chosen.raw) return { prefix: place.prefix + place.begun, suffix: '', raw: true, maxTokens, ...stop };
  return {
    prefix: place.prefix,
    suffix: place.suffix,
    ...(place.begun !== '' && { begun: place.begun }),
    ...(extras.length > 0 && { extra: extras.map(({ name, text }) => ({ name, text })) }),
    maxTokens,
    ...stop,
  };
}

function whyNothing(reason: End['reason']): string {
  if (reason === 'suffix') return 'What the model wrote stands after the cursor already.';
  if (reason === 'repeat') return 'The model only repeated the line before.';
  return 'The model has nothing to add here.';
}

/** One place where somebody types is one client of the queue, which runs the newest completion of each. */
function clientOf(editor: string | undefined): string {
  return editor === undefined ? 'local' : `editor ${editor}`;
}

function count(telemetry: Telemetry, purpose: CompletionInput['purpose'], end: End | undefined): void {
  telemetry.count('nootropic_completions_total', 1, { purpose, end: end?.reason ?? 'aborted' });
  if (end?.firstTextMs === undefined || purpose !== 'show') return;
  const share = end.tokensReused / Math.max(1, end.tokensReused + end.tokensRead);
  telemetry.time('nootropic_completion_first_text_seconds', end.firstTextMs / 1000, {
    prompt: share >= hotShare ? 'held' : 'read',
  });
}

/** The promise's outcome, or `ABORTED` at once when the signal fires; what the promise does goes on. */
async function unlessStopped<Result>(promise: Promise<Result>, signal: AbortSignal): Promise<Result> {
  if (signal.aborted) throw new NootropicError('ABORTED');
  const stop = Promise.withResolvers<never>();
  const onStop = (): void => stop.reject(new NootropicError('ABORTED'));
  signal.addEventListener('abort', onStop, { once: true });
  try {
    return await Promise.race([promise, stop.promise]);
  } finally {
    signal.removeEventListener('abort', onStop);
  }
}
