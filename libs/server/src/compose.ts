import { homedir } from 'node:os';
import { answerAgent, createCodeAgent, taskAgents } from '@nootropic/agents';
import { isSecretPath } from '@nootropic/context';
import {
  NootropicError,
  type Assistant,
  type Config,
  type ConfigInput,
  type HostProcess,
  type Knowledge,
  type Telemetry,
} from '@nootropic/contracts';
import { createAssistant, createGateway, type Gateway, type Jobs } from '@nootropic/core';
import { createLocalMachine } from '@nootropic/machine';
import {
  createHuggingfaceSource,
  createNetworkFetch,
  createOllamaRegistrySource,
  findLocalModels,
  sizeOfStates,
} from '@nootropic/model';
import { createLocalTelemetry } from '@nootropic/observability';
import { createBashShellParser } from '@nootropic/parser';
import { expandCommand } from '@nootropic/plugin';
import { createLocalReflexion } from '@nootropic/reflexion';
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
import { createLocalRunner, createPublicFetch } from '@nootropic/workspace';
import { createClientKeys, tokensSinceMidnight, type ClientKeys } from './client-keys.ts';
import { openAudit, type OpenAudit } from './audit.ts';
import { loadConfig } from './config.ts';
import { createMcpClient } from './mcp-client.ts';
import { countTurn } from './count-turn.ts';
import { examine } from './doctor.ts';
import { openEgress, type OpenEgress } from './egress.ts';
import { createExecutePlace } from './execute-place.ts';
import { listHostProcesses } from './host-processes.ts';
import { createHostRequests } from './host-requests.ts';
import { createLazySessionLog } from './lazy-session-log.ts';
import { createNearestTests } from './nearest-tests.ts';
import { openJobs } from './open-jobs.ts';
import { openKnowledge, workspaceRoot } from './open-knowledge.ts';
import { createRecommendedModels, localModel, modelLimits, openModels } from './open-models.ts';
import { learntFile, ownPaths, resolvePaths, type Paths } from './paths.ts';
import { redactAssistant } from './redact-assistant.ts';
import { redactText } from './redact-error.ts';
import { readForMetrics } from './metrics-readings.ts';
import { makePrivateFolders } from './private-folders.ts';
import { createSettingRequests } from './setting-requests.ts';
import { realFolders } from './project-rules.ts';
import { createWorkplaces } from './workplaces.ts';
import { openContextStore } from './workspace-sources.ts';

const mebibyte = 2 ** 20;
/** Mebibytes of disk for the context store, and for the sources of one workspace. */
const contextLimit = 2048;

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
  /** Of the program, for `host.status`. Default empty. */
  readonly version?: string;
}

export interface Composition {
  readonly assistant: Assistant;
  /** The models for other programs. */
  readonly gateway: Gateway;
  /** Draining them first lets what runs go back into the queue uncounted. */
  readonly jobs: Pick<Jobs, 'drain' | 'count' | 'running'>;
  readonly config: Config;
  readonly paths: Paths;
  readonly telemetry: Telemetry;
  readonly audit: Pick<OpenAudit, 'write' | 'append'>;
  readonly egress: Pick<OpenEgress, 'fetch'>;
  /** This process and its children, as they are now. */
  processes(): Promise<HostProcess[]>;
  /** The programs that have a key of their own. */
  readonly clientKeys: ClientKeys;
  /** Tokens that a client has had since midnight in UTC. */
  tokensToday(client: string): Promise<number>;
  [Symbol.asyncDispose](): Promise<void>;
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

  const machine = createLocalMachine();
  const version = options.version ?? '';
  const telemetry = readForMetrics({
    ...{ machine, version },
    telemetry: createLocalTelemetry({
      ...{ dir: paths.logs, level: config.log.level },
      ...{ traces: config.telemetry.traces, version },
    }),
    ledger: () => opened.ledger,
    models: () => opened.residency.view().length,
  });
  const network = createNetworkFetch({ env });
  const egress = openEgress({ path: paths.egress, offline: config.network.offline, telemetry, now, network });
  const audit = openAudit({ paths, telemetry, now });
  const sessions = audit.sessions(
    createLazySessionLog(() => createSqliteSessionLog({ path: paths.sessions, redact: redactText })),
  );
  const usage = createSqliteUsageLog({ path: paths.usage });
  const answers = createSqliteResponseCache({ path: paths.answers, maxBytes: 64 * mebibyte });
  const secrets = createLocalSecrets({ env, file: paths.keys });
  const opened = await openModels({
    ...{ paths, config, env, telemetry, machine, usage, answers, now },
    readKey: (provider) => secrets.read(provider),
    fetch: egress.fetch,
  });
  const { models, runtimes, store, ledger, residency, admission, huggingface } = opened;

  const contexts = openContextStore(paths.contexts, contextLimit);
  const pages = createLocalPages({
    fetch: egress.fetch('source-page'),
    onRequest: (host) => telemetry.log('info', 'Fetched a page that the user named as a source.', { host }),
  });
  const webPages = createWebPages({
    fetch: egress.caused('web-fetch', createPublicFetch()),
    onRequest: (host) => telemetry.log('info', 'Fetched a page for an agent.', { host }),
  });
  let turns = 0;
  const known = openKnowledge({
    ...{ paths, config, env, telemetry, machine, models, pages },
    sourcesLimit: contextLimit,
    stays: options.stays === true,
    isBusy: () => turns > 0,
  });
  const { parser } = known;
  const knowledge = (workspace: string): Promise<Knowledge> => known.of(workspace);

  const trust = createLocalTrust({ file: paths.trust });
  const shell = createBashShellParser();
  const workplaces = createWorkplaces({
    ...{ paths, config, env },
    watch: (runner) => egress.watch(runner),
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
  const mcp = createMcpClient({ ...{ config, paths, env, telemetry, version }, fetch: egress.fetch('mcp') });
  const executePlace = createExecutePlace({
    ...{ env, own: ownPaths(paths) },
    workspaceRunner: async (workspace) => (await workplaces.of(await workspaceRoot(workspace))).runner,
  });

  const gateway = createGateway({
    ...{ models, store, runtimes, residency },
    config: { ...config.models, neverRemote: await realFolders(config.models.neverRemote) },
  });
  const jobs = openJobs({
    ...{ path: paths.jobs, config, telemetry, gateway, assistant: () => assistant },
    fetch: egress.fetch('webhook'),
  });
  const core = createAssistant({
    gateway,
    jobs: jobs.requests,
    sessions,
    models,
    runtimes,
    store,
    sources: [
      createHuggingfaceSource({ fetch: egress.fetch('model-registry'), ...huggingface }),
      createOllamaRegistrySource({ fetch: egress.fetch('model-registry') }),
    ],
    findLocal: (signal) =>
      findLocalModels({
        home: homedir(),
        env,
        platform: process.platform,
        storeDir: paths.models,
        ...(signal && { signal }),
      }),
    catalogue: createRecommendedModels(),
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
    workspaceSources: async (workspace) => known.sourcesOf(await workspaceRoot(workspace)),
    openText,
    telemetry,
    config,
    agents: {
      answer: answerAgent,
      code: createCodeAgent({ webFetch: config.agent.webFetch, skills: true, furtherTools: mcp.configured }),
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
    execute: executePlace.ports,
    outsideTools: mcp.tools,
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

  const clientKeys = createClientKeys({ path: paths.clients, now });
  const processes = (): Promise<HostProcess[]> =>
    listHostProcesses({
      model: () => opened.health(),
      indexers: () => known.processes(),
      others: () => mcp.tools.processes(),
    });
  const assistant: Assistant = redactAssistant(
    audit.assistant({
      ...core,
      egress: egress.requests,
      audit: audit.requests,
      async send(...asked) {
        return countTurn(await core.send(...asked), (by) => {
          turns += by;
        });
      },
      clients: clientKeys,
      mcp: mcp.requests,
      config: createSettingRequests({ file: paths.config, env, flags: options.flags }),
      host: createHostRequests({
        ...{ version: options.version ?? '', startedAt: now(), offline: config.network.offline, processes },
        turns: () => core.turns.list(),
        jobs: () => jobs.count(),
      }),
    }),
  );
  if (options.stays === true) jobs.start();
  if (options.stays === true) await audit.write('host-start', { pid: process.pid, version: options.version });

  return {
    assistant,
    gateway,
    jobs,
    config,
    paths,
    telemetry,
    processes,
    audit,
    egress,
    clientKeys,
    tokensToday: (client) => tokensSinceMidnight(usage, { client, now: now() }),
    async [Symbol.asyncDispose]() {
      await jobs[Symbol.asyncDispose]();
      if (options.stays === true) await audit.write('host-stop', { pid: process.pid });
      await clientKeys[Symbol.asyncDispose]();
      await executePlace[Symbol.asyncDispose]();
      await mcp.tools[Symbol.asyncDispose]();
      await workplaces[Symbol.asyncDispose]();
      await known[Symbol.asyncDispose]();
      await contexts[Symbol.asyncDispose]();
      await opened[Symbol.asyncDispose]();
      await usage[Symbol.asyncDispose]();
      await answers[Symbol.asyncDispose]();
      await sessions[Symbol.asyncDispose]();
      await audit[Symbol.asyncDispose]();
      await egress[Symbol.asyncDispose]();
      await telemetry[Symbol.asyncDispose]();
    },
  };
}

/** A long text that the user names by its path. */
async function openText(path: string): ReturnType<typeof readTextFile> {
  if (!isSecretPath(path)) return readTextFile(path);
  throw new NootropicError('DENIED', `${path} may hold secrets and is not read.`, {
    hint: 'Take the part that holds none into another file.',
  });
}
