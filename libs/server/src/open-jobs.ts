import { lookup } from 'node:dns/promises';
import { NootropicError, type Assistant, type Config, type Queue, type Telemetry } from '@nootropic/contracts';
import { createJobs, type Gateway, type Jobs } from '@nootropic/core';
import { withEgressCause } from '@nootropic/observability';
import { createBullmqQueue, createSqliteQueue } from '@nootropic/queue';

export interface OpenJobsOptions {
  /** The database file of the jobs, where they are kept on this machine. */
  readonly path: string;
  readonly config: Config;
  readonly telemetry: Telemetry;
  readonly gateway: Gateway;
  readonly assistant: () => Pick<Assistant, 'send' | 'execute' | 'index'>;
  /** What webhooks are told with. */
  readonly fetch: typeof globalThis.fetch;
}

/** The jobs of this process, on the queue that the settings name. Nothing is opened, and nobody connected to, before it is needed. */
export function openJobs({ path, config, fetch, ...ports }: OpenJobsOptions): Jobs {
  const { kind, redisUrl, workers, keepDays } = config.queue;
  const { offline } = config.network;
  return createJobs({
    ...ports,
    ...{ workers, keepDays },
    queue:
      kind === 'sqlite'
        ? createSqliteQueue({ path })
        : onNetwork(createBullmqQueue({ url: redisUrl }), redisUrl, offline),
    webhooks: {
      fetch,
      resolve: async (host) => (await lookup(host, { all: true })).map(({ address }) => address),
    },
  });
}

/** A queue on another machine is something that leaves this one, and is written down, or refused, as that. */
function onNetwork(queue: Queue, url: string, offline: boolean): Queue {
  const isHere = URL.canParse(url) && /^(?:127\.|localhost$|\[::1\]$)/u.test(new URL(url).hostname);
  const caused =
    <Asked extends unknown[], Answer>(call: (...asked: Asked) => Promise<Answer>) =>
    async (...asked: Asked): Promise<Answer> => {
      if (offline && !isHere)
        throw new NootropicError('OFFLINE', 'The queue of jobs is on another machine, and nothing may leave this one.');
      return withEgressCause({ cause: 'queue', program: 'host' }, () => call(...asked));
    };
  return {
    add: caused(queue.add),
    claim: caused(queue.claim),
    report: caused(queue.report),
    settle: caused(queue.settle),
    list: caused(queue.list),
    change: caused(queue.change),
    note: caused(queue.note),
    count: caused(queue.count),
    untold: caused(queue.untold),
    [Symbol.asyncDispose]: () => queue[Symbol.asyncDispose](),
  };
}
