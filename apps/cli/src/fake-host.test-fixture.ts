import {
  NootropicError,
  type Assistant,
  type HostStatus,
  type SendInput,
  type TurnEvent,
  type TurnEventBody,
} from '@nootropic/contracts';
import { fakeChanges } from './fake-changes.test-fixture.ts';
import { fakeClients } from './fake-clients.test-fixture.ts';
import { fakeContexts } from './fake-contexts.test-fixture.ts';
import { fakeJobs, type FakeJobs } from './fake-jobs.test-fixture.ts';
import { fakePrograms, type FakePrograms } from './fake-programs.test-fixture.ts';
import { fakeKeys, fakeModels } from './fake-models.test-fixture.ts';
import { fakeHostParts } from './fake-host-parts.test-fixture.ts';
import { fakeSessions } from './fake-sessions.test-fixture.ts';
import type { Host, LogLine, RunningElsewhere } from './host.ts';
import { runProgram } from './program.ts';
import type { InputKind, Output, Surroundings } from './surroundings.ts';

/** What a test run of the program left behind. */
export interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
  /** The JSON lines of standard output. */
  lines(): unknown[];
}

export interface RunOptions {
  readonly host?: Partial<FakeHostOptions>;
  readonly terminal?: boolean;
  /** Default 80. */
  readonly columns?: number;
  readonly stdin?: { readonly kind: InputKind; readonly text?: string; readonly keys?: readonly string[] };
  readonly env?: Record<string, string>;
  readonly cwd?: string;
  /** Called with functions that act on the run while it goes on. */
  readonly during?: (act: { interrupt: () => void; closeOutput: () => void; printed: () => string }) => void;
  readonly onExit?: (code: number) => void;
  /** Is given the address that is to be opened, and gives why it cannot be. */
  readonly onOpenAddress?: (url: string) => string | undefined;
  /** Milliseconds; default a clock that stands still. */
  readonly clock?: () => number;
}

/** Runs a command line against a fake assistant, and catches what it prints. */
export async function run(args: readonly string[], options: RunOptions = {}): Promise<Ran> {
  const written = { out: '', err: '' };
  const interrupts = new Set<() => void>();
  const lines = (options.stdin?.text ?? '').split('\n').filter((line) => line !== '');
  const keys = [...(options.stdin?.keys ?? [])];
  const closers: (() => void)[] = [];
  const output = (name: 'out' | 'err'): Output => ({
    isTTY: options.terminal ?? false,
    columns: options.columns ?? 80,
    write: async (text) => {
      written[name] += text;
    },
    onClosed: (listener) => closers.push(listener),
  });
  const surroundings: Surroundings = {
    stdout: output('out'),
    stderr: output('err'),
    stdin: {
      kind: options.stdin?.kind ?? 'nothing',
      readAll: async () => options.stdin?.text ?? '',
      async *chunks() {
        await undefined;
        yield new TextEncoder().encode(options.stdin?.text ?? '');
      },
      readLine: async () => options.stdin?.text ?? '',
      readHidden: async () => options.stdin?.text ?? '',
      nextLine: async () => lines.shift(),
      readKey: async () => keys.shift() ?? '',
    },
    env: options.env ?? {},
    cwd: options.cwd ?? process.cwd(),
    homeDirectory: '/home/someone',
    version: '1.2.3',
    onInterrupt: (listener) => {
      interrupts.add(listener);
      return () => interrupts.delete(listener);
    },
    exit: (code) => options.onExit?.(code),
    now: () => (options.clock ?? (() => 0))(),
    pause: () => new Promise((resolve) => setImmediate(resolve)),
    openAddress: async (url) => options.onOpenAddress?.(url),
  };
  const done = runProgram(args, surroundings, async (env) => {
    options.host?.onLoad?.(env);
    return createFakeHost(options.host);
  });
  options.during?.({
    interrupt: () => interrupts.forEach((listener) => listener()),
    closeOutput: () => closers[0]?.(),
    printed: () => written.out,
  });
  const code = await done;
  return {
    code,
    ...written,
    lines: () =>
      written.out
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => JSON.parse(line) as unknown),
  };
}

export interface FakeHostOptions {
  /** What a turn yields. Default: an answer with one source. */
  readonly turn: (input: SendInput, signal: AbortSignal | undefined) => AsyncIterable<TurnEventBody>;
  readonly onSend: (input: SendInput) => void;
  /** Default: one hit, nothing to note. */
  readonly search: Assistant['search'];
  readonly graph: Assistant['graph'];
  readonly map: Assistant['map'];
  readonly onDispose: () => void;
  readonly onRemoveWritten: () => void;
  /** Answers that differ from those of `fakeModels`. */
  readonly models: Partial<Assistant['models']>;
  readonly keys: Partial<Assistant['keys']>;
  readonly clients: Partial<Assistant['clients']>;
  readonly remote: boolean;
  /** The host that runs beside. Default none. */
  readonly running: 'found' | 'unknown';
  readonly onEnd: (force: boolean) => void;
  /** Whether it has a page. Default: yes. */
  readonly page: boolean;
  readonly logLines: readonly LogLine[];
  readonly egress: Assistant['egress'];
  readonly audit: Assistant['audit'];
  /** Is told the environment that the host was loaded with. */
  readonly onLoad: (env: Readonly<Record<string, string | undefined>> | undefined) => void;
  readonly rewind: Assistant['sessions']['rewind'];
  /** Default: no change. */
  readonly diff: Assistant['git']['diff'];
  /** What agents say of changes. Default: nothing. */
  readonly gitAgents: Partial<Assistant['git']>;
  readonly worktrees: string;
  /** Answers that differ from those of `fakeChanges`. */
  readonly changes: Parameters<typeof fakeChanges>[0];
  /** What `gather`, `sources` and `contexts` were asked. */
  readonly contextRequests: unknown[];
  readonly jobs: Partial<FakeJobs>;
  /** What `execute` and `mcp` do. */
  readonly programs: Partial<FakePrograms>;
}

const fakeHostStatus: HostStatus = {
  ...{ pid: 42, version: '1.2.3', startedAt: 0, url: 'http://127.0.0.1:4650', connections: 1, offline: false },
  turns: [],
  jobs: { waiting: 0, running: 0, dead: 0 },
  processes: [{ name: 'host', pid: 42, state: 'ready', memory: 1e8, restarts: 0, detail: '' }],
};

const usage = { tokensRead: 1, tokensReused: 0, tokensWritten: 2, totalMs: 3 };
export const fakeSession = {
  id: 'aaaaaaaa-1',
  title: 'where is it?',
  workspace: '/w',
  createdAt: 0,
  updatedAt: 60_000,
  events: 3,
};
/** The end of a turn; `text` is the whole answer. */
export function turnEnd(text: string, reason: 'done' | 'aborted' = 'done'): TurnEventBody {
  return {
    type: 'turn-end',
    reason,
    text,
    citations: reason === 'done' ? [{ path: 'src/a.ts', startLine: 1, endLine: 9, symbol: 'a' }] : [],
    usage,
  };
}

async function* answer(input: SendInput): AsyncGenerator<TurnEventBody> {
  yield { type: 'turn-start', text: input.text, agent: 'answer', workspace: input.workspace };
  yield { type: 'text-delta', text: 'It is ' };
  yield { type: 'text-delta', text: 'here.' };
  yield turnEnd('It is here.');
}

/** Gives bodies their place in a session. */
export async function* numbered(bodies: AsyncIterable<TurnEventBody>): AsyncGenerator<TurnEvent> {
  let seq = 0;
  for await (const body of bodies) yield { seq: (seq += 1), sessionId: fakeSession.id, turnId: 't1', time: 0, ...body };
}

export function createFakeHost(options: Partial<FakeHostOptions> = {}): Host {
  const settings = new Map<string, unknown>([['answer.maxTokens', 1024]]);
  return {
    remote: options.remote ?? false,
    open: async () => ({
      assistant: createFakeAssistant(options),
      [Symbol.asyncDispose]: async () => options.onDispose?.(),
    }),
    serve: async ({ port = 0, openPort, bind }) => ({
      url: `http://127.0.0.1:${port}`,
      ...(openPort !== undefined && { openPort }),
      ...(bind && { otherMachinesUrl: `https://${JSON.stringify(bind)}` }),
      token: 'token',
      assistant: createFakeAssistant(options),
      notices: [],
      ended: new Promise(() => undefined),
      stop: async () => options.onDispose?.(),
      [Symbol.asyncDispose]: async () => options.onDispose?.(),
    }),
    serveMcp: async () => undefined,
    ensure: async ({ port = 4650 }) => ({ ...fakeRunning(options, port), isNew: options.running === undefined }),
    running: async () => (options.running === 'found' ? fakeRunning(options, 4650) : options.running),
    end: async ({ force }) => {
      options.onEnd?.(force);
      return options.running === undefined ? undefined : { pid: 42 };
    },
    logs: {
      read: async ({ lines = 1 }) => (options.logLines ?? []).slice(-lines),
      async *follow() {
        await undefined;
        yield* options.logLines ?? [];
      },
    },
    paths: () => ({ config: '/c/config.json', worktrees: options.worktrees ?? '/d/worktrees', token: '/d/token' }),
    config: async () => ({ answer: { maxTokens: 1024 }, models: {}, host: { port: 4650 } }) as never,
    explain: async (key) => {
      if (key !== 'answer.maxTokens' && !key.startsWith('models.'))
        throw new NootropicError('CONFIG_INVALID', `There is no setting "${key}".`);
      const value = settings.get(key);
      return {
        key,
        value,
        layer: value === undefined ? 'unset' : 'user',
        layers: [{ layer: 'user', value }],
        description: 'What it means.',
      };
    },
    settings: () => [{ key: 'answer.maxTokens', description: 'What it means.' }],
    setConfig: async (key, text) => {
      settings.set(key, text);
      return text;
    },
    unsetConfig: async (key) => settings.delete(key),
    written: async () => [{ path: '/d/sessions.db', bytes: 2048 }],
    removeWritten: async () => options.onRemoveWritten?.(),
  };
}

function fakeRunning(options: Partial<FakeHostOptions>, port: number): RunningElsewhere {
  const url = `http://127.0.0.1:${String(port)}`;
  const assistant = createFakeAssistant(options);
  return { pid: 42, url, version: '1.2.3', startedAt: 0, assistant, hasPage: async () => options.page !== false };
}

function createFakeAssistant({
  turn = answer,
  onSend,
  search,
  graph,
  map,
  models,
  keys,
  clients,
  rewind,
  diff,
  gitAgents,
  changes,
  contextRequests,
  jobs,
  programs,
  egress = { list: async () => [] },
  audit = { list: async () => [], verify: async () => ({ ok: true, entries: 0, anchor: 'missing' }) },
}: Partial<FakeHostOptions>): Assistant {
  const hit = { path: 'src/a.ts', startLine: 1, endLine: 2, symbol: 'a', score: 0.5, snippet: 'const a = 1;' };
  const progress = {
    phase: 'done' as const,
    done: 2,
    total: 2,
    filesEmbedded: 1,
    filesRemoved: 0,
    chunksEmbedded: 4,
    skipped: [{ path: 'x.bin', reason: 'binary' }],
    tookMs: 1500,
  };
  return {
    send: async (input, callOptions) => {
      onSend?.(input);
      return numbered(turn(input, callOptions?.signal));
    },
    search: search ?? (async () => ({ hits: [hit], notices: [] })),
    symbol: async () => [],
    graph: graph ?? (async () => ({ symbols: [], nodes: [], truncated: false })),
    map: map ?? (async () => ({ text: 'src/a.ts\n  1 const a\n', tokens: 8, files: [], filesLeftOut: 3 })),
    index: {
      refresh: async () =>
        (async function* () {
          yield { ...progress, phase: 'scan' as const, done: 0 };
          yield progress;
        })(),
      stats: async () => ({ files: 2, chunks: 4, symbols: 1, vectors: 4, bytes: 10, vectorStore: 'exact' }),
      status: async ({ skippedFiles = false }) => ({
        ...{ files: 2, chunks: 4, symbols: 1, vectors: 3, bytes: 2_500_000, vectorStore: 'exact' },
        ...{ embedder: 'builtin:nano', chunksWithoutVector: 1, watch: 'on' as const, waitsFor: 'mains power' },
        lastRun: {
          ...{ startedAt: Date.UTC(2026, 0, 2, 3, 4, 5), tookMs: 1500, outcome: 'done' as const },
          ...{ files: 3, filesEmbedded: 2, filesRemoved: 1, chunksEmbedded: 4 },
        },
        skipped: [
          { reason: 'binary', count: 4, examples: ['a.png', 'b.png', 'c.png'] },
          { reason: 'may hold secrets', count: 1, examples: ['.env'] },
        ],
        skippedFiles: skippedFiles ? [{ path: 'a.png', reason: 'binary' }] : [],
      }),
      pause: async ({ paused }) => ({
        ...{ files: 2, chunks: 4, symbols: 1, vectors: 3, bytes: 1, vectorStore: 'exact', embedder: 'builtin:nano' },
        ...{ chunksWithoutVector: 0, skipped: [], skippedFiles: [], watch: 'on' as const, waitsFor: '', paused },
      }),
    },
    sessions: {
      ...fakeSessions(),
      list: async () => [fakeSession, { ...fakeSession, id: 'aaaaaaaa-2' }],
      show: async ({ id }) => {
        if (id === 'nope') throw new NootropicError('SESSION_NOT_FOUND', 'There is no session nope.');
        const events: TurnEvent[] = [];
        for await (const event of numbered(turn({ workspace: '/w', text: 'where is it?' }, undefined)))
          events.push(event);
        return { session: fakeSession, events };
      },
      rewind: rewind ?? (async () => ({ session: fakeSession })),
      remove: async () => fakeSession,
    },
    ...fakeChanges(changes),
    ...fakeContexts(contextRequests),
    ...fakeJobs(jobs),
    ...fakeHostParts(),
    git: { ...fakeHostParts().git, ...(diff && { diff }), ...gitAgents },
    ...fakePrograms(programs),
    models: { ...fakeModels(), ...models },
    keys: { ...fakeKeys(), ...keys },
    clients: { ...fakeClients(), ...clients },
    doctor: async () => [
      { name: 'node', state: 'ok', detail: '24', hint: '' },
      { name: 'model', state: 'problem', detail: 'broken', hint: 'Import another.' },
    ],
    egress,
    audit,
    host: {
      status: async () => fakeHostStatus,
      stop: async () => ({ pid: 42 }),
      signIn: async () => ({ code: 'code', expiresAt: 30_000 }),
    },
    metrics: async () => ({ text: '' }),
  };
}
