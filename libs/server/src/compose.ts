import { createHash } from 'node:crypto';
import { realpath, stat } from 'node:fs/promises';
import { answerAgent } from '@nootropic/agents';
import { createKnowledge } from '@nootropic/context';
import {
  NootropicError,
  type Assistant,
  type Config,
  type ConfigInput,
  type Knowledge,
  type SearchIndex,
} from '@nootropic/contracts';
import { createAssistant, createModels } from '@nootropic/core';
import { createLocalMachine } from '@nootropic/machine';
import {
  checkGguf,
  createBuiltinEmbedder,
  createLlamaRuntime,
  createModelStore,
  createOllamaRuntime,
  createOpenaiRuntime,
} from '@nootropic/model';
import { createLocalTelemetry } from '@nootropic/observability';
import { createTreeSitterParser, installedGrammar, type GrammarFile } from '@nootropic/parser';
import { createAdmission, createMemoryLedger, estimateGgufMemory } from '@nootropic/scheduler';
import { createLocalSearchIndex } from '@nootropic/search';
import { createSqliteSessionLog } from '@nootropic/storage';
import { createLocalFiles, createLocalRunner } from '@nootropic/workspace';
import { loadConfig } from './config.ts';
import { examine } from './doctor.ts';
import { createLazySessionLog } from './lazy-session-log.ts';
import { waysToModel } from './loopback-models.ts';
import { indexFolder, resolvePaths, type Paths } from './paths.ts';
import { makePrivateFolders } from './private-folders.ts';

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

interface OpenWorkspace {
  readonly knowledge: Knowledge;
  readonly index: SearchIndex;
}

/**
 * The plug board: the one place where ports meet their adapters. Plain constructor calls, in the order of what needs what.
 * What costs time or memory - a parser, an index, a model - is opened when it is first used.
 */
export async function compose(options: ComposeOptions = {}): Promise<Composition> {
  const env = options.env ?? process.env;
  const paths = resolvePaths(env);
  await makePrivateFolders(paths);
  const { config } = await loadConfig(paths.config, env, options.flags);
  const now = Date.now;

  const telemetry = createLocalTelemetry({ dir: paths.logs, level: config.log.level });
  const machine = createLocalMachine();
  const sessions = createLazySessionLog(() => createSqliteSessionLog({ path: paths.sessions }));
  const store = createModelStore({ dir: paths.models, checkGguf });
  const admission = createAdmission({ clock: { now }, ledger: createMemoryLedger({ machine }) });
  const models = createModels({
    runtimes: [
      createBuiltinEmbedder(),
      createLlamaRuntime({
        processEntry: entryOf('model-process'),
        estimateMemory: estimateGgufMemory,
        telemetry,
        compileCache: paths.compiled,
      }),
      createOllamaRuntime({}),
      createOpenaiRuntime({ apiKey: () => env['NOOTROPIC_OPENAI_KEY'] }),
    ],
    store,
    admission,
    load: {
      ...(config.models.contextLength && { contextLength: config.models.contextLength }),
      ...(config.models.threads && { threads: config.models.threads }),
    },
    ...(config.models.chat && { chat: config.models.chat }),
    ways: (signal) => waysToModel(fetch, signal),
  });

  const parser = createTreeSitterParser({ grammar: grammarOf });
  const workspaces = new Map<string, Promise<OpenWorkspace>>();
  const openWorkspace = async (root: string): Promise<OpenWorkspace> => {
    const embedder = await models.load(config.models.embedding, 'embedding');
    const index = await createLocalSearchIndex({
      dir: indexFolder(paths, root),
      dimensions: embedder.info.dimensions,
      embedder: embedder.info.ref,
      vectors: config.index.vectors,
      onWarning: (message) => telemetry.log('warn', message),
    });
    const files = await createLocalFiles({ root });
    const knowledge = createKnowledge({
      files,
      parser,
      index,
      embedder,
      hash: (bytes) => createHash('sha256').update(bytes).digest('hex'),
      limits: { maxFileBytes: config.index.maxFileBytes },
    });
    return { knowledge, index };
  };
  const knowledge = async (workspace: string): Promise<Knowledge> => {
    const root = await workspaceRoot(workspace);
    const open = workspaces.get(root) ?? openWorkspace(root);
    workspaces.set(root, open);
    open.catch(() => workspaces.delete(root));
    return (await open).knowledge;
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
      examine({
        paths,
        config,
        machine,
        models,
        sessions,
        env,
        runner: await createLocalRunner({ root: await workspaceRoot(workspace) }),
        knowledge: () => knowledge(workspace),
      }),
  });

  return {
    assistant,
    config,
    paths,
    async [Symbol.asyncDispose]() {
      await Promise.allSettled(
        [...workspaces.values()].map(async (open) => {
          const { knowledge, index } = await open;
          await knowledge[Symbol.asyncDispose]();
          await index[Symbol.asyncDispose]();
        }),
      );
      await models[Symbol.asyncDispose]();
      await parser[Symbol.asyncDispose]();
      await sessions[Symbol.asyncDispose]();
      await telemetry[Symbol.asyncDispose]();
    },
  };
}

/** A WebAssembly file of the parser: in its npm package in the source tree, in `grammars` beside the bundle once built. */
function grammarOf(file: GrammarFile): string | URL {
  return import.meta.url.endsWith('.ts') ? installedGrammar(file) : new URL(`./grammars/${file}`, import.meta.url);
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
  throw new NootropicError('INPUT_INVALID', `${workspace} is not a folder.`, {
    hint: 'Name the folder of the project with --cwd.',
  });
}
