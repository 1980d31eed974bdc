import { homedir, totalmem } from 'node:os';
import { dirname } from 'node:path';
import { taskAgents } from '@nootropic/agents';
import type { Config, Files, Journal, Reflexion, Runner } from '@nootropic/contracts';
import type { Workplace } from '@nootropic/core';
import { createFolderCustomizations } from '@nootropic/plugin';
import {
  createGitHistory,
  createLocalFiles,
  createLocalJournal,
  createLocalRunner,
  type NetworkUse,
} from '@nootropic/workspace';
import { journalFolder, ownPaths, type Paths } from './paths.ts';

export interface WorkplacesOptions {
  readonly paths: Paths;
  readonly config: Config;
  readonly env: NodeJS.ProcessEnv;
  /** The runner, with an eye on what its programs connect to. */
  readonly watch: (runner: Runner) => Runner;
  /** Hears of every connection that a command in the sandbox made or was refused. */
  readonly onNetwork: (use: NetworkUse) => void;
  /** Opens what judges changes of a workspace. */
  readonly openReflexion: (place: {
    readonly root: string;
    readonly files: Files;
    readonly runner: Runner;
  }) => Promise<Reflexion>;
}

export interface Workplaces {
  /** Of the folder with this real path. Costs little: what takes time is opened when it is first asked for. */
  of(root: string): Promise<Workplace>;
  [Symbol.asyncDispose](): Promise<void>;
}

const mebibyte = 2 ** 20;
/** Of commands of agents: far above what builds take, below what makes a machine stand still. */
const commandLimits = { memory: Math.floor(totalmem() * 0.75), processes: 4096 };

/** All that can act on workspaces, one of each for each of them: two journals of one folder would wait for each other. */
export function createWorkplaces(options: WorkplacesOptions): Workplaces {
  const { paths, config, env, onNetwork } = options;
  const open = new Map<string, Promise<Workplace>>();
  const journals = new Map<string, Promise<Journal>>();
  const judges = new Map<string, Promise<Reflexion>>();

  async function openWorkplace(root: string): Promise<Workplace> {
    const files = await createLocalFiles({ root });
    const own = ownPaths(paths);
    const runner = options.watch(createLocalRunner({ root: files, env, own, onNetwork, limits: commandLimits }));
    return {
      root,
      files,
      runner,
      history: createGitHistory({ root: files, env }),
      customizations: createFolderCustomizations({
        root,
        userFolder: dirname(paths.config),
        home: homedir(),
        reserved: { agents: ['answer', 'code', ...taskAgents.map(({ name }) => name)] },
      }),
      journal: () =>
        once(journals, root, () =>
          createLocalJournal({
            root: files,
            dir: journalFolder(paths, root),
            limitBytes: config.agent.undoLimit * mebibyte,
            protectedPaths: own,
          }),
        ),
      reflexion: () => once(judges, root, () => options.openReflexion({ root, files, runner })),
    };
  }

  return {
    of: (root) => once(open, root, () => openWorkplace(root)),
    async [Symbol.asyncDispose]() {
      await Promise.allSettled(
        [...journals.values(), ...judges.values()].map(async (each) => (await each)[Symbol.asyncDispose]()),
      );
    },
  };
}

/** Opens something once for a key; what failed to open is tried again the next time. */
async function once<T>(kept: Map<string, Promise<T>>, key: string, open: () => Promise<T>): Promise<T> {
  const known = kept.get(key);
  if (known) return known;
  const opening = open();
  kept.set(key, opening);
  opening.catch(() => kept.delete(key));
  return opening;
}
