import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  NootropicError,
  type Assistant,
  type DiffAnswer,
  type SendInput,
  type TurnEventBody,
} from '@nootropic/contracts';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { run as runFake, turnEnd, type FakeHostOptions, type RunOptions } from './fake-host.test-fixture.ts';

let place: string;
let repository: string;
const env = {
  ...{ PATH: process.env['PATH'] ?? '', GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_NOSYSTEM: '1' },
  ...{
    GIT_AUTHOR_NAME: 'Ann',
    GIT_AUTHOR_EMAIL: 'a@example.org',
    GIT_COMMITTER_NAME: 'Ann',
    GIT_COMMITTER_EMAIL: 'a@example.org',
  },
};

const git = (...args: string[]): string =>
  execFileSync('git', args, { cwd: repository, encoding: 'utf8', env, stdio: ['ignore', 'pipe', 'pipe'] });
const put = (path: string, text: string) => writeFile(join(repository, path), text);

beforeEach(async () => {
  place = await realpath(await mkdtemp(join(tmpdir(), 'nootropic-git-')));
  repository = join(place, 'repository');
  await mkdir(join(repository, 'src'), { recursive: true });
  git('init', '-q', '-b', 'main');
  await put('src/a.ts', 'one\ntwo\nthree\n');
  git('add', '-A');
  git('commit', '-qm', 'begin');
});
afterEach(() => rm(place, { recursive: true, force: true, maxRetries: 5 }));

const changed: DiffAnswer = {
  text: 'diff --git a/src/a.ts b/src/a.ts\n',
  files: [
    {
      path: 'src/a.ts',
      change: 'modified',
      binary: false,
      added: 1,
      removed: 1,
      shown: 'whole',
      places: ['function a() {'],
    },
    {
      path: '.env',
      change: 'created',
      binary: false,
      added: 1,
      removed: 0,
      shown: 'left-out',
      reason: 'may hold secrets',
      places: [],
    },
  ],
};

type Message = Extract<Item<'message'>, { type: 'message' }>;
type Findings = Extract<Item<'review'>, { type: 'findings' }>;
type Item<Name extends 'review' | 'message'> =
  Awaited<ReturnType<Assistant['git'][Name]>> extends AsyncIterable<infer T> ? T : never;
type Asked = Parameters<Assistant['git']['review' | 'message']>[0];

const place1 = { seq: 1, sessionId: 's', turnId: 't', time: 0 };
const usage = { tokensRead: 0, tokensReused: 0, tokensWritten: 0, totalMs: 0 };
const failed = { type: 'turn-error' as const, error: { code: 'MODEL_NOT_FOUND', message: 'None.', hint: '' }, usage };

/** An agent that comes to this. */
const comingTo = (end: Message | Findings, asked: Asked[] = [], events: readonly TurnEventBody[] = []) => {
  const agent = async (input: Asked) => {
    asked.push(input);
    return (async function* () {
      yield { type: 'change' as const, files: changed.files };
      for (const body of events) yield { type: 'event' as const, event: { ...place1, ...body } };
      yield end as never;
    })();
  };
  return { gitAgents: { review: agent, message: agent } };
};
const saying = (message: string, asked?: Asked[]) =>
  comingTo({ type: 'message', message, by: 'model', files: changed.files }, asked);
const byRule = (message: string, asked?: Asked[]) =>
  comingTo({ type: 'message', message, by: 'rule', files: changed.files }, asked, [failed]);
const nothing = async () =>
  (async function* () {
    await undefined;
    throw new NootropicError('NOT_FOUND', 'Nothing is staged.', { hint: 'Stage with `git add PATH`.' });
    yield undefined as never;
  })();

/** A model that says this. */
const says = (words: string) =>
  async function* (): AsyncGenerator<TurnEventBody> {
    yield { type: 'text-delta', text: words };
    yield turnEnd(words);
  };

const run = (args: readonly string[], host: Partial<FakeHostOptions>, options: RunOptions = {}) =>
  runFake(args, { cwd: repository, env, host: { worktrees: join(place, 'worktrees'), ...host }, ...options });
const terminal = (keys: string[]): RunOptions => ({ terminal: true, stdin: { kind: 'terminal', keys } });

describe('commit', () => {
  beforeEach(async () => {
    await put('src/a.ts', 'one\n2\nthree\n');
    git('add', '-A');
  });
  const head = () => git('log', '-1', '--format=%B').trim();

  it('prints the message only, where nobody can be asked, and says what was not read', async () => {
    const asked: Asked[] = [];
    const { code, out, err } = await run(['commit', '-m', 'for 12'], saying('Count to 2', asked));
    expect([code, out]).toEqual([0, 'Count to 2\n']);
    expect(err).toContain('not read: .env (may hold secrets)');
    await run(['commit', '-a', '--model', 'ollama:x'], saying('Count to 2', asked));
    expect(asked).toEqual([
      { workspace: repository, of: 'staged', hint: 'for 12' },
      { workspace: repository, of: 'tracked', model: 'ollama:x' },
    ]);
    expect(head()).toBe('begin');
  });

  it('commits with --yes, by git itself: a hook of the user runs, and may refuse', async () => {
    const host = saying('Count to 2');
    await writeFile(
      join(repository, '.git/hooks/commit-msg'),
      '#!/bin/sh\ngrep -q 2 "$1" && echo "$0" > seen && [ ! -e refuse ]\n',
      { mode: 0o755 },
    );
    await put('refuse', '');
    const refused = await run(['commit', '--yes'], host);
    expect([refused.code, head()]).toEqual([1, 'begin']);
    await rm(join(repository, 'refuse'));
    const { code, err } = await run(['commit', '--yes'], host);
    expect([code, head(), existsSync(join(repository, 'seen'))]).toEqual([0, 'Count to 2', true]);
    expect(err).toMatch(/^Committed [0-9a-f]{10} \(2 files\)\.$/mu);
  });

  it.each([
    ['\r', 'Count to 2'],
    ['y', 'Count to 2'],
    ['n', 'begin'],
    ['\u001b', 'begin'],
  ])('takes the key %j at a terminal', async (key, message) => {
    const { code } = await run(['commit'], saying('Count to 2'), terminal(['x', key]));
    expect([code, head()]).toEqual([0, message]);
  });

  it('lets git open the editor', async () => {
    const editor = join(place, 'editor');
    await writeFile(editor, '#!/bin/sh\necho "Edited" > "$1"\n', { mode: 0o755 });
    await run(['commit'], saying('Count to 2'), { ...terminal(['e']), env: { ...env, GIT_EDITOR: editor } });
    expect(head()).toBe('Edited');
  });

  it('says why a message was made by rule', async () => {
    const { code, out, err } = await run(['commit', '--dry-run'], byRule('Change 2 files'));
    expect([code, out]).toEqual([0, 'Change 2 files\n']);
    expect(err).toContain('There is no model to write it: this message is made by rule');
    const end = { type: 'message' as const, message: 'Change 2 files', by: 'rule' as const, files: changed.files };
    expect((await run(['commit', '--dry-run'], comingTo(end))).err).toContain('The model wrote none');
    expect((await run(['commit', '--dry-run', '--model', 'none'], comingTo(end))).err).not.toContain('rule');
    expect((await run(['commit', '--json'], byRule('Change 2 files'))).lines()).toEqual([
      {
        ...{ message: 'Change 2 files', by: 'rule', committed: null },
        files: [
          { path: 'src/a.ts', shown: 'whole' },
          { path: '.env', shown: 'left-out', reason: 'may hold secrets' },
        ],
      },
    ]);
  });

  it('says what to do where nothing is staged', async () => {
    const { code, err } = await run(['commit'], { gitAgents: { message: nothing } });
    expect([code, err]).toEqual([5, expect.stringContaining('git add PATH')]);
  });
});

describe('review', () => {
  const finding = {
    ...{ path: 'src/a.ts', line: 2, title: 'it counts wrong' },
    ...{ input: 'an empty list', outcome: '1, and should be 0' },
  };
  const found = (findings: readonly (typeof finding)[], asked?: Asked[]) =>
    comingTo({ type: 'findings', findings: [...findings], dropped: 6, files: changed.files }, asked);

  it('prints findings, and counts what was dropped', async () => {
    const { code, out, err } = await run(['review'], found([finding]));
    expect(code).toBe(0);
    expect(out).toBe('src/a.ts:2 it counts wrong\n  input  an empty list\n  wrong  1, and should be 0\n');
    expect(err).toContain('[Dropped: 6 ');
    expect(err).toContain('not read: .env (may hold secrets)');
    expect((await run(['review', '--fail'], found([finding]))).code).toBe(1);
    expect((await run(['review', '--fail'], found([]))).code).toBe(0);
    expect((await run(['review', '--json'], found([finding]))).lines()).toMatchObject([
      { findings: [{ path: 'src/a.ts', line: 2 }], dropped: 6 },
    ]);
  });

  it.each([
    [[], { of: 'uncommitted' }],
    [['--staged'], { of: 'staged' }],
    [['src/a.ts'], { of: 'uncommitted', paths: ['src/a.ts'] }],
    [['main...HEAD'], { of: 'revision', revision: 'main...HEAD' }],
    [['HEAD', 'src'], { of: 'revision', revision: 'HEAD', paths: ['src'] }],
  ])('asks for the change that %j means', async (args, meant) => {
    const asked: Asked[] = [];
    await run(['review', ...args], found([], asked));
    expect(asked).toEqual([{ workspace: repository, ...meant }]);
  });

  it('is wrong usage with two revisions, or with one and --staged', async () => {
    expect((await run(['review', 'a', 'b'], {})).code).toBe(2);
    expect((await run(['review', 'HEAD', '--staged'], {})).code).toBe(2);
    expect((await run(['review'], { gitAgents: { review: nothing } })).code).toBe(5);
  });
});

describe('explain and test', () => {
  it.each([
    [
      ['explain', 'src/a.ts'],
      { agent: 'explain', mode: 'plan', text: 'Explain src/a.ts.', attachments: [{ kind: 'file', path: 'src/a.ts' }] },
    ],
    [['explain', 'src/a.ts:30'], { attachments: [{ kind: 'file', path: 'src/a.ts', startLine: 10, endLine: 90 }] }],
    [['test', '--mode', 'auto-edit', 'src/a.ts'], { agent: 'test', mode: 'auto-edit', attended: false }],
  ])('sends %j as a task', async (args, expected) => {
    const sent: SendInput[] = [];
    const { code, out } = await run(args, { onSend: (input) => sent.push(input), turn: says('So it is.') });
    expect([code, out.startsWith('So it is.')]).toEqual([0, true]);
    expect(sent[0]).toMatchObject(expected);
  });

  it('knows neither a file nor a symbol, and nothing outside', async () => {
    expect((await run(['explain', 'nothing'], {})).code).toBe(5);
    expect((await run(['explain', '..'], {})).code).toBe(4);
    expect((await run(['test', 'src'], {})).code).toBe(2);
  });
});

describe('worktrees', () => {
  const nothing = { instructions: [], agents: [], skills: [], hooks: [], commands: [], ignored: [] };
  /** A trust store that remembers what it was told. */
  function trust(trusted: boolean) {
    const set: [string, boolean][] = [];
    const store: Assistant['trust'] = {
      show: async () => ({ trusted, unattended: false, ...nothing }),
      set: async ({ workspace, trusted: now = false }) => {
        set.push([workspace, now]);
        return { trusted: now, unattended: false, ...nothing };
      },
    };
    return { changes: { trust: store }, set };
  }
  /** An agent that changes the folder it works in. */
  const working = async function* (input: SendInput): AsyncGenerator<TurnEventBody> {
    await writeFile(join(input.workspace, 'src/a.ts'), 'one\n2\nthree\n');
    await writeFile(join(input.workspace, 'new.bin'), Buffer.from([0, 1, 2, 255]));
    yield turnEnd('Done.');
  };

  it('leaves the tree alone, is listed, taken over, taken back, and removed', async () => {
    const { changes, set } = trust(true);
    await writeFile(join(repository, '.git/hooks/post-checkout'), `#!/bin/sh\ntouch '${place}/ran'\n`, { mode: 0o755 });
    const before = git('status', '--porcelain');
    const { code, err } = await run(['run', '--worktree', 'fix', 'count to 2'], { turn: working, changes });
    expect(code).toBe(0);
    expect(err).toContain('nootropic worktree apply fix');
    expect(existsSync(join(place, 'ran'))).toBe(false);
    expect(err).toContain('+2');
    expect([git('status', '--porcelain'), await readFile(join(repository, 'src/a.ts'), 'utf8')]).toEqual([
      before,
      'one\ntwo\nthree\n',
    ]);
    const [[path = ''] = []] = set;
    expect([path.startsWith(join(place, 'worktrees')), set[0]?.[1]]).toEqual([true, true]);
    expect((await run(['worktree', 'list', '--json'], { changes })).lines()).toEqual([
      [{ name: 'fix', path, files: ['new.bin', 'src/a.ts'] }],
    ]);
    expect((await run(['run', '--worktree', 'fix', 'again'], { turn: working, changes })).code).toBe(2);

    expect((await run(['worktree', 'apply', 'fix'], { changes })).code).toBe(0);
    expect(await readFile(join(repository, 'src/a.ts'), 'utf8')).toBe('one\n2\nthree\n');
    expect([...(await readFile(join(repository, 'new.bin')))]).toEqual([0, 1, 2, 255]);
    expect((await run(['worktree', 'apply', 'fix', '--reverse'], { changes })).code).toBe(0);
    expect(git('status', '--porcelain')).toBe(before);

    await put('src/a.ts', 'zero\n');
    const refused = await run(['worktree', 'apply', 'fix'], { changes });
    expect([refused.code, existsSync(join(repository, 'new.bin'))]).toEqual([1, false]);

    expect((await run(['worktree', 'rm', 'fix'], { changes })).code).toBe(4);
    expect((await run(['worktree', 'rm', 'fix', '--yes'], { changes })).code).toBe(0);
    expect([existsSync(path), set.at(-1)]).toEqual([false, [path, false]]);
    expect((await run(['worktree', 'apply', 'fix'], { changes })).code).toBe(5);
  });

  it('names itself after the task, and works in the folder of the call', async () => {
    const { changes } = trust(true);
    const sent: SendInput[] = [];
    const options = { cwd: join(repository, 'src') };
    for (let at = 0; at < 2; at += 1)
      await run(
        ['run', '--json', '--worktree', '--', 'Fix: the Parser, please!'],
        { changes, onSend: (input) => sent.push(input) },
        options,
      );
    expect(sent.map(({ workspace }) => workspace.split('/').slice(-2).join('/'))).toEqual([
      'fix-the-parser-please/src',
      'fix-the-parser-please-2/src',
    ]);
  });

  it('is made of trusted folders only', async () => {
    const { code, err } = await run(['run', '--worktree', 'fix', 'x'], { changes: trust(false).changes });
    expect([code, err]).toEqual([4, expect.stringContaining('nootropic trust')]);
    expect(git('worktree', 'list').trim().split('\n')).toHaveLength(1);
  });

  it.each(['../out', '-x', 'a/b', ''])('takes no name like %j', async (name) => {
    const { code } = await run(['run', `--worktree=${name}`, 'x'], { changes: trust(true).changes });
    expect(code).toBe(2);
  });
});
