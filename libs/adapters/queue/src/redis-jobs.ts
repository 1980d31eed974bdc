import { jobStates, NootropicError, type Job, type JobState } from '@nootropic/contracts';
import type { Redis } from 'ioredis';
import { onlyId } from './job-rules.ts';

/** A job as it lies in Redis, with what only the queue knows. */
export interface JobRecord {
  readonly job: Job;
  /** Changes with every change, so that nobody overwrites what he has not seen. */
  readonly version: number;
  readonly secret?: string;
  readonly lease?: string;
  readonly leaseMs?: number;
}

/** What a change makes of a record; `untold` unset leaves open whether its webhook has something to be told as it was. */
export interface RecordChange extends Omit<JobRecord, 'version'> {
  readonly untold?: boolean;
}

/** Creates a record, unless its idempotency key names one that is there: then gives that one's id. */
const createScript = `
local known = ARGV[4] ~= '' and redis.call('HGET', KEYS[5], ARGV[4])
if known and redis.call('EXISTS', ARGV[5] .. known) == 1 then return known end
redis.call('HSET', KEYS[1], 'version', 1, 'record', ARGV[2])
redis.call('ZADD', KEYS[2], redis.call('INCR', KEYS[4]), ARGV[1])
redis.call('ZADD', KEYS[3], 0, ARGV[1])
redis.call('SADD', ARGV[3] .. 'waiting', ARGV[1])
if ARGV[4] ~= '' then redis.call('HSET', KEYS[5], ARGV[4], ARGV[1]) end
return false`;

/** Writes a record, unless it has changed since it was read. */
const writeScript = `
if redis.call('HGET', KEYS[1], 'version') ~= ARGV[1] then return 0 end
redis.call('HSET', KEYS[1], 'version', ARGV[1] + 1, 'record', ARGV[2])
if ARGV[3] == 'yes' then redis.call('ZADD', KEYS[2], ARGV[4], ARGV[5]) end
if ARGV[3] == 'no' then redis.call('ZREM', KEYS[2], ARGV[5]) end
redis.call('SMOVE', KEYS[3], KEYS[4], ARGV[5])
return 1`;

const removeScript = `
if redis.call('HGET', KEYS[1], 'version') ~= ARGV[1] then return 0 end
redis.call('DEL', KEYS[1])
for key = 2, 4 do redis.call('ZREM', KEYS[key], ARGV[2]) end
redis.call('SREM', KEYS[6], ARGV[2])
if ARGV[3] ~= '' and redis.call('HGET', KEYS[5], ARGV[3]) == ARGV[2] then redis.call('HDEL', KEYS[5], ARGV[3]) end
return 1`;

/** Records that are read in one go while listing. */
const page = 200;

export interface RedisJobs {
  /** Creates the record, or gives the one that has its idempotency key. */
  create(record: RecordChange): Promise<{ readonly record: JobRecord; readonly added: boolean }>;
  read(id: string): Promise<JobRecord | undefined>;
  /** Changes a record as `change` says, again from its newest state while others change it too; `undefined` from it leaves all as it is. */
  update(
    id: string,
    change: (record: JobRecord) => RecordChange | 'remove' | undefined,
  ): Promise<JobRecord | undefined>;
  /** The id that begins like this. Rejects with `NOT_FOUND`. */
  idOf(asked: string): Promise<string>;
  /** All records, newest first. */
  all(): AsyncGenerator<JobRecord>;
  count(): Promise<Record<JobState, number>>;
  untold(limit: number): Promise<JobRecord[]>;
}

/**
 * What is known of jobs, in Redis: a hash for each, and beside them their order, their ids, their idempotency keys and those whose webhook is to be
 * told. Each change is one script, so that they always agree.
 */
export function createRedisJobs(redis: Redis, prefix: string): RedisJobs {
  const key = {
    job: (id: string) => `${prefix}:job:${id}`,
    state: (state: JobState | '') => `${prefix}:state:${state}`,
    order: `${prefix}:order`,
    ids: `${prefix}:ids`,
    untold: `${prefix}:untold`,
    count: `${prefix}:count`,
    keys: `${prefix}:idempotency`,
  };
  const parse = (text: string, version: string): JobRecord => ({
    ...(JSON.parse(text) as Omit<JobRecord, 'version'>),
    version: Number(version),
  });
  const text = ({ job, secret, lease, leaseMs }: RecordChange): string =>
    JSON.stringify({ job, secret, lease, leaseMs });
  const read = async (id: string): Promise<JobRecord | undefined> => {
    const [version, record] = await redis.hmget(key.job(id), 'version', 'record');
    return typeof version === 'string' && typeof record === 'string' ? parse(record, version) : undefined;
  };
  const write = async (before: JobRecord, change: RecordChange): Promise<boolean> => {
    const { job, untold } = change;
    const keys = [key.job(job.id), key.untold, key.state(before.job.state), key.state(job.state)];
    const told = untold === undefined ? '' : untold ? 'yes' : 'no';
    const values = [before.version, text(change), told, job.endedAt ?? 0, job.id];
    return (await redis.eval(writeScript, keys.length, ...keys, ...values)) === 1;
  };
  const remove = async ({ job, version }: JobRecord): Promise<boolean> => {
    const keys = [key.job(job.id), key.order, key.ids, key.untold, key.keys, key.state(job.state)];
    return (await redis.eval(removeScript, keys.length, ...keys, version, job.id, job.idempotencyKey ?? '')) === 1;
  };
  const readAll = async (ids: readonly string[]): Promise<JobRecord[]> =>
    (await Promise.all(ids.map(read))).filter((record) => record !== undefined);

  return {
    read,
    async create(given) {
      const { job } = given;
      for (;;) {
        const keys = [key.job(job.id), key.order, key.ids, key.count, key.keys];
        const values = [job.id, text(given), key.state(''), job.idempotencyKey ?? '', key.job('')];
        const known: unknown = await redis.eval(createScript, 5, ...keys, ...values);
        if (typeof known !== 'string') return { record: { ...given, version: 1 }, added: true };
        const record = await read(known);
        // It was removed since: then the key is free again.
        if (record) return { record, added: false };
      }
    },
    async update(id, change) {
      for (;;) {
        const record = await read(id);
        const changed = record && change(record);
        if (!changed) return undefined;
        if (changed === 'remove') {
          if (await remove(record)) return record;
        } else if (await write(record, changed)) return { ...changed, version: record.version + 1 };
      }
    },
    async idOf(asked) {
      const exact = asked === '' ? 0 : await redis.exists(key.job(asked));
      if (exact === 1) return asked;
      // The highest code point bounds what begins like this: ids are plain ASCII.
      return onlyId(asked, await redis.zrangebylex(key.ids, `[${asked}`, `[${asked}\u{10FFFF}`, 'LIMIT', 0, 5));
    },
    async *all() {
      // By place and not by position: what is added or removed meanwhile moves nothing.
      let below = '+inf';
      for (;;) {
        const rows = await redis.zrevrangebyscore(key.order, below, '-inf', 'WITHSCORES', 'LIMIT', 0, page);
        const ids = rows.filter((_, index) => index % 2 === 0);
        yield* await readAll(ids);
        if (ids.length < page) return;
        below = `(${rows.at(-1) ?? '0'}`;
      }
    },
    async count() {
      const counts = await Promise.all(jobStates.map(async (state) => [state, await redis.scard(key.state(state))]));
      return Object.fromEntries(counts) as Record<JobState, number>;
    },
    async untold(limit) {
      return readAll(await redis.zrange(key.untold, 0, String(limit - 1)));
    },
  };
}

/** What Redis or the way to it failed with, as one of ours. */
export function queueError(cause: unknown, url: string): NootropicError {
  if (NootropicError.is(cause)) return cause;
  const message = cause instanceof Error ? cause.message : String(cause);
  return new NootropicError('QUEUE_UNREACHABLE', `The queue at ${withoutPassword(url)} failed: ${message}`, { cause });
}

function withoutPassword(url: string): string {
  if (!URL.canParse(url)) return 'an address that is none';
  const parsed = new URL(url);
  parsed.password = '';
  parsed.username = '';
  return parsed.href;
}
