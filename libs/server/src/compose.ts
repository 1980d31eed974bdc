import { createHash } from 'node:crypto';
import { realpath, stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { answerAgent } from '@nootropic/agents';
import { createKnowledge } from '@nootropic/context';
import {
  NootropicError,
  type Assistant,
  type Config,
  type ConfigInput,
  type Knowledge,
  type Model,
  type ModelRole,
  type SearchIndex,
} from '@nootropic/contracts';
import {
  admissionTelemetry,
  createAssistant,
  createModels,
  type CatalogueCandidate,
  type LoadPlanLimits,
} from '@nootropic/core';
import { createLocalMachine } from '@nootropic/machine';
import {
  catalogueCandidates,
  checkGguf,
  cloudPrice,
  cloudProviders,
  createBuiltinEmbedder,
  createCloudRuntime,
  createHuggingfaceFetch,
  createHuggingfaceSource,
  createLlamaRuntime,
  createModelStore,
  createNetworkFetch,
  createOllamaRegistrySource,
  createOllamaRuntime,
  createOpenaiRuntime,
  findLocalModels,
  loadCatalogue,
  sizeOfStates,
} from '@nootropic/model';
import { createLocalTelemetry } from '@nootropic/observability';
import { createTreeSitterParser, installedGrammar, type GrammarFile } from '@nootropic/parser';
import {
  createAdmission,
  createMemoryLedger,
  createResidency,
  watchPressure,
  type PlanCandidate,
} from '@nootropic/scheduler';
import { createLocalSearchIndex } from '@nootropic/search';
import {
  createLocalSecrets,
  createSqliteResponseCache,
  createSqliteSessionLog,
  createSqliteUsageLog,
} from '@nootropic/storage';
import { createLocalFiles, createLocalRunner } from '@nootropic/workspace';
import { loadConfig } from './config.ts';
import { examine } from './doctor.ts';
import { createLazySessionLog } from './lazy-session-log.ts';
import { waysToModel } from './loopback-models.ts';
import { createMemoryLessons } from './memory-lessons.ts';
import { indexFolder, resolvePaths, type Paths } from './paths.ts';
import { makePrivateFolders } from './private-folders.ts';
import { readProjectRules, realFolders } from './project-rules.ts';

const mebibyte = 2 ** 20;
/** Changes when the same request would be answered otherwise. */
const answersVersion = '1';

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
  const usage = createSqliteUsageLog({ path: paths.usage });
  const answers = createSqliteResponseCache({ path: paths.answers, maxBytes: 64 * mebibyte });
  const secrets = createLocalSecrets({ env, file: paths.keys });
  const network = createNetworkFetch({ env });
  const huggingface = {
    ...(env['HF_ENDPOINT'] && { endpoint: env['HF_ENDPOINT'] }),
    ...(env['HF_TOKEN'] && { token: env['HF_TOKEN'] }),
  };
  const store = createModelStore({
    dir: paths.models,
    checkGguf,
    fetch: createHuggingfaceFetch({ fetch: network, ...huggingface }),
  });
  const lessons = createMemoryLessons(paths.lessons);
  const runtimes = [
    createBuiltinEmbedder(),
    createLlamaRuntime({
      processEntry: entryOf('model-process'),
      estimateMemory: lessons.estimate,
      onUseMeasured: lessons.learn,
      telemetry,
      compileCache: paths.compiled,
      gpu: config.models.gpu,
      ...(config.models.stateLimit > 0 && {
        states: { root: paths.states, limit: config.models.stateLimit * mebibyte },
      }),
    }),
    createOllamaRuntime({ fetch: network }),
    createOpenaiRuntime({ fetch: network, apiKey: () => env['NOOTROPIC_SERVER_KEY'] }),
    ...cloudProviders.map((provider) =>
      createCloudRuntime({
        provider,
        enabled: config.providers.enabled.includes(provider),
        apiKey: () => secrets.read(provider),
        fetch: network,
      }),
    ),
  ];
  const clock = { now };
  const ledger = createMemoryLedger({
    machine,
    ...(config.models.memoryLimit !== undefined && { memoryLimit: config.models.memoryLimit * mebibyte }),
  });
  const residency = createResidency<Model>({
    clock,
    ledger,
    onUnloaded: ({ what, why }) => telemetry.log('info', `Unloaded ${what}.`, { why }),
  });
  const admission = createAdmission({ clock, ...admissionTelemetry(telemetry) });
  const pressure = watchPressure({
    machine,
    clock,
    residency,
    shrink: async (step) => {
      const freed = await Promise.all(runtimes.map((runtime) => runtime.shrink(step)));
      return freed.reduce((sum, bytes) => sum + bytes, 0);
    },
    onStep: ({ step, text }) => telemetry.log('warn', text, { step }),
  });
  const models = createModels({
    runtimes,
    store,
    admission,
    residency,
    ledger,
    machine,
    telemetry,
    usage,
    config: { ...config.models, neverRemote: await realFolders(config.models.neverRemote) },
    now,
    ways: (signal) => waysToModel(fetch, signal),
    projectRules: readProjectRules,
    localModel,
    price: cloudPrice,
    cache: answers,
    version: answersVersion,
  });

  const parser = createTreeSitterParser({ grammar: grammarOf });
  const workspaces = new Map<string, Promise<OpenWorkspace>>();
  const openWorkspace = async (root: string): Promise<OpenWorkspace> => {
    const { model: embedder } = await models.open(config.models.embedding, { role: 'embedding', workspace: root });
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

  const assistant: Assistant = createAssistant({
    sessions,
    models,
    runtimes,
    store,
    sources: [
      createHuggingfaceSource({ fetch: network, ...huggingface }),
      createOllamaRegistrySource({ fetch: network }),
    ],
    findLocal: (signal) =>
      findLocalModels({
        home: homedir(),
        env,
        platform: process.platform,
        storeDir: paths.models,
        ...(signal && { signal }),
      }),
    catalogue: recommendedModels,
    localModel,
    limits: modelLimits(config),
    machine,
    ledger,
    residency,
    admission,
    states: async () => sizeOfStates(paths.states),
    usage,
    secrets,
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
        assistant,
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
      pressure[Symbol.dispose]();
      await models[Symbol.asyncDispose]();
      await usage[Symbol.asyncDispose]();
      await answers[Symbol.asyncDispose]();
      await parser[Symbol.asyncDispose]();
      await sessions[Symbol.asyncDispose]();
      await telemetry[Symbol.asyncDispose]();
    },
  };
}

function modelLimits({ models }: Config): LoadPlanLimits {
  const { contextLength, kvType, threads, memoryLimit, gpu } = models;
  return {
    contextLength,
    kvType,
    threads,
    memoryLimit: memoryLimit === undefined ? undefined : memoryLimit * mebibyte,
    gpuOff: gpu === 'off',
  };
}

/** What planning needs to know of a model file on this machine; a model elsewhere has none. */
async function localModel(ref: string): Promise<PlanCandidate | undefined> {
  if (!ref.startsWith('file:')) return undefined;
  const { name, bytes, header } = await checkGguf(ref.slice('file:'.length));
  return { ref, name, fileBytes: bytes, header };
}

async function recommendedModels(role: ModelRole): Promise<CatalogueCandidate[]> {
  return catalogueCandidates(await loadCatalogue(), role).map(({ entry, header, listing }) => ({
    ref: listing.ref,
    name: listing.name,
    fileBytes: header.tensorBytes,
    header,
    quality: entry.ranks[role] ?? 0,
    license: entry.license,
  }));
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
