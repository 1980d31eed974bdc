import { hostStatusSchema } from '@nootropic/contracts';
import type { UtilityProcess } from 'electron';
import type { HostState } from '../shared/channels.ts';
import { linkMessageSchema, type LinkOrder } from '../shared/link-messages.ts';
import type { Electron } from './electron.ts';

export interface HostWatchOptions {
  readonly electron: Pick<Electron, 'utilityProcess'>;
  /** The bundled entry of the utility process. */
  readonly entry: string;
  readonly node: string;
  readonly commandLine: string;
  readonly version: string;
  /** Keys of providers, for a host that is started now. */
  readonly variables: () => Promise<Record<string, string>>;
  readonly onState: (state: HostState) => void;
  readonly log: (message: string, facts: Readonly<Record<string, string>>) => void;
  readonly fetch?: typeof fetch;
}

export interface HostWatch extends Disposable {
  /** Where the host is; unset while there is none. Never leaves main. */
  at(): { readonly url: string; readonly token: string } | undefined;
  state(): HostState;
  /** Starts, or starts again after a failure. With `anew`, a host that runs is ended first. */
  start(how?: { readonly anew: boolean }): Promise<void>;
  /** Whether the host was started by this app, and so with the keys that it keeps. */
  isOwn(): boolean;
  stopHost(): void;
  /** What runs in the host, for the tray; `undefined` while none answers. */
  busy(): Promise<{ readonly turns: number; readonly jobs: number } | undefined>;
}

/** The host as main sees it: through a utility process, whose every message is checked. */
export function createHostWatch(options: HostWatchOptions): HostWatch {
  const { electron, entry, node, commandLine, version, variables, onState, log } = options;
  const request = options.fetch ?? fetch;
  let child: UtilityProcess | undefined;
  let at: { readonly url: string; readonly token: string } | undefined;
  let state: HostState = { state: 'starting' };
  let isOver = false;
  let isOwn = false;

  const become = (next: HostState): void => {
    state = next;
    onState(next);
  };
  const take = (message: unknown): void => {
    const parsed = linkMessageSchema.safeParse(message);
    if (!parsed.success) {
      log('A message of the host link was no such message.', {});
      return;
    }
    const { data } = parsed;
    if (data.type === 'ready') {
      at = { url: data.url, token: data.token };
      isOwn = data.isNew;
      become({ state: 'ready', version: data.version });
      return;
    }
    at = undefined;
    become(
      data.type === 'starting'
        ? { state: 'starting' }
        : { state: 'failed', code: data.code, message: data.message, hint: data.hint },
    );
  };
  const open = (): UtilityProcess => {
    if (child) return child;
    const made = electron.utilityProcess.fork(entry, [node, commandLine, version], {
      serviceName: 'nootropic host link',
      stdio: 'ignore',
    });
    made.on('message', take);
    made.on('exit', (code) => {
      if (child === made) child = undefined;
      if (isOver) return;
      log('The host link has ended.', { code: String(code) });
      at = undefined;
      become({
        state: 'failed',
        code: 'HOST_UNREACHABLE',
        message: 'The part of the app that looks after the host has ended.',
        hint: 'Try again; the logs say more.',
      });
    });
    child = made;
    return made;
  };
  const order = (message: LinkOrder): void => open().postMessage(message);

  return {
    at: () => at,
    state: () => state,
    async start({ anew } = { anew: false }) {
      become({ state: 'starting' });
      order({ type: 'ensure', anew, env: await variables() });
    },
    isOwn: () => isOwn,
    stopHost: () => order({ type: 'stop-host' }),
    async busy() {
      if (!at) return undefined;
      try {
        const answer = await request(`${at.url}/host`, {
          headers: { authorization: `Bearer ${at.token}` },
          redirect: 'error',
          signal: AbortSignal.timeout(2000),
        });
        const { turns, jobs } = hostStatusSchema.parse(await answer.json());
        return { turns: turns.length, jobs: jobs.running + jobs.waiting };
      } catch {
        return undefined;
      }
    },
    [Symbol.dispose]() {
      isOver = true;
      child?.kill();
    },
  };
}
