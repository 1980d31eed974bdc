import { NootropicError, type Assistant, type HostProcess, type HostStatus } from '@nootropic/contracts';

export interface HostRequestParts {
  readonly version: string;
  /** Milliseconds since 1970. */
  readonly startedAt: number;
  readonly offline: boolean;
  readonly processes: () => Promise<HostProcess[]>;
  readonly turns: () => Promise<HostStatus['turns']>;
  readonly jobs: () => Promise<HostStatus['jobs']>;
  /** What listens. Default: nothing; then it cannot be ended from outside either. */
  readonly serving?: Serving;
}

export interface Serving {
  status(): Pick<HostStatus, 'url' | 'openPort' | 'endsInMs' | 'connections'>;
  /** Begins to end the host, and returns at once. */
  stop(): void;
  signIn: Assistant['host']['signIn'];
}

/** What a host says of itself, and how it is ended. */
export function createHostRequests(parts: HostRequestParts): Assistant['host'] {
  const { version, startedAt, offline, serving } = parts;
  const needsHost = (): Serving => {
    if (serving) return serving;
    throw new NootropicError('HOST_UNREACHABLE', 'No host is asked here, but a command that ends with its work.');
  };
  return {
    async status() {
      const [processes, turns, jobs] = await Promise.all([parts.processes(), parts.turns(), parts.jobs()]);
      return {
        ...{ pid: process.pid, version, startedAt, connections: 0 },
        ...serving?.status(),
        turns,
        jobs: { waiting: jobs.waiting, running: jobs.running, dead: jobs.dead },
        processes,
        offline,
      };
    },
    async stop() {
      needsHost().stop();
      return { pid: process.pid };
    },
    signIn: async (...asked) => needsHost().signIn(...asked),
  };
}
