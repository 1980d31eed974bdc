import { execFile } from 'node:child_process';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

export type TaskKind = 'rename' | 'flag' | 'fix' | 'test' | 'move' | 'imports';

/** A small real change that somebody asks for. */
export interface AgentTask {
  /** `python rename`. */
  readonly name: string;
  readonly language: string;
  readonly kind: TaskKind;
  /** As a person types it. */
  readonly request: string;
  readonly files: Readonly<Record<string, string>>;
  /** The line of the shell that runs the tests. */
  readonly tests: string;
  readonly done: TaskDone;
}

/** What must hold at the end beside green tests. Of every task something does not hold at the beginning. */
export interface TaskDone {
  /** Words that no file holds any more. */
  readonly gone?: readonly string[];
  /** Texts that a file holds, by its path. */
  readonly has?: Readonly<Record<string, string>>;
  /** Texts that a file does not hold, by its path. */
  readonly lacks?: Readonly<Record<string, string>>;
  /** With this change the tests must fail: they look at it. */
  readonly mutant?: { readonly path: string; readonly from: string; readonly to: string };
}

export async function writeTask({ files }: AgentTask, root: string): Promise<void> {
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), text);
  }
}

/** What of a task does not hold in a folder; empty when it is done. */
export async function openPoints({ tests, done }: AgentTask, root: string): Promise<string[]> {
  const open: string[] = [];
  const paths = (await readdir(root, { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name));
  for (const word of done.gone ?? [])
    for (const path of paths)
      if ((await readFile(path, 'latin1')).match(new RegExp(`(?<!\\w)${word}(?!\\w)`, 'u')))
        open.push(`${path.slice(root.length + 1)} still says ${word}`);
  for (const [path, text] of Object.entries(done.has ?? {}))
    if (!(await textOf(join(root, path))).includes(text)) open.push(`${path} does not hold ${text}`);
  for (const [path, text] of Object.entries(done.lacks ?? {}))
    if ((await textOf(join(root, path))).includes(text)) open.push(`${path} still holds ${text}`);
  const ran = await shell(tests, root);
  if (ran.code !== 0) open.push(`the tests fail: ${ran.output.slice(-400)}`);
  const { mutant } = done;
  if (mutant) {
    const path = join(root, mutant.path);
    const text = await textOf(path);
    await writeFile(path, text.replace(mutant.from, mutant.to));
    if (!text.includes(mutant.from)) open.push(`${mutant.path} is not as it was`);
    else if ((await shell(tests, root)).code === 0) open.push(`no test looks at ${mutant.from}`);
    await writeFile(path, text);
  }
  return open;
}

async function textOf(path: string): Promise<string> {
  return readFile(path, 'utf8').catch(() => '');
}

async function shell(line: string, cwd: string): Promise<{ readonly code: number; readonly output: string }> {
  // What runs tests sets this, and a runner that sees it takes itself for a part of the other.
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  return new Promise((resolve) => {
    execFile('sh', ['-c', line], { cwd, env, timeout: 60_000 }, (error, stdout, stderr) => {
      const code = error === null ? 0 : typeof error.code === 'number' ? error.code : 1;
      resolve({ code, output: `${stdout}${stderr}` });
    });
  });
}

/** A text from its lines, with the newline at the end. */
export function lines(...all: readonly string[]): string {
  return `${all.join('\n')}\n`;
}
