import { randomUUID } from 'node:crypto';
import type { ClaimedJob, Job, JobState, Queue } from '@nootropic/contracts';
import { mapSqliteError, openDatabase, type Database } from '@nootropic/sqlite';
import { begun, changed, jobOf, lost, onlyId, settled, type Ruled } from './job-rules.ts';

export interface SqliteQueueOptions {
  /** The database file. Made, with its folder, where it is missing; readable by this user only. */
  readonly path: string;
  /** Milliseconds since 1970. Default `Date.now`. */
  readonly now?: () => number;
  /** From 0 up to, but without, 1. Default `Math.random`. */
  readonly random?: () => number;
  /** Default: UUIDs. */
  readonly newId?: () => string;
}

export const queueMigrations = [
  `CREATE TABLE jobs (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL,
    state TEXT NOT NULL,
    priority INTEGER NOT NULL,
    run_at REAL NOT NULL,
    ended_at REAL,
    idempotency_key TEXT UNIQUE,
    body TEXT NOT NULL,
    payload TEXT NOT NULL,
    progress TEXT,
    lease TEXT,
    lease_ms REAL,
    lease_until REAL,
    secret TEXT,
    untold INTEGER NOT NULL DEFAULT 0
  ) STRICT;
  CREATE INDEX jobs_next ON jobs (priority DESC, seq) WHERE state = 'waiting';
  CREATE INDEX jobs_leased ON jobs (lease_until) WHERE state = 'running';
  CREATE INDEX jobs_state ON jobs (state);
  CREATE INDEX jobs_untold ON jobs (ended_at) WHERE untold = 1;`,
];

/** How long a lease lasts where the worker does not say, in milliseconds. */
const defaultLeaseMs = 60_000;

interface Row {
  readonly id: string;
  readonly body: string;
  readonly payload: string;
  readonly progress: string | null;
}

const columns = 'id, body, payload, progress';

/** What is large, or written often, has a column of its own: noting how far a job is does not write its payload again. */
function jobIn({ body, payload, progress }: Row): Job {
  return {
    ...(JSON.parse(body) as Omit<Job, 'payload' | 'progress'>),
    payload: JSON.parse(payload) as Job['payload'],
    ...(progress !== null && { progress: JSON.parse(progress) as NonNullable<Job['progress']> }),
  };
}

/**
 * Jobs in one SQLite file, which several programs may use at once. What `add` gave back survives a kill and a loss of power. Each call is one
 * transaction that takes the write lock at its beginning, so that no two see the same job as free.
 */
export function createSqliteQueue(options: SqliteQueueOptions): Queue {
  const { path, now = Date.now, random = Math.random, newId = randomUUID } = options;
  let open: Database | undefined;
  const db = (): Database => (open ??= openDatabase({ path, migrations: queueMigrations, durability: 'full' }));

  /** Runs it in one transaction, and turns what it throws into one of our errors, as a rejection. */
  const within = <Result>(work: (database: Database) => Result): Promise<Result> =>
    new Promise((done, fail) => {
      try {
        const database = db();
        done(database.transaction(() => work(database)).immediate());
      } catch (cause) {
        fail(mapSqliteError(cause, path));
      }
    });
  const reading = <Result>(work: (database: Database) => Result): Promise<Result> =>
    new Promise((done, fail) => {
      try {
        done(work(db()));
      } catch (cause) {
        fail(mapSqliteError(cause, path));
      }
    });

  const put = (database: Database, { job, tells }: Ruled): void => {
    const { payload: _, progress, ...body } = job;
    database
      .prepare(
        `UPDATE jobs SET state = ?, run_at = ?, ended_at = ?, body = ?, progress = ?, lease = NULL, lease_ms = NULL, lease_until = NULL,
           untold = CASE WHEN ? THEN 1 WHEN ? THEN untold ELSE 0 END
         WHERE id = ?`,
      )
      .run(
        ...[job.state, job.runAt, job.endedAt ?? null, JSON.stringify(body)],
        ...[progress ? JSON.stringify(progress) : null, Number(tells), Number(job.cron !== undefined), job.id],
      );
  };

  const rowOf = (database: Database, asked: string): Row => {
    const ids = database
      .prepare<unknown[], string>('SELECT id FROM jobs WHERE substr(id, 1, length(@asked)) = @asked LIMIT 5')
      .pluck()
      .all({ asked });
    const exact = database.prepare<unknown[], Row>(`SELECT ${columns} FROM jobs WHERE id = ?`);
    const row = exact.get(asked) ?? exact.get(onlyId(asked, ids));
    if (!row) throw new Error(`Job ${asked} was there and is gone within one transaction.`);
    return row;
  };

  const ours = (database: Database, { job, lease }: ClaimedJob): Job | undefined => {
    const row = database
      .prepare<unknown[], Row>(`SELECT ${columns} FROM jobs WHERE id = ? AND lease = ?`)
      .get(job.id, lease);
    return row && jobIn(row);
  };

  const takeLost = (database: Database): void => {
    const rows = database
      .prepare<unknown[], Row>(`SELECT ${columns} FROM jobs WHERE state = 'running' AND lease_until <= ?`)
      .all(now());
    for (const row of rows) put(database, lost(jobIn(row), now()));
  };

  return {
    add: (given) =>
      within((database) => {
        const known = database
          .prepare<unknown[], Row>(`SELECT ${columns} FROM jobs WHERE idempotency_key = ?`)
          .get(given.idempotencyKey ?? null);
        if (known) return { job: jobIn(known), added: false };
        const job = jobOf(given, { id: newId(), now: now() });
        const { payload, ...body } = job;
        database
          .prepare(
            `INSERT INTO jobs (id, kind, state, priority, run_at, idempotency_key, body, payload, secret)
             VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
          )
          .run(
            ...[job.id, job.kind, job.state, job.priority, job.runAt, job.idempotencyKey ?? null],
            ...[JSON.stringify(body), JSON.stringify(payload), given.webhook?.secret ?? null],
          );
        return { job, added: true };
      }),
    claim: ({ kinds, leaseMs = defaultLeaseMs }) =>
      within((database) => {
        takeLost(database);
        const row = database
          .prepare<unknown[], Row>(
            `SELECT ${columns} FROM jobs
             WHERE state = 'waiting' AND run_at <= @now
               AND (@kinds IS NULL OR kind IN (SELECT value FROM json_each(@kinds)))
             ORDER BY priority DESC, seq LIMIT 1`,
          )
          .get({ now: now(), kinds: kinds ? JSON.stringify(kinds) : null });
        if (!row) return undefined;
        const job = begun(jobIn(row), now());
        const lease = randomUUID();
        const { payload: _, ...body } = job;
        database
          .prepare(
            `UPDATE jobs SET state = 'running', body = ?, progress = NULL, lease = ?, lease_ms = ?, lease_until = ? WHERE id = ?`,
          )
          .run(JSON.stringify(body), lease, leaseMs, now() + leaseMs, job.id);
        return { job, lease };
      }),
    report: ({ job, lease }, progress) =>
      within((database) => {
        const { changes } = database
          .prepare(
            'UPDATE jobs SET lease_until = ? + lease_ms, progress = coalesce(?, progress) WHERE id = ? AND lease = ?',
          )
          .run(now(), progress ? JSON.stringify(progress) : null, job.id, lease);
        return { cancelled: changes === 0 };
      }),
    settle: (claimed, outcome) =>
      within((database) => {
        const job = ours(database, claimed);
        if (!job) return undefined;
        const ruled = settled(job, outcome, { now: now(), random });
        put(database, ruled);
        return ruled.job;
      }),
    list: ({ id, states, kind, limit } = {}) =>
      reading((database) => {
        const query = database.prepare<unknown[], Row>(
          `SELECT ${columns} FROM jobs
           WHERE (@id IS NULL OR id = @id) AND (@kind IS NULL OR kind = @kind)
             AND (@states IS NULL OR state IN (SELECT value FROM json_each(@states)))
           ORDER BY seq DESC LIMIT @limit`,
        );
        const exact = id === undefined ? null : rowOf(database, id).id;
        return query
          .all({ id: exact, kind: kind ?? null, states: states ? JSON.stringify(states) : null, limit: limit ?? -1 })
          .map(jobIn);
      }),
    change: (id, what) =>
      within((database) => {
        const ruled = changed(jobIn(rowOf(database, id)), what, now());
        if (what === 'remove') database.prepare('DELETE FROM jobs WHERE id = ?').run(ruled.job.id);
        else put(database, ruled);
        return ruled.job;
      }),
    count: () =>
      reading((database) => {
        const counts = { waiting: 0, running: 0, done: 0, dead: 0, cancelled: 0 };
        const rows = database.prepare<unknown[], { state: JobState; jobs: number }>(
          'SELECT state, count(*) AS jobs FROM jobs GROUP BY state',
        );
        for (const { state, jobs } of rows.all()) counts[state] = jobs;
        return counts;
      }),
    untold: () =>
      reading((database) =>
        database
          .prepare<unknown[], Row & { secret: string }>(
            `SELECT ${columns}, secret FROM jobs WHERE untold = 1 AND secret IS NOT NULL ORDER BY ended_at LIMIT 100`,
          )
          .all()
          .map((row) => ({ job: jobIn(row), secret: row.secret })),
      ),
    note: (id, webhook) =>
      within((database) => {
        database
          .prepare(
            "UPDATE jobs SET body = json_set(body, '$.webhook', json(?)), untold = CASE WHEN ? THEN untold ELSE 0 END WHERE id = ?",
          )
          .run(JSON.stringify(webhook), Number(webhook.state === 'waiting'), id);
      }),
    [Symbol.asyncDispose]: () =>
      new Promise((done, fail) => {
        const database = open;
        open = undefined;
        try {
          database?.close();
          done();
        } catch (cause) {
          fail(mapSqliteError(cause, path));
        }
      }),
  };
}
