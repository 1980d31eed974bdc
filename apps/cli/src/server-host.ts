import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import {
  differingSettings,
  endHost,
  ensureHost,
  explainSetting,
  findHost,
  isHostLocked,
  listSettings,
  listWritten,
  loadConfig,
  removeWritten,
  resolvePaths,
  writeSetting,
  type FoundHost,
} from '@nootropic/server/attach';
import { NootropicError } from '@nootropic/contracts';
import { connect, type Endpoint } from '@nootropic/client';
import type { BindRequest, Host, OpenAssistant, RunningElsewhere } from './host.ts';
import type { Surroundings } from './surroundings.ts';

/** The built page: beside the bundle, or where its own build leaves it. */
const page = fileURLToPath(
  new URL(import.meta.url.endsWith('.ts') ? '../../web/dist/page' : './page', import.meta.url),
);

/** What a host is started with: the first file of this program. */
const main = fileURLToPath(new URL(import.meta.url.endsWith('.ts') ? './main.ts' : './main.js', import.meta.url));

/** How long a host is given to take note that it should end, in milliseconds. */
const askMs = 3000;

/**
 * The host that the environment names, as `nootropic serve` printed it. Only one on this machine: the token must not go anywhere else.
 * Throws `USAGE` for an address that is none, or without its token.
 */
function endpointOf(env: Surroundings['env']): Endpoint | undefined {
  const { NOOTROPIC_HOST: host, NOOTROPIC_TOKEN: token } = env;
  if (host === undefined || host === '') return undefined;
  const url = URL.canParse(host) ? new URL(host) : undefined;
  if (url?.protocol !== 'http:' || !['127.0.0.1', 'localhost'].includes(url.hostname))
    throw new NootropicError('USAGE', `NOOTROPIC_HOST is "${host}", which is no address on this machine.`, {
      hint: 'It is the address of the API that `nootropic serve` prints, such as http://127.0.0.1:4650.',
    });
  if (token === undefined || token === '')
    throw new NootropicError('USAGE', 'NOOTROPIC_HOST is set, but NOOTROPIC_TOKEN is not.', {
      hint: 'It is the token that `nootropic serve` prints.',
    });
  return { url: url.origin, token };
}

/** The machine room: that of the running host where there is one, else in this same process, where nothing is left running when the command ends. */
export function createServerHost({
  env,
  version,
  stderr,
}: Pick<Surroundings, 'env' | 'version'> & { readonly stderr: Pick<Surroundings['stderr'], 'isTTY' | 'write'> }): Host {
  const paths = resolvePaths(env);
  const endpoint = endpointOf(env);
  let attached = false;

  const lend = (at: Endpoint): OpenAssistant => ({
    assistant: connect(at),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  });
  const elsewhere = (found: FoundHost): RunningElsewhere => {
    const { pid, url, version: theirs, startedAt, token } = found;
    const hasPage = async () => (await fetch(url, { method: 'HEAD' })).ok;
    return { pid, url, version: theirs, startedAt, assistant: connect({ url, token }), hasPage };
  };

  /** The running host, where it would work as this process would. */
  const attach = async (): Promise<OpenAssistant | undefined> => {
    const found = await findHost(paths);
    if (!found) return undefined;
    const loaded = await loadConfig(paths.config, env);
    if (!loaded.config.host.attach) return undefined;
    const { token } = found;
    const differing = differingSettings({ loaded, env, token }, found.started);
    const why =
      found.version === version
        ? `has other settings (${differing.slice(0, 3).join(', ')}${differing.length > 3 ? ', …' : ''})`
        : `is version ${found.version}`;
    if (found.version === version && differing.length === 0) {
      attached = true;
      return lend(found);
    }
    // For a person; in a pipe it would only be in the way.
    if (stderr.isTTY)
      await stderr.write(`This works by itself: the host that runs ${why}. \`nootropic stop\` ends that one.\n`);
    return undefined;
  };

  return {
    get remote() {
      return endpoint !== undefined || attached;
    },
    async open({ stays = false } = {}) {
      if (endpoint !== undefined) return lend(endpoint);
      const there = await attach();
      if (there) return there;
      const { compose } = await machineRoom();
      return compose({ env, version, stays });
    },
    async serve(request) {
      const { startHost } = await machineRoom();
      return startHost({ env, version, ...request, ...(existsSync(page) && { page }) });
    },
    async ensure({ port, openPort, bind }, signal) {
      const args = [
        ...(port === undefined ? [] : ['--port', String(port)]),
        ...(openPort === undefined ? [] : ['--open-port', String(openPort)]),
        ...(bind ? bindArguments(bind) : []),
      ];
      const found = await ensureHost({ env, version, command: [process.execPath, main], args, signal });
      return { ...elsewhere(found), isNew: found.isNew };
    },
    async running() {
      const found = await findHost(paths);
      if (found) return elsewhere(found);
      return existsSync(paths.hostLock) && isHostLocked(paths) ? 'unknown' : undefined;
    },
    async end({ force, limitMs }) {
      if (!existsSync(paths.hostLock)) return undefined;
      return endHost(paths, {
        ...{ force, limitMs },
        ask: ({ url, token }) => connect({ url, token }).host.stop(undefined, { signal: AbortSignal.timeout(askMs) }),
      });
    },
    async serveMcp(assistant, options) {
      const { serveMcpOnStdio } = await machineRoom();
      await serveMcpOnStdio({ assistant, version, ...options });
    },
    logs: {
      read: async (query) => (await machineRoom()).readLogLines(paths.logs, query),
      async *follow(query) {
        yield* (await machineRoom()).followLogLines(paths.logs, query);
      },
    },
    paths: () => paths,
    config: async () => (await loadConfig(paths.config, env)).config,
    explain: async (key) => explainSetting(await loadConfig(paths.config, env), key),
    settings: () => listSettings(),
    setConfig: (key, text) => writeSetting(paths.config, key, text),
    unsetConfig: async (key) => {
      // A file with a value that is not allowed cannot be loaded; taking that value out is how it is mended.
      const before = await loadConfig(paths.config, env).catch(() => undefined);
      await writeSetting(paths.config, key, undefined);
      return before === undefined || explainSetting(before, key).layers.some(({ layer }) => layer === 'user');
    },
    written: () => listWritten(paths),
    async removeWritten() {
      if (existsSync(paths.hostLock) && isHostLocked(paths))
        throw new NootropicError('HOST_RUNNING', 'A host is running, and would write all of it again.', {
          hint: 'Run `nootropic stop` first.',
        });
      await removeWritten(paths);
    },
  };
}

/** All that a host is made of; a command that uses a running one need not load it. */
const machineRoom = () => import('@nootropic/server');

function bindArguments({ bind, tlsCert, tlsKey, allowHost = [], jwtSecretFile, jwksFile }: BindRequest): string[] {
  const named: Record<string, string | undefined> = {
    '--bind': bind,
    '--tls-cert': tlsCert,
    '--tls-key': tlsKey,
    '--jwt-secret-file': jwtSecretFile,
    '--jwks-file': jwksFile,
  };
  return [
    ...Object.entries(named).flatMap(([name, value]) => (value === undefined ? [] : [name, value])),
    ...allowHost.flatMap((host) => ['--allow-host', host]),
  ];
}
