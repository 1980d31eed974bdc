import { randomUUID } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import {
  NootropicError,
  type Attempt,
  type FileChange,
  type Parser,
  type Reflexion,
  type Runner,
  type SandboxPolicy,
} from '@nootropic/contracts';
import type { ChangedFile, Judge, Judging } from './judging.ts';
import { createLintJudge } from './lint-judge.ts';
import { createParseJudge } from './parse-judge.ts';
import { createProject } from './project.ts';
import { createPrograms } from './programs.ts';
import { createSqliteLessons } from './sqlite-lessons.ts';
import { createTestsJudge, type TestsOf } from './tests-judge.ts';
import { createTypesJudge } from './types-judge.ts';

export interface LocalReflexionOptions {
  /** The workspace: an absolute path with symbolic links resolved, the one that `runner` runs in. */
  readonly root: string;
  readonly parser: Parser;
  readonly runner: Runner;
  /** The database file of the lessons of this workspace; it lies outside of it. Opened when it is first used. */
  readonly lessons: string;
  /** Default: the nearest tests are found by their names alone. */
  readonly testsOf?: TestsOf;
  /** What programs of the project may reach. Default: the workspace, and no network. */
  readonly sandbox?: SandboxPolicy;
  /** Whether they may run unconfined where nothing can confine them; whoever says so has asked a person. Default no: such a judge is unable. */
  readonly unconfined?: boolean;
  /** Milliseconds for one program of each kind. Default 60 000 for types and lint, 120 000 for tests. */
  readonly limits?: { readonly types?: number; readonly lint?: number; readonly tests?: number };
  /** Lessons kept. Default 500. */
  readonly mostLessons?: number;
  /** Milliseconds since 1970. Default `Date.now`. */
  readonly now?: () => number;
  /** A new id. Default a random UUID. */
  readonly newId?: () => string;
}

/** Larger files are not judged. */
const maxBytes = 2 * 1024 * 1024;

function textOf(bytes: Uint8Array | undefined): string | undefined {
  if (bytes === undefined || bytes.length > maxBytes) return undefined;
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    return text.includes('\0') ? undefined : text;
  } catch {
    return undefined;
  }
}

async function fileThere(path: string): Promise<Uint8Array | undefined> {
  const found = await stat(path).catch(() => undefined);
  return found?.isFile() === true && found.size <= maxBytes ? readFile(path).catch(() => undefined) : undefined;
}

/**
 * `Reflexion` on the local machine. The judges are, in this order, the parser, the type checker, the linter and the nearest tests, each as the
 * project has it; programs run through `runner`, confined and without a network. Only the tests may write in the workspace.
 *
 * @throws from what concerns lessons: `STORE_NEWER`, `STORE_CORRUPT`, `STORE_BUSY`, `DISK_FULL` or `DENIED` when the file cannot be used.
 */
export function createLocalReflexion(options: LocalReflexionOptions): Reflexion {
  const { root, parser, runner, testsOf, sandbox = {}, unconfined = false, limits = {} } = options;
  const { now = Date.now, newId = randomUUID, mostLessons = 500 } = options;
  const project = createProject(root);
  const lessons = createSqliteLessons({ path: options.lessons, most: mostLessons, now, newId });

  async function changedFile({ path, change }: FileChange, before: Attempt['before']): Promise<ChangedFile> {
    return {
      ...{ path, change, language: parser.language(path) },
      before: textOf(await before(path)),
      after: change === 'deleted' ? undefined : textOf(await fileThere(join(root, path))),
    };
  }

  const judges = (all: boolean): Judge[] => [
    createParseJudge(parser, { runsPrograms: all }),
    ...(all
      ? [
          createTypesJudge({ timeoutMs: limits.types ?? 60_000 }),
          createLintJudge({ timeoutMs: limits.lint ?? 60_000 }),
          createTestsJudge({ timeoutMs: limits.tests ?? 120_000, ...(testsOf && { testsOf }) }),
        ]
      : []),
  ];

  return {
    async *judge({ changes, before, judges: which = 'all', signal }) {
      const refuseAborted = (): void => {
        if (signal?.aborted === true) throw new NootropicError('ABORTED', undefined, { cause: signal.reason });
      };
      refuseAborted();
      const changed = await Promise.all(changes.map((change) => changedFile(change, before)));
      if (changed.every(({ language }) => language === undefined)) return;
      const programs = createPrograms({ runner, project, changed, sandbox, unconfined, signal });
      const judging: Judging = { changed, project, programs, signal };
      for (const judge of judges(which === 'all')) {
        let since = performance.now();
        for await (const verdict of judge(judging)) {
          refuseAborted();
          yield { ...verdict, tookMs: Math.round(performance.now() - since) };
          if (!verdict.ok && verdict.unable !== true) return;
          since = performance.now();
        }
        refuseAborted();
      }
    },
    learn: async (lesson) => lessons.add(lesson),
    recall: async ({ text, paths = [], limit = 3 }) => lessons.recall({ text, paths, limit }),
    lessons: async () => lessons.all(),
    forget: async (id) => lessons.remove(id),
    async [Symbol.asyncDispose]() {
      lessons.close();
    },
  };
}
