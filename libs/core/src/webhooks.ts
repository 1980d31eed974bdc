import {
  NootropicError,
  type Job,
  type NewJob,
  type Queue,
  type Telemetry,
  type UntoldJob,
} from '@nootropic/contracts';
import { Webhook } from 'standardwebhooks';
import type { Later } from './later.ts';
import { checkWebhookUrl, refusedHost } from './webhook-address.ts';

export interface WebhookOptions {
  readonly queue: Pick<Queue, 'untold' | 'note'>;
  readonly fetch: typeof fetch;
  /** The addresses of a host name. Unset: names are taken as they are. */
  readonly resolve?: (host: string) => Promise<readonly string[]>;
  readonly telemetry: Pick<Telemetry, 'log'>;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly random: () => number;
  readonly later: Later;
}

export interface Webhooks extends AsyncDisposable {
  /** Rejects with `INPUT_INVALID` for an address or a secret that cannot be used. */
  check(webhook: NonNullable<NewJob['webhook']>): Promise<void>;
  /** Begins to tell. */
  start(): void;
  /** Looks now whether there is something to tell. */
  wake(): void;
}

/** Times that one end is told before it is given up: over about an hour and a half. */
const mostTries = 8;
const firstWaitMs = 5000;
const longestWaitMs = 3_600_000;
/** Each wait is so many times the one before. */
const growth = 3;
/** How long the one who is told may take to answer. */
const answerMs = 15_000;
/** How often it is looked whether there is something to tell, where nobody says so. */
const lookMs = 30_000;

/**
 * Tells webhooks of the ends of jobs, after https://www.standardwebhooks.com: signed with their secret, again and again with growing waits until it
 * is answered with 2xx, and given up on 410 at once. One message has the same `webhook-id` each time, since it may arrive more than once. Redirects
 * are not followed. After a restart the count of tries begins anew.
 */
export function createWebhooks(options: WebhookOptions): Webhooks {
  const { queue, telemetry, now, random, later } = options;
  const tries = new Map<string, { readonly count: number; readonly dueAt: number }>();
  const stop = new AbortController();
  let isStarted = false;
  let telling: Promise<void> | undefined;
  let again = false;
  let callOff = (): void => {};

  const checkHost = async (url: URL): Promise<void> => {
    const host = url.hostname.replace(/^\[|\]$/gu, '');
    const addresses = refusedHost(host) === undefined ? ((await options.resolve?.(host)) ?? []) : [host];
    for (const address of addresses) {
      const reason = refusedHost(address);
      if (reason !== undefined) throw new NootropicError('DENIED', `${host} leads to ${address}: ${reason}.`);
    }
  };

  /** Sends one message; says what went wrong, or nothing. */
  const send = async ({ job, secret }: UntoldJob): Promise<Outcome> => {
    const url = checkWebhookUrl(job.webhook?.url ?? '');
    await checkHost(url);
    const time = new Date(now());
    const id = messageId(job);
    const body = JSON.stringify(messageOf(job, time));
    const limit = new AbortController();
    const callOffLimit = later(answerMs, () => limit.abort());
    try {
      const response = await options.fetch(url, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          'webhook-id': id,
          'webhook-timestamp': String(Math.floor(time.getTime() / 1000)),
          'webhook-signature': new Webhook(secret).sign(id, time, body),
        },
        body,
        redirect: 'manual',
        signal: AbortSignal.any([stop.signal, limit.signal]),
      });
      await response.body?.cancel();
      if (response.ok) return {};
      // A redirect that is not followed has no status of its own in a browser, and its own in Node.
      return { problem: `HTTP ${String(response.status)}`, final: response.status === 410 };
    } catch (cause) {
      if (limit.signal.aborted) return { problem: `no answer within ${String(answerMs / 1000)} s` };
      throw cause;
    } finally {
      callOffLimit();
    }
  };

  const tell = async (untold: UntoldJob): Promise<void> => {
    const { job } = untold;
    const url = job.webhook?.url ?? '';
    const key = messageId(job);
    const before = tries.get(key)?.count ?? 0;
    const outcome = await send(untold).catch((cause: unknown) => {
      const error = deepest(cause);
      return { problem: error.message || error.name, ...verdictOf(error) };
    });
    if (stop.signal.aborted) return;
    if (outcome.problem === undefined) {
      tries.delete(key);
      await queue.note(job.id, { url, state: 'told', note: '' });
      return;
    }
    if (outcome.uncounted === true) {
      tries.set(key, { count: before, dueAt: now() + lookMs });
      await queue.note(job.id, { url, state: 'waiting', note: outcome.problem });
      return;
    }
    const count = before + 1;
    const isOver = outcome.final === true || count >= mostTries;
    const note = `${outcome.problem}, tried ${String(count)} of ${String(mostTries)} times`;
    if (isOver) tries.delete(key);
    else tries.set(key, { count, dueAt: now() + waitAfter(count, random) });
    telemetry.log('warn', 'A webhook could not be told.', { host: URL.canParse(url) ? new URL(url).host : '', note });
    await queue.note(job.id, { url, state: isOver ? 'failed' : 'waiting', note });
  };

  const tellAll = async (): Promise<void> => {
    let nextMs = lookMs;
    try {
      const untold = await queue.untold();
      const due = untold.filter(({ job }) => (tries.get(messageId(job))?.dueAt ?? 0) <= now());
      await Promise.all(due.map(tell));
      const waits = [...tries.values()].map(({ dueAt }) => Math.max(0, dueAt - now()));
      nextMs = Math.min(nextMs, ...waits);
    } catch (cause) {
      telemetry.log('warn', 'Webhooks could not be told.', { why: deepest(cause).message });
    }
    if (!stop.signal.aborted) callOff = later(nextMs, wake);
  };

  const wake = (): void => {
    if (!isStarted || stop.signal.aborted) return;
    if (telling) {
      again = true;
      return;
    }
    callOff();
    telling = tellAll().finally(() => {
      telling = undefined;
      if (!again) return;
      again = false;
      wake();
    });
  };

  return {
    async check({ url, secret }) {
      checkWebhookUrl(url);
      try {
        new Webhook(secret);
      } catch (cause) {
        throw new NootropicError('INPUT_INVALID', 'The secret of the webhook is not base64.', {
          cause,
          hint: 'Make one: `echo whsec_$(openssl rand -base64 32)`.',
        });
      }
    },
    start() {
      isStarted = true;
      wake();
    },
    wake,
    async [Symbol.asyncDispose]() {
      stop.abort();
      callOff();
      await telling;
    },
  };
}

/** What came of telling: nothing where it went well. */
interface Outcome {
  readonly problem?: string;
  /** Trying again cannot help. */
  readonly final?: boolean;
  /** It could not be tried at all. */
  readonly uncounted?: boolean;
}

function verdictOf(error: Error): Pick<Outcome, 'final' | 'uncounted'> {
  if (!NootropicError.is(error)) return {};
  return { final: error.code === 'DENIED' || error.code === 'INPUT_INVALID', uncounted: error.code === 'OFFLINE' };
}

/** One end of one run: the same each time that it is told. */
function messageId({ id, endedAt = 0 }: Job): string {
  return `msg_${id}_${String(endedAt)}`;
}

function messageOf({ payload: _, webhook: __, ...job }: Job, time: Date): unknown {
  const type = job.state === 'waiting' || job.state === 'running' ? 'job.ran' : `job.${job.state}`;
  return { type, timestamp: time.toISOString(), data: job };
}

/** Half of it is left to chance, so that many that failed together do not come back together. */
function waitAfter(count: number, random: () => number): number {
  const wait = Math.min(longestWaitMs, firstWaitMs * growth ** (count - 1));
  return wait / 2 + (random() * wait) / 2;
}

/** What `fetch` says is only that it failed; why, is in what caused it. */
function deepest(cause: unknown): Error {
  if (!(cause instanceof Error)) return new Error(String(cause));
  return cause.cause instanceof Error && !NootropicError.is(cause) ? deepest(cause.cause) : cause;
}
