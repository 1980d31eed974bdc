import {
  NootropicError,
  type Assistant,
  type EgressCause,
  type EgressEntry,
  type Runner,
  type Telemetry,
} from '@nootropic/contracts';
import { createSqliteEgressLedger, createWatchedFetch, watchSockets, withEgressCause } from '@nootropic/observability';

export interface OpenEgressOptions {
  /** The database file of the ledger. */
  readonly path: string;
  /** Whether nothing may leave. */
  readonly offline: boolean;
  readonly telemetry: Telemetry;
  readonly now: () => number;
  /** What goes out: through the proxy of the environment, trusting the authorities that it names. */
  readonly network: typeof globalThis.fetch;
}

export interface OpenEgress extends AsyncDisposable {
  /** The `fetch` for a cause. It is the only one that a part of the program is given. */
  readonly fetch: (cause: EgressCause) => typeof globalThis.fetch;
  /** A `fetch` of another kind, with its cause. */
  readonly caused: typeof createWatchedFetch;
  /** A runner whose programs are recorded as such. */
  watch(runner: Runner): Runner;
  readonly requests: Assistant['egress'];
}

const dayMs = 86_400_000;
/** The host of what runs outside of the sandbox, where nothing sees its connections. */
const notCounted = '(not counted)';

/**
 * Watches every socket of this process for as long as it is open, writes down what leaves, and refuses it where nothing may. Programs in the sandbox
 * have no way out but a proxy in this process, so that their connections are seen here. One that runs outside of it is recorded as not counted, and
 * where nothing may leave it is not run.
 */
export function openEgress({ path, offline, telemetry, now, network }: OpenEgressOptions): OpenEgress {
  const ledger = createSqliteEgressLedger({
    path,
    onFailure: (why, entries) =>
      telemetry.log('error', 'What left the machine cannot be written down now.', {
        code: NootropicError.from(why).code,
        entries,
      }),
  });
  const record = (entry: EgressEntry): void => {
    const { cause, host, sent, received, refused, connections = 1 } = entry;
    ledger.record(entry);
    if (connections > 0)
      telemetry.count('nootropic_egress_connections_total', 1, { cause, result: refused ? 'refused' : 'made' });
    if (sent > 0) telemetry.count('nootropic_egress_bytes_total', sent, { cause, direction: 'sent' });
    if (received > 0) telemetry.count('nootropic_egress_bytes_total', received, { cause, direction: 'received' });
    if (connections > 0)
      telemetry.log('info', refused ? 'A connection was refused.' : 'A connection was made.', { host, cause });
  };
  const watch = watchSockets({ program: 'host', record, now, ...(offline && { refuse: 'offline' as const }) });

  return {
    fetch: (cause) => createWatchedFetch(cause, network),
    caused: createWatchedFetch,
    watch: (runner) => ({
      sandbox: () => runner.sandbox(),
      async run(request) {
        if (request.sandbox)
          return withEgressCause({ cause: 'command', program: 'command' }, () => runner.run(request));
        if (offline)
          throw new NootropicError(
            'OFFLINE',
            'Outside of the sandbox a program cannot be kept from the network, and nothing may leave this machine now.',
            {
              hint: 'Run without `--offline`, or make the sandbox work: `nootropic doctor` says what is missing.',
            },
          );
        record({
          ...{ time: now(), host: notCounted, cause: 'command', program: 'command' },
          ...{ sent: 0, received: 0, refused: false },
        });
        return runner.run(request);
      },
    }),
    requests: {
      list: async (input) => ledger.sum(startOfDay(now()) - (Number(input?.days ?? 1) - 1) * dayMs),
    },
    async [Symbol.asyncDispose]() {
      watch[Symbol.dispose]();
      await ledger[Symbol.asyncDispose]();
    },
  };
}

/** Days are those of UTC, as in the ledger. */
function startOfDay(time: number): number {
  return Math.floor(time / dayMs) * dayMs;
}
