import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { errorTable, type ErrorCode } from '@nootropic/contracts';
import { startHost, type RunningHost } from './host-life.ts';

export interface HostKillGateResult {
  readonly asked: number;
  /** Processes that were killed while they worked. Work that was over before its moment is not counted and is tried again. */
  readonly run: number;
  /** Of them, by what they were killed at. */
  readonly kills: Readonly<Record<Kind, number>>;
  /** Streams that ended in an error, which was one that can be tried again. The others went on to their end by themselves. */
  readonly errors: number;
  readonly faults: readonly string[];
}

const kinds = ['completion', 'turn', 'index', 'search'] as const;
type Kind = (typeof kinds)[number];

/** A process that ends three times within ten minutes is given up, so that a host is good for two kills of each. */
const killsOfOneHost = 2 * kinds.length;
const files = 120;
/** A stream that says nothing for so long hangs, in milliseconds. */
const silenceMs = 30_000;

/**
 * Kills the children of a host with SIGKILL at seeded moments while they work: the model process during completions of the standard API and during turns,
 * the index process during runs and searches. Each stream that is read then must end in good order, with an error that can be tried again where it has
 * one, and the next request of its kind must be served. What is asked goes over HTTP, as a client would.
 */
export async function runHostKillGate(
  count: number,
  seed: number,
  options: { readonly model: string },
): Promise<HostKillGateResult> {
  const base = await realpath(await mkdtemp(join(tmpdir(), 'nootropic-host-kill-')));
  const kills: Record<Kind, number> = { completion: 0, turn: 0, index: 0, search: 0 };
  const faults: string[] = [];
  let errors = 0;
  let run = 0;
  try {
    const root = join(base, 'tree');
    await mkdir(root);
    for (let attempt = 0; run < count && attempt < 4 * count;) {
      await using host = await startHost({
        env: { ...process.env, NOOTROPIC_HOME: join(base, 'home'), NOOTROPIC_MODELS_CHAT: `file:${options.model}` },
        version: 'gate',
        port: 0,
        flags: { log: { level: 'silent' } },
      });
      const subject: Subject = { host, root, seed };
      const spent: Record<'model' | 'index', number> = { model: 0, index: 0 };
      for (let tries = 0; tries < 3 * killsOfOneHost && run < count; tries += 1) {
        const kind = kinds[tries % kinds.length] ?? 'turn';
        const child = kind === 'completion' || kind === 'turn' ? 'model' : 'index';
        if (spent[child] >= 2) continue;
        const end = await killedOnce(subject, kind, attempt);
        attempt += 1;
        if (end === undefined) continue;
        spent[child] += 1;
        kills[kind] += 1;
        run += 1;
        if (end.error !== '') errors += 1;
        if (end.fault !== '') faults.push(`kill ${String(run)}, ${kind}, seed ${String(seed)}: ${end.fault}`);
      }
    }
  } finally {
    await rm(base, { recursive: true, force: true, maxRetries: 5 });
  }
  return { asked: count, run, kills, errors, faults };
}

interface Subject {
  readonly host: RunningHost;
  readonly root: string;
  readonly seed: number;
}

interface End {
  /** The code of the error that the stream ended with; empty where it came to its end. */
  readonly error: string;
  readonly fault: string;
  /** The sentence of the error, where it is known. */
  readonly said?: string;
}

/** One kill, and the request after it; undefined where the work was over before the moment of the kill. */
async function killedOnce(subject: Subject, kind: Kind, attempt: number): Promise<End | undefined> {
  const child = kind === 'completion' || kind === 'turn' ? 'model' : 'index';
  await prepare(subject, kind, attempt);
  const pid = await pidOf(subject, child);
  if (pid === undefined) return { error: '', fault: `There was no ${child} process to kill.` };
  const digest = createHash('sha256')
    .update(`${String(subject.seed)}:${String(attempt)}`)
    .digest();
  const moment = digest.readUInt32LE(0) % (kind === 'turn' ? 30 : 4);
  const kill = (): void => void process.kill(pid, 'SIGKILL');

  const before = await restartsOf(subject, child);
  const killed = await ask(subject, kind, { attempt, moment, kill });
  if (!killed.reached) return undefined;
  if (killed.fault !== '') return { error: killed.error, fault: killed.fault };
  if (killed.error !== '' && !canBeTriedAgain(killed.error))
    return { error: killed.error, fault: `It ended with ${killed.error}, which nobody would try again.` };
  if (!(await wasNoticed(subject, child, before)))
    return { error: killed.error, fault: 'The end of the process was not noticed.' };
  await prepare(subject, kind, attempt);
  const next = await ask(subject, kind, { attempt });
  const fault =
    next.fault !== '' || next.error !== ''
      ? `The next request was not served: ${[next.fault, next.error, next.said].filter((text) => (text ?? '') !== '').join(' ')}`
      : '';
  return { error: killed.error, fault };
}

/** So that there is a process, and something for it to do. */
async function prepare(subject: Subject, kind: Kind, attempt: number): Promise<void> {
  if (kind === 'index' || kind === 'search') {
    if ((await pidOf(subject, 'index')) === undefined) await ask(subject, 'index', { attempt });
    for (let at = 0; at < files; at += 1)
      await writeFile(
        join(subject.root, `f${String(at)}.ts`),
        sourceOf(at, `${String(attempt)}_${String(Date.now())}`),
      );
  } else if ((await pidOf(subject, 'model')) === undefined) await ask(subject, 'completion', { attempt });
}

function sourceOf(at: number, mark: string): string {
  const functions = Array.from(
    { length: 6 },
    (_, each) =>
      `export function walrus${String(at)}x${String(each)}(a: number) {\n  return a * ${String(at + each)};\n}\n`,
  );
  return `// ${mark}\n${functions.join('\n')}`;
}

async function pidOf({ host }: Subject, name: 'model' | 'index'): Promise<number | undefined> {
  const { processes } = await host.assistant.host.status();
  return processes.find((each) => each.name.startsWith(name))?.pid;
}

async function restartsOf({ host }: Subject, name: 'model' | 'index'): Promise<number> {
  const { processes } = await host.assistant.host.status();
  return processes.find((each) => each.name.startsWith(name))?.restarts ?? 0;
}

/** The system tells of the end of a process a moment later. */
async function wasNoticed(subject: Subject, name: 'model' | 'index', before: number): Promise<boolean> {
  for (let tries = 0; tries < 500; tries += 1) {
    if ((await restartsOf(subject, name)) > before) return true;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  return false;
}

interface Asked {
  readonly attempt: number;
  /** After so many events of the stream. */
  readonly moment?: number;
  readonly kill?: () => void;
}

interface Answered extends End {
  /** Whether the moment of the kill came. */
  readonly reached: boolean;
}

/** Asks over HTTP and reads to the end. */
async function ask({ host, root }: Subject, kind: Kind, { attempt, moment = 0, kill }: Asked): Promise<Answered> {
  const [path, body] = requestOf(kind, root, attempt);
  let reached = false;
  const strike = (): void => {
    if (reached || !kill) return;
    reached = true;
    kill();
  };
  try {
    // A search gives one answer: the process is killed as soon as it works for it.
    const watching = kind === 'search' && kill ? whenBusy(host, strike) : undefined;
    const response = await fetch(`${host.url}${path}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${host.token}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(4 * silenceMs),
    });
    const events = kind === 'search' ? [] : await readEvents(response, (seen) => seen > moment && strike());
    await watching?.stop();
    const end = kind === 'search' ? await searchEnd(response) : streamEnd(kind, events, response.status);
    return { ...end, reached };
  } catch (cause) {
    return {
      error: '',
      fault: `The stream broke off: ${cause instanceof Error ? cause.message : String(cause)}`,
      reached,
    };
  }
}

function requestOf(kind: Kind, workspace: string, attempt: number): [path: string, body: object] {
  const text = `Tell me all of number ${String(attempt)}.`;
  switch (kind) {
    case 'completion':
      return [
        '/v1/chat/completions',
        { messages: [{ role: 'user', content: text }], stream: true, max_tokens: 1500, seed: attempt },
      ];
    case 'turn':
      return ['/turns', { workspace, text }];
    case 'index':
      return ['/index', { workspace, rebuild: true }];
    case 'search':
      return ['/search', { workspace, query: 'walrus7x3', limit: 5 }];
  }
}

/** Looks at the index process until it works. */
function whenBusy(host: RunningHost, strike: () => void): { stop(): Promise<void> } {
  let isOver = false;
  const watching = (async () => {
    while (!isOver) {
      const { processes } = await host.assistant.host.status();
      if (processes.some(({ name, state }) => name.startsWith('index') && state === 'busy')) return strike();
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
  })();
  return {
    async stop() {
      isOver = true;
      await watching;
    },
  };
}

/** The data of each event, in the form of https://html.spec.whatwg.org/multipage/server-sent-events.html. */
async function readEvents(response: Response, onEvent: (seen: number) => void): Promise<string[]> {
  const events: string[] = [];
  let rest = '';
  const decoder = new TextDecoder();
  for await (const bytes of response.body ?? []) {
    rest += decoder.decode(bytes, { stream: true });
    for (let at = rest.indexOf('\n\n'); at >= 0; at = rest.indexOf('\n\n')) {
      const data = rest
        .slice(0, at)
        .split('\n')
        .filter((line) => line.startsWith('data:'))
        .map((line) => line.slice(5).trim())
        .join('\n');
      rest = rest.slice(at + 2);
      if (data !== '') events.push(data);
      onEvent(events.length);
    }
  }
  if (rest.trim() !== '') events.push(rest.trim());
  return events;
}

async function searchEnd(response: Response): Promise<End> {
  const body = (await response.json()) as { hits?: { path: string }[]; code?: string; message?: string };
  if (response.status !== 200)
    return { error: body.code ?? String(response.status), fault: '', said: body.message ?? '' };
  return { error: '', fault: body.hits?.some(({ path }) => path === 'f7.ts') === true ? '' : 'It found nothing.' };
}

/** How a stream ended: each kind has its own last event. */
function streamEnd(kind: Kind, events: readonly string[], status: number): End {
  const last = events.at(-1) ?? '';
  if (kind === 'completion' && last === '[DONE]' && !events.some((event) => event.startsWith('{"error"')))
    return { error: '', fault: '' };
  const failed = events.findLast((event) => event !== '[DONE]') ?? '';
  let value: Record<string, unknown>;
  try {
    value = JSON.parse(failed) as Record<string, unknown>;
  } catch {
    return { error: '', fault: `Status ${String(status)}, and the last event was ${JSON.stringify(last)}.` };
  }
  if (value['type'] === 'turn-end' || value['phase'] === 'done') return { error: '', fault: '' };
  const error = (typeof value['error'] === 'object' ? value['error'] : value) as { code?: unknown } | null;
  const code = error?.code;
  return typeof code === 'string'
    ? { error: code, fault: '' }
    : { error: '', fault: `The last event was ${JSON.stringify(last)}.` };
}

/** Whether an error says that the same request may be served the next time. */
function canBeTriedAgain(code: string): boolean {
  const known = Object.hasOwn(errorTable, code.toUpperCase()) ? errorTable[code.toUpperCase() as ErrorCode] : undefined;
  return known !== undefined && [429, 503, 504].includes(known.status);
}
