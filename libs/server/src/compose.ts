import { createHash } from 'node:crypto';
import { realpath, stat } from 'node:fs/promises';
import { availableParallelism, homedir } from 'node:os';
import { join } from 'node:path';
import { answerAgent, createCodeAgent, taskAgents } from '@nootropic/agents';
import { createKnowledge, isSecretPath, joinSources } from '@nootropic/context';
import {
  NootropicError,
  type Assistant,
  type Config,
  type ConfigInput,
  type Knowledge,
  type MachineState,
  type Model,
  type ModelRole,
  type SearchIndex,
  type Sources,
  type ModelInfo,
} from '@nootropic/contracts';
import {
  admissionTelemetry,
  createAssistant,
  createModels,
  type CatalogueCandidate,
  type LoadPlanLimits,
  type Models,
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
import { createBashShellParser, createParserPool } from '@nootropic/parser';
import { expandCommand } from '@nootropic/plugin';
import { createLocalReflexion } from '@nootropic/reflexion';
import {
  createAdmission,
  createMemoryLedger,
  createResidency,
  watchPressure,
  type PlanCandidate,
} from '@nootropic/scheduler';
import { createLocalSearchIndex } from '@nootropic/search';
import {
  createLocalPages,
  createWebPages,
  createLocalSecrets,
  createLocalTrust,
  createSqliteResponseCache,
  createSqliteSessionLog,
  createSqliteUsageLog,
  readTextFile,
} from '@nootropic/storage';
import { createGitHistory, createLocalFiles, createLocalRunner, createPublicFetch } from '@nootropic/workspace';
import { createAbsentEmbedder } from './absent-embedder.ts';
import { loadConfig } from './config.ts';
import { countTurn } from './count-turn.ts';
import { examine } from './doctor.ts';
import { createLazySessionLog } from './lazy-session-log.ts';
import { waysToModel } from './loopback-models.ts';
import { createMemoryLessons } from './memory-lessons.ts';
import { createIndexNotesFile } from './index-notes-file.ts';
import { createIndexProcess, type IndexProcess } from './index-process.ts';
import { createNearestTests } from './nearest-tests.ts';
import { indexFolder, learntFile, ownPaths, resolvePaths, sourcesFile, type Paths } from './paths.ts';
import { createPatternWorkers } from './pattern-worker.ts';
import { makePrivateFolders } from './private-folders.ts';
import { readProjectRules, realFolders } from './project-rules.ts';
import { createWorkplaces } from './workplaces.ts';
import { openContextStore, openWorkspaceSources } from './workspace-sources.ts';

const mebibyte = 2 ** 20;
/** Mebibytes of disk for the context store, and for the sources of one workspace. */
const contextLimit = 2048;
/** Changes when the same request would be answered otherwise. */
const answersVersion = '1';

export interface ComposeOptions {
  /** Default `process.env`. */
  readonly env?: NodeJS.ProcessEnv;
  /**
   * Whether this process stays: then trees are watched, and indexed in a process of low priority that gives way to everything else.
   * Otherwise they are indexed in this one, since somebody waits for it. Default false.
   */
  readonly stays?: boolean;
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
  readonly indexer?: IndexProcess;
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

  const contexts = openContextStore(paths.contexts, contextLimit);
  const pages = createLocalPages({
    fetch: network,
    onRequest: (host) => telemetry.log('info', 'Fetched a page that the user named as a source.', { host }),
  });
  const webPages = createWebPages({
    fetch: createPublicFetch(),
    onRequest: (host) => telemetry.log('info', 'Fetched a page for an agent.', { host }),
  });
  const openSources = new Map<string, Sources>();
  const sourcesOf = (root: string): Sources => {
    const open =
      openSources.get(root) ??
      openWorkspaceSources({ root, file: sourcesFile(paths, root), maxMebibytes: contextLimit, pages, env });
    openSources.set(root, open);
    return open;
  };

  // Whoever indexes here waits for it, and this process waits for the parsers half of the time: every core may parse.
  const parser = createParserPool({ entry: entryOf('parser-worker'), workers: Math.min(8, availableParallelism()) });
  const stays = options.stays === true;
  let turns = 0;
  const waitsFor = async (): Promise<string> =>
    turns > 0 ? 'a turn that is running' : reasonToWait(await machine.read());
  const workspaces = new Map<string, Promise<OpenWorkspace>>();
  const openWorkspace = async (root: string): Promise<OpenWorkspace> => {
    const embedder = await openEmbedder(models, config.models.embedding, root);
    const dir = indexFolder(paths, root);
    const onWarning = (message: string): void => telemetry.log('warn', message);
    const index = await createLocalSearchIndex({
      dir,
      dimensions: embedder.info.dimensions,
      embedder: vectorsOf(embedder.info),
      vectors: config.index.vectors,
      writes: !stays,
      onWarning,
    });
    const indexer =
      stays &&
      createIndexProcess({
        entry: entryOf('index-process'),
        root,
        dir,
        dimensions: embedder.info.dimensions,
        embedder: vectorsOf(embedder.info),
        ...(isBuiltin(embedder.info) && { ownModel: embedder.info.ref }),
        vectors: config.index.vectors,
        maxFileBytes: config.index.maxFileBytes,
        model: embedder,
        waitsFor,
        onWarning,
      });
    const files = await createLocalFiles({ root });
    const { reranking } = config.models;
    const knowledge = createKnowledge({
      files,
      parser,
      index,
      embedder,
      history: createGitHistory({ root: files, env }),
      hash: (bytes) => createHash('sha256').update(bytes).digest('hex'),
      openPattern: createPatternWorkers({ entry: entryOf('pattern-worker') }),
      ...(reranking !== undefined && {
        reranker: async (signal?: AbortSignal) =>
          (await models.open(reranking, { role: 'reranking', workspace: root }, signal)).model,
      }),
      limits: { maxFileBytes: config.index.maxFileBytes, filesAhead: 8 * parser.workers },
      notes: createIndexNotesFile(join(dir, 'run.json')),
      program: process.pid,
      watch: stays,
      ...(indexer && { run: (asked) => indexer.run(asked) }),
      waitsFor,
    });
    const joined = joinSources(knowledge, sourcesOf(root), (message) => telemetry.log('warn', message));
    return { knowledge: joined, index, ...(indexer && { indexer }) };
  };
  const knowledge = async (workspace: string): Promise<Knowledge> => {
    const root = await workspaceRoot(workspace);
    const open = workspaces.get(root) ?? openWorkspace(root);
    workspaces.set(root, open);
    open.catch(() => workspaces.delete(root));
    return (await open).knowledge;
  };

  const trust = createLocalTrust({ file: paths.trust });
  const shell = createBashShellParser();
  const workplaces = createWorkplaces({
    ...{ paths, config, env },
    onNetwork: ({ refused, ...use }) =>
      telemetry.log(refused === undefined ? 'info' : 'warn', 'A command in the sandbox connected.', {
        ...use,
        ...(refused !== undefined && { refused }),
      }),
    openReflexion: async ({ root, files, runner }) =>
      createLocalReflexion({
        ...{ root, parser, runner, lessons: learntFile(paths, root) },
        testsOf: createNearestTests({ files, parser, knowledge: () => knowledge(root) }),
        // Where nothing confines them, a person is asked before they run.
        unconfined: config.permissions.sandbox !== 'required',
      }),
  });

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
    contexts,
    workspaceSources: async (workspace) => sourcesOf(await workspaceRoot(workspace)),
    openText,
    telemetry,
    config,
    agents: {
      answer: answerAgent,
      code: createCodeAgent({ webFetch: config.agent.webFetch, skills: true }),
      personas: taskAgents,
    },
    now,
    newId: () => crypto.randomUUID(),
    workplace: async (workspace) => workplaces.of(await workspaceRoot(workspace)),
    trust,
    expandCommand,
    shell,
    home: homedir(),
    ownPaths: ownPaths(paths),
    fetchPage: async (url, signal) => (await webPages.load(url, signal)).text,
    isSecretPath,
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

  const send: Assistant['send'] = async (...asked) => {
    const events = await assistant.send(...asked);
    return countTurn(events, (by) => {
      turns += by;
    });
  };

  return {
    assistant: { ...assistant, send },
    config,
    paths,
    async [Symbol.asyncDispose]() {
      await Promise.allSettled(
        [...workspaces.values()].map(async (open) => {
          const { knowledge, index, indexer } = await open;
          await knowledge[Symbol.asyncDispose]();
          await indexer?.[Symbol.asyncDispose]();
          await index[Symbol.asyncDispose]();
        }),
      );
      await workplaces[Symbol.asyncDispose]();
      for (const sources of openSources.values()) await sources[Symbol.asyncDispose]();
      await contexts[Symbol.asyncDispose]();
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

/** Where the model cannot be opened, words alone serve; a rule against it, or a reference that is none, is the user's to mend. */
async function openEmbedder(models: Models, ref: string, workspace: string): Promise<Model> {
  try {
    return (await models.open(ref, { role: 'embedding', workspace })).model;
  } catch (cause) {
    const error = NootropicError.from(cause);
    if (['ABORTED', 'MODEL_REF_INVALID', 'REMOTE_FORBIDDEN'].includes(error.code)) throw error;
    return createAbsentEmbedder(ref, error);
  }
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

/** A long text that the user names by its path. */
async function openText(path: string): ReturnType<typeof readTextFile> {
  if (!isSecretPath(path)) return readTextFile(path);
  throw new NootropicError('DENIED', `${path} may hold secrets and is not read.`, {
    hint: 'Take the part that holds none into another file.',
  });
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

/** Whether the index process can load the model itself. */
function isBuiltin({ ref, can }: ModelInfo): boolean {
  return ref.startsWith('builtin:') && can.includes('embed');
}

/** Share of the last seconds in which work waited for memory, above which memory is short. */
const shortPressure = 0.1;
const shortMemory = 0.05;

/** Why work that nobody waits for is to wait; empty when it need not. */
function reasonToWait({ power, memoryPressure = 0, memoryAvailable, memoryTotal }: MachineState): string {
  if (power === 'battery') return 'mains power';
  if (memoryPressure > shortPressure || memoryAvailable < memoryTotal * shortMemory) return 'memory';
  return '';
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

/** What made the vectors of an index: vectors of another model, or of other weights under the same name, are kept apart. */
function vectorsOf({ ref, revision }: ModelInfo): string {
  return revision === undefined ? ref : `${ref}@${revision}`;
}
