import { spawn, type ChildProcess } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** A folder of its own for a test: the program's home and a small repository to ask about. */
export interface Place extends AsyncDisposable {
  readonly folder: string;
  readonly home: string;
  readonly repository: string;
}

/** The program from source, so that no build is needed. Another entry file tests a build. */
export const sourceMain = fileURLToPath(new URL('../src/main.ts', import.meta.url));

const files: Record<string, string> = {
  'src/session-store.ts': `/** Keeps sessions on disk, one file per session. */
export class SessionStore {
  constructor(private readonly folder: string) {}
  /** Appends an event to the session's file. */
  append(id: string, event: object): void {
    writeLine(this.folder + '/' + id, JSON.stringify(event));
  }
}

function writeLine(path: string, line: string): void {
  console.log(path, line);
}
`,
  'src/parse-body.ts': `/** Parses the body of a request as JSON; an empty body is an empty object. */
export function parseBody(text: string): unknown {
  return text === '' ? {} : JSON.parse(text);
}
`,
  'src/server.ts': `import { parseBody } from './parse-body';
import { SessionStore } from './session-store';

/** Answers one request. */
export function handle(body: string, store: SessionStore): void {
  store.append('1', parseBody(body) as object);
}
`,
  'README.md': '# Example\n\nSessions are stored by SessionStore, one file per session.\n',
};

export async function createPlace(): Promise<Place> {
  const folder = await mkdtemp(join(tmpdir(), 'nootropic-e2e-'));
  const repository = join(folder, 'repository');
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(repository, path)), { recursive: true });
    await writeFile(join(repository, path), text);
  }
  return {
    folder,
    home: join(folder, 'home'),
    repository,
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 }),
  };
}

export interface StartOptions {
  readonly place: Place;
  readonly main?: string;
  readonly env?: Record<string, string>;
  /** What is piped in. Default: nothing, as from `/dev/null`. */
  readonly stdin?: string;
}

export interface Finished {
  /** The exit code; a signal that ended it as its name. */
  readonly code: number | string;
  readonly out: string;
  readonly err: string;
}

export interface Started {
  readonly process: ChildProcess;
  /** Resolves with what was printed so far, once the condition holds of it, or at the end. */
  printed(condition: (out: string) => boolean): Promise<string>;
  readonly finished: Promise<Finished>;
}

/** Starts the program as a user would, in a process of its own. */
export function start(args: readonly string[], { place, main = sourceMain, env = {}, stdin }: StartOptions): Started {
  const child = spawn(process.execPath, [main, ...args], {
    cwd: place.repository,
    stdio: [stdin === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
    env: { PATH: process.env['PATH'], HOME: place.folder, NOOTROPIC_HOME: place.home, NO_COLOR: '1', ...env },
  });
  child.stdin?.end(stdin);
  let out = '';
  let err = '';
  let ended = false;
  const watchers = new Set<() => void>();
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    out += text;
    for (const watcher of watchers) watcher();
  });
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    err += text;
  });
  const finished = new Promise<Finished>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => {
      ended = true;
      for (const watcher of watchers) watcher();
      resolve({ code: code ?? signal ?? 'unknown', out, err });
    });
  });
  const printed = (condition: (out: string) => boolean): Promise<string> =>
    new Promise((resolve) => {
      const watcher = (): void => {
        if (!ended && !condition(out)) return;
        watchers.delete(watcher);
        resolve(out);
      };
      watchers.add(watcher);
      watcher();
    });
  return { process: child, printed, finished };
}

/** Runs the program to its end. */
export function run(args: readonly string[], options: StartOptions): Promise<Finished> {
  return start(args, options).finished;
}

/** The whole JSON lines of an output; a last one without its end is left out, for it was not shown whole. */
export function jsonLines(out: string): Record<string, unknown>[] {
  return out
    .slice(0, out.lastIndexOf('\n') + 1)
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}
