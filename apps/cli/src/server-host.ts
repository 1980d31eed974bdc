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
import type { Host } from './host.ts';
import type { Surroundings } from './surroundings.ts';

/** The built page: beside the bundle, or where its own build leaves it. */
const page = fileURLToPath(
  new URL(import.meta.url.endsWith('.ts') ? '../../web/dist/page' : './page', import.meta.url),
);

/** The machine room in this same process: nothing is left running when the command ends. */
export function createServerHost({ env }: Pick<Surroundings, 'env'>): Host {
  const paths = resolvePaths(env);
  return {
    open: () => compose({ env }),
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
    written: () => listWritten(paths),
    removeWritten: () => removeWritten(paths),
  };
}
