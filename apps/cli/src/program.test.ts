import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { NootropicError, turnEventSchema, type SendInput, type TurnEventBody } from '@nootropic/contracts';
import { describe, expect, it } from 'vitest';
import { run, turnEnd } from './fake-host.test-fixture.ts';

async function* failing(): AsyncGenerator<TurnEventBody> {
  yield { type: 'text-delta', text: 'It' };
  yield {
    type: 'turn-error',
    error: { code: 'MODEL_NOT_FOUND', message: 'No such file.', hint: 'Check the path.' },
    usage: { tokensRead: 0, tokensReused: 0, tokensWritten: 0, totalMs: 1 },
  };
}

/** Streams until it is aborted, then ends as the core does. */
async function* endless(_input: SendInput, signal: AbortSignal | undefined): AsyncGenerator<TurnEventBody> {
  yield { type: 'text-delta', text: 'on and on' };
  await new Promise((resolve) => signal?.addEventListener('abort', resolve));
  yield turnEnd('on and on', 'aborted');
}

async function* hostile(): AsyncGenerator<TurnEventBody> {
  yield { type: 'text-delta', text: 'a\u001b]52;c;ZXZpbA' };
  yield { type: 'text-delta', text: '==\u0007b\u001b[2Jc\n' };
  yield turnEnd('abc');
}

describe('ask', () => {
  it('prints the answer, then its sources', async () => {
    const { code, out } = await run(['ask', 'where', 'is', 'it?']);
    expect(code).toBe(0);
    expect(out).toBe('It is here.\n\nSources\n  src/a.ts:1-9 a\n');
  });

  it('prints every event as a JSON line, and nothing else', async () => {
    const ran = await run(['ask', '--json', 'where?']);
    expect(ran.lines().map((line) => turnEventSchema.parse(line).type)).toEqual([
      'turn-start',
      'text-delta',
      'text-delta',
      'turn-end',
    ]);
    expect(ran.err).toBe('');
  });

  it('sends what is piped in along with the question', async () => {
    const sent: SendInput[] = [];
    await run(['ask', 'what could break?'], {
      stdin: { kind: 'pipe', text: 'a diff\n' },
      host: { onSend: (input) => sent.push(input) },
    });
    expect(sent[0]).toMatchObject({
      text: 'what could break?',
      attachments: [{ kind: 'text', name: 'stdin', text: 'a diff\n' }],
    });
  });

  it('reads the question from standard input for `-`, and where there is none', async () => {
    const sent: SendInput[] = [];
    for (const args of [['ask', '-'], ['ask']]) {
      await run(args, {
        stdin: { kind: 'pipe', text: 'from a pipe\n' },
        host: { onSend: (input) => sent.push(input) },
      });
    }
    expect(sent.map(({ text, attachments }) => [text, attachments])).toEqual([
      ['from a pipe', undefined],
      ['from a pipe', undefined],
    ]);
  });

  it('refuses to ask nothing, with an example', async () => {
    const { code, err } = await run(['ask'], { terminal: true, stdin: { kind: 'terminal' } });
    expect(code).toBe(2);
    expect(err).toContain('nootropic ask "');
  });

  it('resolves a model file from the folder of the call, not from --cwd', async () => {
    const sent: SendInput[] = [];
    const onSend = (input: SendInput): void => void sent.push(input);
    await run(['ask', 'hi', '--model', 'file:a.gguf', '--cwd', tmpdir()], { host: { onSend }, cwd: '/usr' });
    await run(['ask', 'hi', '--model', 'file:~/a.gguf'], { host: { onSend } });
    await run(['ask', 'hi', '--model', 'ollama:a'], { host: { onSend } });
    await run(['ask', 'hi', '--model', './b.GGUF'], { host: { onSend }, cwd: '/usr' });
    await run(['ask', 'hi', '--model', 'openai:c.gguf@http://127.0.0.1:1/v1'], { host: { onSend } });
    expect(sent.map(({ model }) => model)).toEqual([
      'file:/usr/a.gguf',
      'file:/home/someone/a.gguf',
      'ollama:a',
      'file:/usr/b.GGUF',
      'openai:c.gguf@http://127.0.0.1:1/v1',
    ]);
  });

  it('goes on with a session, about the folder that the session is about unless another is named', async () => {
    const sent: SendInput[] = [];
    const host = { onSend: (input: SendInput) => void sent.push(input) };
    await run(['ask', '--session', 'latest', 'more'], { host });
    await run(['sessions', 'resume', 'aaaa', 'more', 'words'], { host });
    await run(['sessions', 'resume', 'aaaa', 'more', '--cwd', '/usr'], { host });
    expect(sent.map(({ sessionId, text, workspace }) => [sessionId, text, workspace])).toEqual([
      ['latest', 'more', '/w'],
      ['aaaa', 'more words', '/w'],
      ['aaaa', 'more', '/usr'],
    ]);
  });

  it('says on request which model answered and why, and what that took', async () => {
    const turn = async function* (): AsyncGenerator<TurnEventBody> {
      yield { type: 'model-chosen', model: 'file:/m/a.gguf', reason: 'configured as models.chat' };
      yield { type: 'notice', level: 'warning', code: 'fallback', message: 'a does not answer; b does.' };
      yield { type: 'model-chosen', model: 'openai:b', reason: 'the fallback' };
      yield { type: 'text-delta', text: 'Yes.' };
      yield {
        type: 'turn-end',
        reason: 'done',
        text: 'Yes.',
        citations: [],
        usage: {
          tokensRead: 1234,
          tokensReused: 4000,
          tokensWritten: 2,
          cost: 0.0123,
          firstTextMs: 250,
          totalMs: 61_000,
        },
      };
    };
    const verbose = await run(['ask', '--verbose', 'hi'], { host: { turn } });
    expect(verbose.out).toBe('Yes.\n');
    expect(verbose.err).toBe(
      [
        'warning: a does not answer; b does.',
        'model: openai:b (the fallback)',
        '1,234 tokens read, 4,000 kept from before, 2 written',
        'first text after 0.3 s, 1 min 1 s in all',
        'cost: $0.0123',
        '',
      ].join('\n'),
    );
    const plain = await run(['ask', 'hi'], { host: { turn } });
    expect(plain.err).toBe('warning: a does not answer; b does.\n[openai:b: $0.0123]\n');
    expect((await run(['ask', 'hi'])).err).toBe('');
  });

  it('ends with the exit code of the error that ended the turn', async () => {
    const plain = await run(['ask', 'hi'], { host: { turn: failing } });
    expect(plain).toMatchObject({ code: 3, out: 'It\n' });
    expect(plain.err).toBe('error MODEL_NOT_FOUND: No such file.\n→ Check the path.\n');
    const json = await run(['ask', '--json', 'hi'], { host: { turn: failing } });
    expect(json.code).toBe(3);
    expect(json.lines().at(-1)).toMatchObject({ type: 'turn-error' });
  });

  it('waits for the end of the turn when interrupted, and exits with 130', async () => {
    let disposed = false;
    const ran = await run(['ask', '--json', 'hi'], {
      host: { turn: endless, onDispose: () => void (disposed = true) },
      during: ({ interrupt, printed }) => void waitFor(() => printed().includes('on and on')).then(interrupt),
    });
    expect(ran.code).toBe(130);
    expect(ran.lines().at(-1)).toMatchObject({ type: 'turn-end', reason: 'aborted' });
    expect(disposed).toBe(true);
  });

  it('exits at once at the second interrupt', async () => {
    const exits: number[] = [];
    await run(['ask', 'hi'], {
      host: { turn: endless },
      onExit: (code) => void exits.push(code),
      during: ({ interrupt, printed }) =>
        void waitFor(() => printed() !== '').then(() => {
          interrupt();
          interrupt();
        }),
    });
    expect(exits).toEqual([130]);
  });

  it('ends with 0 and without a word when nobody reads any more', async () => {
    const ran = await run(['ask', '--json', 'hi'], {
      host: { turn: endless },
      during: ({ closeOutput, printed }) => void waitFor(() => printed() !== '').then(closeOutput),
    });
    expect(ran).toMatchObject({ code: 0, err: '' });
  });

  it('takes control sequences out for a terminal, also split ones, and leaves a pipe alone', async () => {
    const terminal = await run(['ask', 'hi'], { host: { turn: hostile }, terminal: true, env: { NO_COLOR: '1' } });
    expect(terminal.out.startsWith('abc\n')).toBe(true);
    const pipe = await run(['ask', 'hi'], { host: { turn: hostile } });
    expect(pipe.out).toContain('\u001b[2J');
  });

  it('passes a question that looks like an option after `--`', async () => {
    const sent: SendInput[] = [];
    const { code } = await run(['ask', '--', '--json'], { host: { onSend: (input) => sent.push(input) } });
    expect([code, sent[0]?.text]).toEqual([0, '--json']);
  });
});

describe('usage', () => {
  it('exits with 2 on an unknown option or command, and suggests the right one', async () => {
    const option = await run(['ask', '--modle', 'x', 'hi']);
    expect(option.code).toBe(2);
    expect(option.err).toBe("error USAGE: unknown option '--modle'\n→ Did you mean --model?\n");
    const command = await run(['serch', 'x']);
    expect(command.code).toBe(2);
    expect(command.err).toContain('Did you mean search?');
  });

  it('gives an error as the last JSON line where --json is given', async () => {
    const ran = await run(['search', '--json', '--limit', 'many', 'x']);
    expect(ran.code).toBe(2);
    expect(ran.lines()).toEqual([
      { error: { code: 'USAGE', message: expect.stringContaining('many'), hint: expect.any(String) } },
    ]);
  });

  it('exits with 5 for a folder or a session that is not there', async () => {
    expect((await run(['ask', 'hi', '--cwd', '/no/such/folder'])).code).toBe(5);
    expect((await run(['sessions', 'show', 'nope'])).code).toBe(5);
  });

  it('reports what was not foreseen as INTERNAL, exit 1', async () => {
    const turn = (): never => {
      throw new Error('boom');
    };
    const { code, err } = await run(['ask', 'hi'], { host: { turn } });
    expect(code).toBe(1);
    expect(err).toContain('error INTERNAL: boom');
    expect(NootropicError.from(new Error('boom')).code).toBe('INTERNAL');
  });

  it('prints the version and the help', async () => {
    expect((await run(['--version'])).out).toBe('1.2.3\n');
    for (const args of [[], ['--help']]) {
      const { code, out } = await run(args);
      expect(code).toBe(0);
      expect(out).toContain('Start here:');
    }
  });

  const commands = [
    'ui',
    'ask',
    'search',
    'graph',
    'map',
    'index',
    'serve',
    'sessions',
    'models',
    'keys',
    'clients',
    'config',
    'doctor',
    'completion',
    'uninstall',
  ];
  const groups: Record<string, string[]> = {
    sessions: ['list', 'show', 'resume', 'search', 'rename', 'fork', 'export', 'rm'],
    models: [
      'recommend',
      'search',
      'plan',
      'pull',
      'import',
      'list',
      'show',
      'bench',
      'rm',
      'ps',
      'load',
      'unload',
      'usage',
    ],
    graph: ['callers', 'callees', 'impact', 'tests', 'path'],
    keys: ['list', 'set', 'rm'],
    clients: ['add', 'list', 'remove'],
    config: ['get', 'set', 'unset', 'explain', 'path'],
  };
  const leaves = commands.flatMap((name) => groups[name]?.map((leaf) => [name, leaf]) ?? [[name]]);
  it.each(leaves.map((leaf) => [leaf.join(' '), leaf] as const))(
    'has a help with an example, --json and --cwd: %s',
    async (name, leaf) => {
      const { code, out } = await run([...leaf, '--help']);
      expect(code).toBe(0);
      expect(out).toMatch(new RegExp(`Examples:\\n.*${name}`));
      expect(out).toContain('--json');
      expect(out).toContain('--cwd');
    },
  );

  it.each(Object.keys(groups))('shows the help of a group without a command: %s', async (group) => {
    const { code, out } = await run([group]);
    expect(code).toBe(0);
    expect(out).toMatch(/^ {2}(list|get|callers)\b/m);
  });
});

describe('colour', () => {
  const colored = async (options: Parameters<typeof run>[1]): Promise<boolean> =>
    (await run(['ask', 'hi'], options)).out.includes('\u001b[');
  it('is for terminals, unless they or the user say otherwise', async () => {
    expect(await colored({})).toBe(false);
    expect(await colored({ terminal: true })).toBe(true);
    expect(await colored({ terminal: true, env: { NO_COLOR: '1' } })).toBe(false);
    expect(await colored({ terminal: true, env: { TERM: 'dumb' } })).toBe(false);
    expect(await colored({ env: { FORCE_COLOR: '1' } })).toBe(true);
    expect(await colored({ terminal: true, env: { FORCE_COLOR: '0' } })).toBe(false);
  });

  it('draws a bar on a terminal only, and not on a build machine', async () => {
    const bar = async (options: Parameters<typeof run>[1]): Promise<boolean> =>
      (await run(['index'], options)).err.includes('\r');
    expect(await bar({ terminal: true })).toBe(true);
    expect(await bar({})).toBe(false);
    expect(await bar({ terminal: true, env: { CI: 'true' } })).toBe(false);
    expect(await bar({ terminal: true, env: { TERM: 'dumb' } })).toBe(false);
  });
});

describe('the other commands', () => {
  it('searches, and prints the fields that scripts rely on', async () => {
    const ran = await run(['search', '--json', 'a']);
    expect(ran.lines()).toEqual([
      { path: 'src/a.ts', startLine: 1, endLine: 2, symbol: 'a', score: 0.5, snippet: 'const a = 1;' },
    ]);
    expect((await run(['search', 'a'])).out).toContain('src/a.ts:1-2  a\n');
  });

  it('indexes and sums up', async () => {
    expect((await run(['index'])).out).toBe('2 files: 1 embedded, 0 removed, 1 skipped, in 1.5 s\n');
    expect((await run(['index', '--verbose'])).out).toContain('x.bin  binary');
    expect((await run(['index', '--json'])).lines().at(-1)).toMatchObject({ phase: 'done' });
  });

  it('lists sessions with the shortest ids that tell them apart', async () => {
    const { out } = await run(['sessions', 'list']);
    expect(out.split('\n').map((line) => line.slice(0, 10))).toEqual(['aaaaaaaa-1', 'aaaaaaaa-2', '']);
    expect((await run(['sessions', 'list', '--json'])).lines()).toHaveLength(2);
  });

  it('shows a session, and says where a turn was interrupted', async () => {
    expect((await run(['sessions', 'show', 'latest'])).out).toContain(
      '> where is it?\n\nIt is here.\n\nSources\n  src/a.ts:1-9 a\n',
    );
    const turn = async function* (): AsyncGenerator<TurnEventBody> {
      yield { type: 'turn-start', text: 'q', agent: 'answer', workspace: '/w' };
      yield { type: 'text-delta', text: 'half an ans' };
    };
    expect((await run(['sessions', 'show', 'latest'], { host: { turn } })).out).toContain(
      'half an ans\n[interrupted]\n',
    );
  });

  it('exports a session as Markdown and as JSON', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'nootropic-cli-'));
    try {
      const { code } = await run(['sessions', 'export', 'latest', '--out', 'a.md'], { cwd: folder });
      expect(code).toBe(0);
      expect(await readFile(join(folder, 'a.md'), 'utf8')).toBe('# where is it?\n');
      const json = await run(['sessions', 'export', 'latest', '--format', 'json']);
      expect(JSON.parse(json.out)).toMatchObject({ events: [] });
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it('asks before it removes, and needs --yes where it cannot ask', async () => {
    expect((await run(['sessions', 'rm', 'a'])).code).toBe(4);
    expect((await run(['sessions', 'rm', 'a', '--yes'])).code).toBe(0);
    expect((await run(['sessions', 'rm', 'a'], { stdin: { kind: 'terminal', text: 'n' } })).code).toBe(4);
    expect((await run(['sessions', 'rm', 'a'], { stdin: { kind: 'terminal', text: 'y' } })).code).toBe(0);
  });

  it('lists what it wrote, then removes it', async () => {
    let removed = 0;
    const host = { onRemoveWritten: () => void (removed += 1) };
    const refused = await run(['uninstall', '--data'], { host });
    expect(refused).toMatchObject({ code: 4, out: '  2.0 kB  /d/sessions.db\n' });
    expect(removed).toBe(0);
    expect((await run(['uninstall'], { host })).code).toBe(2);
    expect((await run(['uninstall', '--data', '--yes'], { host })).code).toBe(0);
    expect(removed).toBe(1);
  });

  it('serves until it is interrupted', async () => {
    const ran = await run(['serve', '--port', '4650', '--json'], {
      during: ({ interrupt, printed }) => void waitFor(() => printed() !== '').then(interrupt),
    });
    expect(ran.lines()).toEqual([expect.objectContaining({ url: 'http://127.0.0.1:4650', token: 'token' })]);
    expect((await run(['serve', '--port', '99999'])).code).toBe(2);
  });

  it('exits with 1 when the doctor finds a problem', async () => {
    const { code, out } = await run(['doctor']);
    expect(code).toBe(1);
    expect(out).toContain('✗ model  broken\n  → Import another.');
  });

  it('reads, writes and explains settings', async () => {
    expect((await run(['config', 'get', 'answer.maxTokens'])).out).toBe('1024\n');
    expect((await run(['config', 'get', 'nope'])).code).toBe(2);
    expect((await run(['config', 'get', 'models.chat'])).code).toBe(5);
    expect((await run(['config', 'path'])).out).toBe('/c/config.json\n');
    expect((await run(['config', 'explain', 'answer.maxTokens'])).out).toContain('What it means.');
    expect((await run(['config', 'explain'])).out).toContain('answer.maxTokens');
    expect((await run(['config', 'unset', 'answer.maxTokens'])).err).toBe('answer.maxTokens has no value now.\n');
    expect((await run(['config', 'unset', 'answer.maxTokens', '--json'])).lines()).toEqual([
      { key: 'answer.maxTokens', removed: true, value: null },
    ]);
    expect((await run(['config', 'unset', 'models.chat'])).err).toContain('was not set in your file');
  });

  it('sets a model only where there is one, by its whole name', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'nootropic-cli-'));
    const set = async (text: string, key = 'models.chat') => {
      const ran = await run(['config', 'set', key, text, '--json'], { cwd: folder });
      return [ran.code, (ran.lines()[0] as { value?: unknown }).value, ran.err.split('\n→ ')[1]?.trim()];
    };
    try {
      await writeFile(join(folder, 'a.gguf'), '');
      expect(await set('file:a.gguf')).toEqual([0, `file:${join(folder, 'a.gguf')}`, undefined]);
      expect(await set('file:b.gguf')).toMatchObject([3, undefined, expect.any(String)]);
      expect(await set('ti')).toEqual([0, 'tiny', undefined]);
      expect(await set('tinny')).toEqual([3, undefined, 'Did you mean tiny?']);
      expect(await set('zzzzzz')).toEqual([3, undefined, 'There is: tiny.']);
      expect(await set('none')).toEqual([0, 'none', undefined]);
      expect(await set('ollama:not-running')).toEqual([0, 'ollama:not-running', undefined]);
      expect(await set('needs:context>=16000,tools')).toEqual([0, 'needs:context>=16000,tools', undefined]);
      expect(await set('hf:a/b/c.gguf')).toMatchObject([2, undefined, expect.stringContaining('models pull hf:a/b')]);
      expect(await set('wat:x')).toMatchObject([2, undefined, expect.any(String)]);
      expect(await set('anthropic:big')).toEqual([0, 'anthropic:big', undefined]);
      expect(await set('ti, ollama:x', 'models.fallback')).toEqual([0, '["tiny","ollama:x"]', undefined]);
      expect(await set('["needs:a,b", "tiny"]', 'models.fallback')).toEqual([0, '["needs:a,b","tiny"]', undefined]);
      expect(await set('[', 'models.fallback')).toMatchObject([2, undefined, expect.any(String)]);
      const broken = {
        list: async () => {
          throw new NootropicError('CONFIG_INVALID', 'models.kvType: not allowed.');
        },
      };
      const mended = await run(['config', 'set', 'models.chat', 'nope'], { host: { models: broken } });
      expect([mended.code, mended.err]).toEqual([0, expect.stringContaining('could not be checked: models.kvType')]);
      expect(await set('tiny,nope', 'models.fallback')).toMatchObject([3, undefined, expect.any(String)]);
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});

async function waitFor(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 5));
}
