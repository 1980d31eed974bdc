import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import {
  compose,
  explainSetting,
  listSettings,
  listWritten,
  loadConfig,
  removeWritten,
  resolvePaths,
  serve,
  writeSetting,
} from '@nootropic/server';
import { NootropicError } from '@nootropic/contracts';
import { connect, type Endpoint } from '@nootropic/client';
import type { Host } from './host.ts';
import type { Surroundings } from './surroundings.ts';

/** The built page: beside the bundle, or where its own build leaves it. */
const page = fileURLToPath(
  new URL(import.meta.url.endsWith('.ts') ? '../../web/dist/page' : './page', import.meta.url),
);

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

/** The machine room in this same process: nothing is left running when the command ends. */
export function createServerHost({ env }: Pick<Surroundings, 'env'>): Host {
  const paths = resolvePaths(env);
  const endpoint = endpointOf(env);
  return {
    remote: endpoint !== undefined,
    open: async ({ stays = false } = {}) =>
      endpoint === undefined
        ? compose({ env, stays })
        : { assistant: connect(endpoint), [Symbol.asyncDispose]: () => Promise.resolve() },
    serve: async (assistant, port = 0) => {
      const token = randomBytes(32).toString('base64url');
      const served = await serve({ assistant, token, port, ...(existsSync(page) && { page }) });
      return { url: served.url, token, [Symbol.asyncDispose]: () => served[Symbol.asyncDispose]() };
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
    removeWritten: () => removeWritten(paths),
  };
}
