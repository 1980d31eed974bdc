import { spawn } from 'node:child_process';
import { realpath, stat } from 'node:fs/promises';
import { answerAgent } from '@nootropic/agents';
import { createKnowledge } from '@nootropic/context';
import { NootropicError, type Assistant, type Config, type ConfigInput, type Knowledge } from '@nootropic/contracts';
import { createAssistant, createModels } from '@nootropic/core';
import { createLocalMachine } from '@nootropic/machine';
import { checkGguf, createBuiltinRuntime, createLlamaRuntime, createModelStore, createOllamaRuntime, createOpenaiRuntime } from '@nootropic/model';
import { createLocalTelemetry } from '@nootropic/observability';
import { createTreeSitterParser } from '@nootropic/parser';
import { createAdmission, createMemoryLedger } from '@nootropic/scheduler';
import { createLocalSearchIndex } from '@nootropic/search';
import { createSqliteSessionLog } from '@nootropic/storage';
import { createLocalFiles, createLocalRunner } from '@nootropic/workspace';
import { loadConfig } from './config.ts';
import { examine } from './doctor.ts';
import { waysToModel } from './loopback-models.ts';
import { indexFolder, resolvePaths, type Paths } from './paths.ts';

export interface ComposeOptions {
  /** Default `process.env`. */
  readonly env?: NodeJS.ProcessEnv;
  /** Settings from a command line; they win over every other layer. */
  readonly flags?: ConfigInput;
}

export interface Composition {
  readonly assistant: Assistant;
  readonly config: Config;
  readonly paths: Paths;
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * The plug board: the one place where ports meet their adapters. Plain constructor calls, in the order of what needs what.
 * What costs time or memory - a parser, an index, a model - is opened when it is first used.
 */
export async function compose(options: ComposeOptions = {}): Promise<Composition> {
  const env = options.env ?? process.env;
  const paths = resolvePaths(env);
  const { config } = await loadConfig(paths.config, env, options.flags);
  const now = Date.now;

  const telemetry = createLocalTelemetry({ dir: paths.logs, level: config.log.level });
  const machine = createLocalMachine();
  const sessions = createSqliteSessionLog({ path: paths.sessions });
  const store = createModelStore({ dir: paths.models, checkGguf });
  const admission = createAdmission({ clock: { now }, ledger: createMemoryLedger({ machine }) });
  const models = createModels({
    runtimes: [
      createBuiltinRuntime(),
      createLlamaRuntime({ processEntry: entryOf('model-process'), spawn, telemetry }),
      createOllamaRuntime({}),
      createOpenaiRuntime({ ...(env['NOOTROPIC_OPENAI_KEY'] && { apiKey: env['NOOTROPIC_OPENAI_KEY'] }) }),
    ],
    store,
    admission,
    load: { ...(config.models.contextLength && { contextLength: config.models.contextLength }), ...(config.models.threads && { threads: config.models.threads }) },
    ...(config.models.chat && { chat: config.models.chat }),
    ways: (signal) => waysToModel(fetch, signal),
  });

  const parser = createTreeSitterParser({});
  const workspaces = new Map<string, Promise<Knowledge>>();
  const openKnowledge = async (root: string): Promise<Knowledge> => {
    const embedder = await models.load(config.models.embedding, 'embedding');
    const index = await createLocalSearchIndex({
      dir: indexFolder(paths, root),
      dimensions: embedder.info.dimensions,
      embedder: embedder.info.ref,
      vectors: config.index.vectors,
      warn: (message: string) => telemetry.log('warn', message),
    });
    return createKnowledge({ files: await createLocalFiles({ root }), parser, index, embedder, limits: { maxFileBytes: config.index.maxFileBytes } });
  };
  const knowledge = async (workspace: string): Promise<Knowledge> => {
    const root = await workspaceRoot(workspace);
    const open = workspaces.get(root) ?? openKnowledge(root);
    workspaces.set(root, open);
    open.catch(() => workspaces.delete(root));
    return open;
  };

  const assistant = createAssistant({
    sessions,
    models,
    store,
    knowledge,
    telemetry,
    config,
    agent: answerAgent,
    now,
    newId: () => crypto.randomUUID(),
    doctor: async (workspace) =>
      examine({ paths, config, machine, models, env, runner: await createLocalRunner({ root: await workspaceRoot(workspace) }), knowledge: () => knowledge(workspace) }),
  });

  return {
    assistant,
    config,
    paths,
    async [Symbol.asyncDispose]() {
      await Promise.allSettled([...workspaces.values()].map(async (open) => (await open)[Symbol.asyncDispose]()));
      await models[Symbol.asyncDispose]();
      await parser[Symbol.asyncDispose]();
      await sessions[Symbol.asyncDispose]();
      await telemetry[Symbol.asyncDispose]();
    },
  };
}

/** An entry file of a child process: beside this file in the source tree, beside the bundle once built. */
function entryOf(name: string): URL {
  return new URL(import.meta.url.endsWith('.ts') ? `./processes/${name}.ts` : `./${name}.js`, import.meta.url);
}

async function workspaceRoot(workspace: string): Promise<string> {
  try {
    const root = await realpath(workspace);
    if ((await stat(root)).isDirectory()) return root;
  } catch (cause) {
    throw new NootropicError('PATH_NOT_FOUND', `There is no folder ${workspace}.`, { cause });
  }
  throw new NootropicError('INPUT_INVALID', `${workspace} is not a folder.`, { hint: 'Name the folder of the project with --cwd.' });
}
