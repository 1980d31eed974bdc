import { createHash } from 'node:crypto';
import { realpath, stat } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { createKnowledge, joinSources } from '@nootropic/context';
import {
  NootropicError,
  type Config,
  type Knowledge,
  type Machine,
  type MachineState,
  type Model,
  type ModelInfo,
  type Pages,
  type SearchIndex,
  type Sources,
  type Telemetry,
} from '@nootropic/contracts';
import type { Models } from '@nootropic/core';
import { createParserPool } from '@nootropic/parser';
import { createLocalSearchIndex } from '@nootropic/search';
import { createGitHistory, createLocalFiles } from '@nootropic/workspace';
import { createAbsentEmbedder } from './absent-embedder.ts';
import { entryOf } from './entry-of.ts';
import { createIndexNotesFile } from './index-notes-file.ts';
import { createIndexProcess, type IndexProcess, type IndexProcessHealth } from './index-process.ts';
import { indexFolder, sourcesFile, type Paths } from './paths.ts';
import { createPatternWorkers } from './pattern-worker.ts';
import { openWorkspaceSources } from './workspace-sources.ts';

export interface OpenKnowledgeOptions {
  readonly paths: Paths;
  readonly config: Config;
  readonly env: NodeJS.ProcessEnv;
  readonly telemetry: Telemetry;
  readonly machine: Machine;
  readonly models: Models;
  /** Fetches the pages that a user adds as sources. */
  readonly pages: Pages;
  /** Mebibytes of disk for the sources of one workspace. */
  readonly sourcesLimit: number;
  /** Whether trees are watched, and indexed in a process of their own. */
  readonly stays: boolean;
  /** Whether somebody waits for a turn now. */
  readonly isBusy: () => boolean;
}

/** What is known of workspaces, each opened when it is first asked for. */
export interface OpenKnowledge extends AsyncDisposable {
  readonly parser: ReturnType<typeof createParserPool>;
  /** Rejects with `PATH_NOT_FOUND` or `INPUT_INVALID` for what is no folder. */
  of(workspace: string): Promise<Knowledge>;
  /** By the root of a workspace. */
  sourcesOf(root: string): Sources;
  /** The processes that index, by the root of their workspace. */
  processes(): { readonly root: string; readonly health: IndexProcessHealth }[];
}

interface OpenWorkspace {
  readonly knowledge: Knowledge;
  readonly index: SearchIndex;
  readonly indexer?: IndexProcess;
}

export function openKnowledge(options: OpenKnowledgeOptions): OpenKnowledge {
  const { paths, config, env, telemetry, machine, models, pages, sourcesLimit, stays } = options;
  const openSources = new Map<string, Sources>();
  const sourcesOf = (root: string): Sources => {
    const open =
      openSources.get(root) ??
      openWorkspaceSources({ root, file: sourcesFile(paths, root), maxMebibytes: sourcesLimit, pages, env });
    openSources.set(root, open);
    return open;
  };

  // Whoever indexes here waits for it, and this process waits for the parsers half of the time: every core may parse.
  const parser = createParserPool({ entry: entryOf('parser-worker'), workers: Math.min(8, availableParallelism()) });
  const waitsFor = async (): Promise<string> =>
    options.isBusy() ? 'a turn that is running' : reasonToWait(await machine.read());
  const workspaces = new Map<string, Promise<OpenWorkspace>>();
  const indexers = new Map<string, IndexProcess>();
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
    if (indexer) indexers.set(root, indexer);
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

  return {
    parser,
    sourcesOf,
    async of(workspace) {
      const root = await workspaceRoot(workspace);
      const open = workspaces.get(root) ?? openWorkspace(root);
      workspaces.set(root, open);
      open.catch(() => workspaces.delete(root));
      return (await open).knowledge;
    },
    processes: () => [...indexers].map(([root, indexer]) => ({ root, health: indexer.health() })),
    async [Symbol.asyncDispose]() {
      await Promise.allSettled(
        [...workspaces.values()].map(async (open) => {
          const { knowledge, index, indexer } = await open;
          await knowledge[Symbol.asyncDispose]();
          await indexer?.[Symbol.asyncDispose]();
          await index[Symbol.asyncDispose]();
        }),
      );
      for (const sources of openSources.values()) await sources[Symbol.asyncDispose]();
      await parser[Symbol.asyncDispose]();
    },
  };
}

/** The folder of a workspace without links. Rejects with `PATH_NOT_FOUND` or `INPUT_INVALID`. */
export async function workspaceRoot(workspace: string): Promise<string> {
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

/** Whether the index process can load the model itself. */
function isBuiltin({ ref, can }: ModelInfo): boolean {
  return ref.startsWith('builtin:') && can.includes('embed');
}

/** What made the vectors of an index: vectors of another model, or of other weights under the same name, are kept apart. */
function vectorsOf({ ref, revision }: ModelInfo): string {
  return revision === undefined ? ref : `${ref}@${revision}`;
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
