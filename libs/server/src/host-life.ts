import { NootropicError, type Assistant, type ConfigInput } from '@nootropic/contracts';
import { asActor } from './audit.ts';
import { compose, type Composition } from './compose.ts';
import { loadConfig } from './config.ts';
import { createIdleWatch, type IdleWatch } from './host-idle.ts';
import { createMemoryRest } from './memory-rest.ts';
import { takeHostLock } from './host-lock.ts';
import { removeHostRecord, writeHostRecord } from './host-record.ts';
import { createHostRequests } from './host-requests.ts';
import { startedWith } from './host-settings.ts';
import { openHostToken } from './host-token.ts';
import { resolvePaths } from './paths.ts';
import { openOtherMachines, type BindRequest } from './other-machines.ts';
import { makePrivateFolders } from './private-folders.ts';
import { createMcpMount } from './mcp-mount.ts';
import { serve, type Served, type ServeOptions } from './serve.ts';
import { standardApis } from './standard-apis.ts';

export interface StartHostOptions {
  /** Default `process.env`. */
  readonly env?: NodeJS.ProcessEnv;
  /** Settings from a command line; they win over every other layer. */
  readonly flags?: ConfigInput;
  /** Of the program. A command of another version does not use this host. */
  readonly version: string;
  /** This port and no other; 0: any. Default: `host.port` where it is free, else any. */
  readonly port?: number;
  /** A second port, for clients that cannot send a key. Default: none. */
  readonly openPort?: number;
  /** Serves other machines too. Default: this one alone. */
  readonly bind?: BindRequest;
  /** Whether nobody started it on purpose: then it ends after `host.idleMinutes` without work. Default false. */
  readonly byItself?: boolean;
  /** A folder with the built page. */
  readonly page?: string;
  /** Milliseconds that only go forward, for the idle time. Default: the process's own clock. */
  readonly now?: () => number;
  /** Milliseconds of `host.idleMinutes` in a minute; less in a test. Default 60 000. */
  readonly minuteMs?: number;
}

/** A host that runs in this process. Disposing ends it, as `stop` does. */
export interface RunningHost extends AsyncDisposable {
  readonly url: string;
  readonly openPort?: number;
  /** For other machines: `https://ADDRESS:PORT`. */
  readonly otherMachinesUrl?: string;
  readonly token: string;
  readonly assistant: Assistant;
  /** What a person should know of how it was started, one sentence each. */
  readonly notices: readonly string[];
  /** Resolves when it has ended, for whatever reason. */
  readonly ended: Promise<void>;
  /** Ends it: what is new is refused, every stream gets its last event, jobs go back into the queue. It takes at most 5 s; a second call waits for the first. */
  stop(): Promise<void>;
}

/** What the end may take: turns and streams, then all that has to be closed, in milliseconds. */
const drainMs = 3500;
const closeMs = 1200;

/**
 * Makes this process the host of its user: takes the lock, composes, listens, and writes down where. What an earlier host that was killed left behind
 * does not matter. Rejects with `HOST_RUNNING` where there is one, with `INPUT_INVALID` for a port that is taken.
 */
export async function startHost(options: StartHostOptions): Promise<RunningHost> {
  const { env = process.env, flags, version } = options;
  const paths = resolvePaths(env);
  await makePrivateFolders(paths);
  await using opened = new AsyncDisposableStack();
  const lock = await takeHostLock(paths);
  opened.defer(() => lock.release());
  await removeHostRecord(paths.host);
  const startedAt = Date.now();
  const { token, notice } = await openHostToken(paths.token);
  const loaded = await loadConfig(paths.config, env, flags);
  const composition = await compose({ env, stays: true, version, ...(flags && { flags }) });
  opened.defer(() => withinLimit(composition[Symbol.asyncDispose](), closeMs));

  const { idleMinutes } = loaded.config.host;
  const idleMs = options.byItself === true && idleMinutes > 0 ? idleMinutes * (options.minuteMs ?? 60_000) : undefined;
  const ended = Promise.withResolvers<void>();
  let idle: IdleWatch | undefined;
  let ending: Promise<void> | undefined;
  // Called at once, and by requests only once there is somebody who can ask.
  const stop = (): Promise<void> => (ending ??= end());
  const assistant: Assistant = {
    ...composition.assistant,
    host: createHostRequests({
      ...{ version, startedAt, offline: composition.config.network.offline },
      processes: () => composition.processes(),
      turns: () => composition.assistant.turns.list(),
      jobs: () => composition.jobs.count(),
      serving: {
        status: () => ({
          url: served.url,
          ...(served.openPort !== undefined && { openPort: served.openPort }),
          ...(idle && { endsInMs: idle.endsInMs() }),
          connections: served.connections(),
        }),
        // The answer goes out first.
        stop: () => void setTimeout(() => void stop(), 20),
        signIn: async () => served.signIn.issue(),
      },
    }),
  };
  const mcp = createMcpMount({ assistant, version });
  opened.defer(() => mcp[Symbol.asyncDispose]());
  const { served, taken } = await listen(options, loaded.config.host.port, {
    ...serveOptions(composition, version),
    ...{ assistant, token },
    mounts: [mcp],
    ...(options.page !== undefined && { page: options.page }),
    ...(options.openPort !== undefined && { openPort: options.openPort }),
    ...(options.bind && { otherMachines: await openOtherMachines(options.bind, composition.clientKeys) }),
    version,
  });
  opened.defer(() => served[Symbol.asyncDispose]());
  await writeHostRecord(paths.host, {
    ...{ pid: process.pid, url: served.url, version, startedAt },
    started: startedWith({ loaded, env, token }),
  });
  if (idleMs !== undefined)
    idle = createIdleWatch({
      idleMs,
      isBusy: async () => served.connections() > 0 || (await hasWork(composition)),
      begun: () => served.begun(),
      onIdle: () => void stop(),
      ...(options.now && { now: options.now }),
    });
  const memoryRest = createMemoryRest({ begun: () => served.begun(), isBusy: () => hasWork(composition) });
  opened.defer(() => memoryRest[Symbol.dispose]());
  composition.telemetry.log('info', 'The host has started.', { version, port: Number(new URL(served.url).port) });

  const rest = opened.move();
  async function end(): Promise<void> {
    idle?.[Symbol.dispose]();
    // From here on commands work by themselves. Turns are stopped before their streams are: so each reader gets the last event.
    const jobs = withinLimit(composition.jobs.drain(), drainMs);
    await Promise.all([removeHostRecord(paths.host), stopTurns(assistant)]);
    await Promise.all([jobs, withinLimit(served.drain(drainMs), drainMs + 500)]);
    await rest[Symbol.asyncDispose]();
    ended.resolve();
  }

  return {
    url: served.url,
    ...(served.openPort !== undefined && { openPort: served.openPort }),
    ...(served.otherMachinesUrl !== undefined && { otherMachinesUrl: served.otherMachinesUrl }),
    ...{ token, assistant, stop },
    notices: [notice, taken].filter((text) => text !== ''),
    ended: ended.promise,
    [Symbol.asyncDispose]: stop,
  };
}

/** What is served beside the assistant itself. */
function serveOptions(
  { telemetry, gateway, assistant, clientKeys, tokensToday, audit }: Composition,
  version: string,
): Omit<ServeOptions, 'assistant' | 'token'> {
  return {
    telemetry,
    apis: standardApis({ gateway, models: assistant.models, version }),
    findKey: (key) => clientKeys.find(key),
    tokensToday,
    audit: { append: ({ actor, action, detail }) => asActor(actor, () => audit.write(action, detail)) },
  };
}

/** The port of the settings is a wish: another host, or another program, may have it. */
async function listen(
  { port }: StartHostOptions,
  wished: number,
  options: ServeOptions,
): Promise<{ readonly served: Served; readonly taken: string }> {
  if (port !== undefined) return { served: await serve({ ...options, port }), taken: '' };
  try {
    return { served: await serve({ ...options, port: wished }), taken: '' };
  } catch (cause) {
    if (wished === 0 || NootropicError.from(cause).code !== 'INPUT_INVALID') throw cause;
    const served = await serve({ ...options, port: 0 });
    return { served, taken: `Port ${String(wished)} is taken, so the host listens at ${served.url}.` };
  }
}

/** A job that waits for its time would not be run by a host that has ended. */
async function hasWork({ assistant, jobs }: Pick<Composition, 'assistant' | 'jobs'>): Promise<boolean> {
  if ((await assistant.turns.list()).length > 0) return true;
  const { waiting, running } = await jobs.count();
  return waiting + running > 0;
}

/** So that each turn ends as one that was stopped, which is in its session, and not as one that was cut off. */
async function stopTurns({ turns }: Pick<Assistant, 'turns'>): Promise<void> {
  const running = await turns.list().catch(() => []);
  await Promise.all(running.map(({ sessionId }) => turns.stop({ sessionId }).catch(() => undefined)));
}

/** Waits for something at most so long; what it rejects with is nobody's any more. */
async function withinLimit(work: Promise<unknown>, limitMs: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  await Promise.race([
    work.catch(() => undefined),
    new Promise((resolve) => {
      timer = setTimeout(resolve, limitMs);
    }),
  ]);
  clearTimeout(timer);
}
