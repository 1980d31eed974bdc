import {
  errorTable,
  isKnownEvent,
  NootropicError,
  type Assistant,
  type ChainInput,
  type CompletionsJob,
  type ErrorBody,
  type ErrorCode,
  type ExecuteInput,
  type JobKind,
  type JobProgress,
  type SendInput,
  type WorkClass,
} from '@nootropic/contracts';
import { runChain } from './chain.ts';
import type { ChatAsk, Gateway, GatewayCaller } from './gateway.ts';
import { checkPayload } from './job-payloads.ts';

/** What jobs are done with. */
export interface JobPorts {
  /** Looked up when a job runs: whoever makes the assistant may need the jobs first. */
  readonly assistant: () => Pick<Assistant, 'send' | 'execute' | 'index'>;
  readonly gateway: Gateway;
}

/** A run of a job, as its handler sees it. */
export interface JobRun {
  readonly signal: AbortSignal;
  readonly report: (progress: JobProgress) => void;
}

/** Does the work of a job and gives its result. What it throws is why the run failed. */
export type JobHandler = (payload: Record<string, unknown>, run: JobRun) => Promise<unknown>;

/** Nobody waits for a job: whatever people or their programs ask goes before it. */
const workClass: WorkClass = 'batch';
const client = 'jobs';

/** Errors of the model itself, not of one request: the whole batch is tried again later. */
const passing: readonly ErrorCode[] = [
  ...(['MODEL_CRASHED', 'MODEL_DEGRADED', 'MODEL_TIMEOUT', 'MODEL_UNREACHABLE', 'MODEL_TOO_LARGE'] as const),
  ...(['MODEL_LOAD_FAILED', 'MODEL_NOT_FOUND', 'QUEUE_FULL', 'ABORTED', 'HOST_STOPPING', 'OFFLINE'] as const),
];

/** Whether a run that failed so may go better later: not where the request itself is at fault. */
export function worthTrying({ code }: Pick<ErrorBody, 'code'>): boolean {
  const { status } = errorTable[code as ErrorCode] ?? errorTable.INTERNAL;
  return status >= 500 || status === 429 || status === 499;
}

export function createJobHandlers({ assistant, gateway }: JobPorts): Record<JobKind, JobHandler> {
  return {
    turn: async (payload, run) => runTurn(assistant().send, checkPayload('turn', payload), run),
    chain: async (payload, run) => chain(gateway, checkPayload('chain', payload), run),
    completions: async (payload, run) => completions(gateway, checkPayload('completions', payload), run),
    execute: async (payload, run) => execute(assistant().execute, checkPayload('execute', payload), run),
    index: async (payload, run) => index(assistant().index, checkPayload('index', payload), run),
  };
}

async function runTurn(send: Assistant['send'], payload: SendInput, { signal, report }: JobRun): Promise<unknown> {
  // The assistant in this process takes more than one at the end of a wire does.
  const options = { signal, workClass };
  let steps = 0;
  for await (const event of await send({ ...payload, attended: false }, options)) {
    if (!isKnownEvent(event)) continue;
    if (event.type === 'tool-call') report({ done: (steps += 1), total: 0, note: event.call.name });
    if (event.type === 'turn-error') throw rethrown(event.error);
    if (event.type !== 'turn-end') continue;
    if (event.reason === 'aborted') throw new NootropicError('ABORTED', 'The turn was stopped.');
    const { sessionId, turnId, text, reason, usage } = event;
    return { sessionId, turnId, text, reason, usage };
  }
  throw new NootropicError('INTERNAL', 'The turn ended without saying how.');
}

function rethrown({ code, message, hint }: ErrorBody): NootropicError {
  return new NootropicError(code in errorTable ? (code as ErrorCode) : 'INTERNAL', message, { hint });
}

async function chain(gateway: Gateway, payload: ChainInput, { signal, report }: JobRun): Promise<unknown> {
  let done = 0;
  let begun = 0;
  for await (const event of runChain(payload, gateway, { client, workClass, signal })) {
    if (event.type === 'step-start') report({ done, total: (begun += 1), note: event.step });
    if (event.type === 'step-end') report({ done: (done += 1), total: begun, note: event.step });
    if (event.type === 'chain-end') return { text: event.text, steps: event.steps };
  }
  throw new NootropicError('INTERNAL', 'The chain ended without a result.');
}

async function completions(
  gateway: Gateway,
  { model, requests, concurrency }: CompletionsJob,
  { signal, report }: JobRun,
): Promise<unknown> {
  const results: unknown[] = [];
  const failures: NootropicError[] = [];
  let next = 0;
  let done = 0;
  const stop = new AbortController();
  const caller: GatewayCaller = { client, workClass, signal: AbortSignal.any([signal, stop.signal]) };
  const work = async (): Promise<void> => {
    for (let place = next++; place < requests.length; place = next++) {
      const { id, ...request } = requests[place] ?? { messages: [] };
      const named = id === undefined ? {} : { id };
      const ask = { ...request, ...(model !== undefined && { model }) } as ChatAsk;
      try {
        results[place] = { ...named, ...(await complete(gateway, ask, caller)) };
      } catch (cause) {
        const error = NootropicError.from(cause);
        if (passing.includes(error.code)) throw error;
        failures.push(error);
        results[place] = { ...named, error: error.toJSON() };
      }
      report({ done: (done += 1), total: requests.length, note: '' });
    }
  };
  try {
    await Promise.all(Array.from({ length: Math.min(concurrency, requests.length) }, work));
  } finally {
    stop.abort();
  }
  const [first] = failures;
  if (first && failures.length === requests.length) throw first;
  return { results, failed: failures.length };
}

async function complete(gateway: Gateway, ask: ChatAsk, caller: GatewayCaller): Promise<Record<string, unknown>> {
  const answer = await gateway.chat(ask, caller);
  const toolCalls: unknown[] = [];
  let text = '';
  let reasoning = '';
  for await (const event of answer.events) {
    if (event.type === 'text') text += event.text;
    else if (event.type === 'reasoning') reasoning += event.text;
    else if (event.type === 'tool-call') toolCalls.push(event.call);
    else if (event.type === 'finish') {
      if (event.reason === 'aborted') throw new NootropicError('ABORTED');
      return {
        ...{ model: answer.model.name, text, reason: event.reason, tokens: event.tokens },
        ...(reasoning !== '' && { reasoning }),
        ...(toolCalls.length > 0 && { toolCalls }),
      };
    }
  }
  throw new NootropicError('MODEL_CRASHED', 'The answer ended without saying why.');
}

async function execute(
  programs: Assistant['execute'],
  payload: ExecuteInput,
  { signal, report }: JobRun,
): Promise<unknown> {
  const output = { stdout: '', stderr: '' };
  for await (const event of await programs.run(payload, { signal })) {
    if (event.type === 'start') report({ done: 0, total: 0, note: event.program });
    if (event.type === 'output') output[event.stream] += event.text;
    if (event.type !== 'end') continue;
    const { type: _, ...end } = event;
    if (end.reason === 'aborted') throw new NootropicError('ABORTED');
    return { ...end, ...output };
  }
  throw new NootropicError('INTERNAL', 'The program ended without saying how.');
}

async function index(
  indexes: Assistant['index'],
  payload: { workspace: string; rebuild: boolean },
  { signal, report }: JobRun,
): Promise<unknown> {
  let last: unknown;
  for await (const progress of await indexes.refresh(payload, { signal })) {
    const { phase, done, total, filesEmbedded, filesRemoved, chunksEmbedded, tookMs, skipped } = progress;
    report({ done, total, note: phase });
    last = { filesEmbedded, filesRemoved, chunksEmbedded, tookMs, skipped: skipped.length };
  }
  signal.throwIfAborted();
  return last;
}
