import { NootropicError } from '@nootropic/contracts';
import { ensureHost, endHost, isHostReady, resolvePaths, type EnsuredHost } from '@nootropic/server/attach';
import { linkOrderSchema, type LinkMessage } from '../shared/link-messages.ts';

export interface HostLinkOptions {
  /** Node and the entry of the command line that the app ships. */
  readonly command: readonly [program: string, ...args: string[]];
  readonly version: string;
  readonly env: NodeJS.ProcessEnv;
  readonly tell: (message: LinkMessage) => void;
  /** Default: of `@nootropic/server`. */
  readonly ensure?: typeof ensureHost;
  readonly isReady?: typeof isHostReady;
  readonly pause?: (ms: number, signal: AbortSignal) => Promise<void>;
}

export interface HostLink extends Disposable {
  /** An order of main; what is none is thrown away. */
  order(message: unknown): Promise<void>;
}

/** How often the host is looked at, and how long is waited after it failed to start, in milliseconds. */
const lookMs = 5000;
const waits = [500, 2000, 5000, 15_000, 60_000] as const;

/**
 * Starts the host of this user, or takes the one that runs, and sees to it that there is one as long as the app is open. It runs in a process of its own, since
 * the lock of the host is a matter of native code and of waiting, and main must do neither.
 */
export function createHostLink(options: HostLinkOptions): HostLink {
  const { command, version, env, tell, ensure = ensureHost, isReady = isHostReady, pause = sleep } = options;
  let watching: AbortController | undefined;
  let current: EnsuredHost | undefined;

  const watch = async (extra: Readonly<Record<string, string>>, signal: AbortSignal): Promise<void> => {
    for (let failures = 0; !signal.aborted;) {
      try {
        tell({ type: 'starting' });
        current = await ensure({ command, version, env: { ...env, ...extra }, signal });
        failures = 0;
        const { url, token, isNew } = current;
        tell({ type: 'ready', url, token, version: current.version, isNew });
        while (await isReady({ url }, fetch, AbortSignal.any([signal, AbortSignal.timeout(4000)])))
          await pause(lookMs, signal);
      } catch (cause) {
        if (signal.aborted) return;
        const { code, message, hint } = NootropicError.from(cause).toJSON();
        tell({ type: 'failed', code, message: message.slice(0, 4000), hint: hint.slice(0, 4000) });
        await pause(waits[Math.min(failures, waits.length - 1)] ?? lookMs, signal).catch(() => undefined);
        failures += 1;
      }
    }
  };

  return {
    async order(message) {
      const order = linkOrderSchema.safeParse(message);
      if (!order.success) return;
      watching?.abort();
      if (order.data.type === 'ensure' && !order.data.anew) {
        watching = new AbortController();
        void watch(order.data.env, watching.signal);
        return;
      }
      await endHost(resolvePaths(env), {
        ask: ({ url, token }) =>
          fetch(`${url}/host/stop`, {
            method: 'POST',
            headers: { authorization: `Bearer ${token}` },
            redirect: 'error',
          }),
      }).catch((cause: unknown) => {
        const { code, message: why, hint } = NootropicError.from(cause).toJSON();
        tell({ type: 'failed', code, message: why, hint });
      });
      if (order.data.type === 'stop-host') return;
      watching = new AbortController();
      void watch(order.data.env, watching.signal);
    },
    [Symbol.dispose]: () => watching?.abort(),
  };
}

function sleep(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener('abort', () => {
      clearTimeout(timer);
      reject(new NootropicError('ABORTED'));
    });
  });
}
