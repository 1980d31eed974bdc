import { mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Runner } from '@nootropic/contracts';
import type { ExecutePorts } from '@nootropic/core';
import { createLocalRunner, createScratchFolder } from '@nootropic/workspace';

export interface ExecutePlaceOptions {
  readonly env: NodeJS.ProcessEnv;
  /** Absolute paths of the program's own files. */
  readonly own: readonly string[];
  readonly workspaceRunner: (workspace: string) => Promise<Runner>;
}

export interface ExecutePlace extends AsyncDisposable {
  readonly ports: Pick<ExecutePorts, 'runner' | 'workspaceRunner' | 'scratchFolder' | 'node'>;
}

/** Where programs are run that `execute` is given: a runner whose root is an empty folder, made when the first one comes. */
export function createExecutePlace({ env, own, workspaceRunner }: ExecutePlaceOptions): ExecutePlace {
  let opening: Promise<{ readonly root: string; readonly runner: Runner }> | undefined;
  const open = async () => {
    const root = await mkdtemp(join(await realpath(tmpdir()), 'nootropic-empty-'));
    return { root, runner: createLocalRunner({ root, env, own }) };
  };
  return {
    ports: {
      async runner() {
        opening ??= open();
        return (await opening).runner;
      },
      workspaceRunner,
      scratchFolder: createScratchFolder,
      node: {
        program: process.execPath,
        // The desktop app's program is Node only where it is told to be.
        ...(process.versions['electron'] !== undefined && { env: { ELECTRON_RUN_AS_NODE: '1' } }),
      },
    },
    async [Symbol.asyncDispose]() {
      const { root } = (await opening?.catch(() => undefined)) ?? {};
      if (root !== undefined) await rm(root, { recursive: true, force: true });
    },
  };
}
