import { turnEventSchema, type SendInput, type TurnEventBody } from '@nootropic/contracts';
import { describe, expect, it } from 'vitest';
import { fakeSession, run, turnEnd, type RunOptions } from './fake-host.test-fixture.ts';

const offers = [{ decision: 'allow' as const, tool: 'run', command: 'npm test', matches: [], differs: [] }];

/** A task as the core does it: asked for where somebody is there, refused where not. */
function task(answers: { decision: string; text?: string }[] = []) {
  const waiting: ((answer: { decision: 'allow' | 'always' | 'deny'; text?: string | undefined }) => void)[] = [];
  const sent: SendInput[] = [];
  const turn = async function* (input: SendInput): AsyncGenerator<TurnEventBody> {
    yield { type: 'turn-start', text: input.text, agent: 'coder', workspace: input.workspace };
    yield {
      type: 'plan-update',
      steps: [
        { text: 'Look', state: 'done' },
        { text: 'Change', state: 'active' },
      ],
    };
    yield {
      type: 'plan-update',
      steps: [
        { text: 'Look', state: 'done' },
        { text: 'Change', state: 'done' },
      ],
    };
    yield { type: 'tool-call', call: { id: 'c', name: 'run', arguments: { line: 'npm test' } } };
    yield {
      type: 'approval-request',
      requestId: 'r',
      action: 'run',
      detail: 'npm test',
      callId: 'c',
      sandboxed: true,
      offers,
    };
    const answer =
      input.attended === true
        ? await new Promise<Parameters<(typeof waiting)[number]>[0]>((resolve) => waiting.push(resolve))
        : { decision: 'deny' as const };
    yield { type: 'approval-answer', requestId: 'r', ...answer, ...(input.attended !== true && { automatic: true }) };
    yield {
      type: 'tool-result',
      callId: 'c',
      name: 'run',
      ok: answer.decision !== 'deny',
      content: answer.decision === 'deny' ? 'Refused.' : 'ok',
    };
    yield { type: 'file-change', path: 'src/a.ts', change: 'modified', step: 1, added: 2, removed: 1 };
    yield { type: 'check-result', name: 'tests', ok: false, output: 'expected 1\nto be 2' };
    yield { type: 'text-delta', text: 'Changed it.' };
    yield { ...turnEnd('Changed it.'), citations: [] } as TurnEventBody;
  };
  const options: RunOptions['host'] = {
    turn,
    onSend: (input) => sent.push(input),
    changes: {
      answer: async ({ requestId, decision, text }) => {
        answers.push({ decision, ...(text !== undefined && { text }) });
        waiting.shift()?.({ decision, text });
        return { requestId };
      },
    },
  };
  return { host: options, sent, answers };
}

const terminal = { terminal: true } as const;

describe('run', () => {
  it('prints what is said on standard output, and what is done on standard error', async () => {
    const { host, sent } = task();
    const { code, out, err } = await run(['run', '--mode', 'auto-edit', 'change', 'it'], { host });
    expect(sent[0]).toMatchObject({ text: 'change it', mode: 'auto-edit', attended: false });
    expect(out).toBe('Changed it.\n');
    expect(err).toContain('[>] Change');
    expect(err).toContain('Plan 2 of 2');
    expect(err.split('[x] Look')).toHaveLength(2);
    expect(err).toContain('modified src/a.ts +2 -1');
    expect(err).toContain('+newer');
    expect(err).toContain('tests failed');
    expect(err).toContain('1 file changed +2 -1 · 1 failed · nootropic undo --turn t1');
    // Something was refused, since nobody was there.
    expect(code).toBe(4);
  });

  it('is done where a call could do without what was refused', async () => {
    const turn = async function* (): AsyncGenerator<TurnEventBody> {
      yield { type: 'tool-call', call: { id: 'c', name: 'edit', arguments: {} } };
      yield { type: 'approval-request', requestId: 'r', action: 'run', detail: 'Run the tests.', callId: 'c' };
      yield { type: 'approval-answer', requestId: 'r', decision: 'deny', automatic: true };
      yield { type: 'tool-result', callId: 'c', name: 'edit', ok: true, content: 'ok' };
      yield turnEnd('x');
    };
    const { code, err } = await run(['run', 'x'], { host: { turn } });
    expect([code, err]).toEqual([0, expect.stringContaining('denied: nobody was there to ask · run Run the tests.')]);
  });

  it('prints every event as a JSON line, and asks nobody', async () => {
    const { host, sent } = task();
    const ran = await run(['run', '--json', 'x'], { host, ...terminal, stdin: { kind: 'terminal' } });
    const types = ran.lines().map((line) => turnEventSchema.parse(line).type);
    expect([types[0], types.at(-1)]).toEqual(['turn-start', 'turn-end']);
    expect(sent[0]).toMatchObject({ attended: false, mode: 'ask' });
    expect(ran.code).toBe(4);
  });

  it.each([
    [['y'], { decision: 'allow' }, 0],
    [['?', 'a'], { decision: 'always' }, 0],
    [['d', '\u001b'], { decision: 'deny' }, 0],
    [['n'], { decision: 'deny', text: 'use pnpm' }, 0],
  ])('asks at a terminal, and takes the key %j', async (keys, answer, expected) => {
    const { host, answers } = task();
    const { code, err } = await run(['run', 'x'], {
      host,
      ...terminal,
      env: { NO_COLOR: '1' },
      stdin: { kind: 'terminal', keys, text: 'use pnpm' },
    });
    expect(err).toContain('May it run?');
    expect(err).toContain('npm test');
    expect(answers).toEqual([answer]);
    expect(code).toBe(expected);
  });

  it.each([
    ['stuck', 1],
    ['steps', 1],
    ['aborted', 130],
    ['done', 0],
  ] as const)('gives %s its exit code', async (reason, expected) => {
    const turn = async function* (): AsyncGenerator<TurnEventBody> {
      yield { ...turnEnd(''), reason, citations: [] } as TurnEventBody;
    };
    expect((await run(['run', 'x'], { host: { turn } })).code).toBe(expected);
  });

  it('goes on with the newest session of the folder, in the folder of a session', async () => {
    const { host, sent } = task();
    await run(['run', '--session', 'aaaa', 'x'], { host });
    expect(sent[0]).toMatchObject({ sessionId: fakeSession.id, workspace: '/w' });
  });

  it('needs a task', async () => {
    const { code, err } = await run(['run'], { stdin: { kind: 'terminal' } });
    expect([code, err]).toEqual([2, expect.stringContaining('There is no task')]);
  });

  it('lets no control sequence through at a terminal', async () => {
    const turn = async function* (): AsyncGenerator<TurnEventBody> {
      yield { type: 'tool-call', call: { id: 'c', name: 'run', arguments: { line: '\u001b]52;c;AAAA\u0007ls' } } };
      yield { type: 'tool-result', callId: 'c', name: 'run', ok: false, content: '\u001b]0;t\u0007no\u001b[2J' };
      yield { type: 'file-change', path: '\u001b]8;;x\u0007a', change: 'created' };
      yield turnEnd('x');
    };
    const { err, out } = await run(['run', 'x'], { ...terminal, host: { turn }, env: { NO_COLOR: '1' } });
    expect(err + out).not.toMatch(/\u001b\]|\u001b\[2J|\u0007/u);
    expect(err).toContain('ls');
  });
});

describe('rewind', () => {
  it('goes back in what was asked for', async () => {
    const asked: unknown[] = [];
    const rewind: NonNullable<RunOptions['host']>['rewind'] = async (input) => {
      asked.push(input);
      const code = {
        steps: [],
        restored: [
          { path: 'a.ts', change: 'modified' as const, kind: 'file' as const, binary: false, added: 1, removed: 1 },
        ],
        conflicts: [{ path: 'b.ts', reason: 'changed since' }],
        lost: [],
      };
      return { session: fakeSession, code };
    };
    const both = await run(['rewind', 'latest', 't1'], { host: { rewind } });
    expect(both.out).toContain('conversation and code');
    expect(both.out).toContain('modified a.ts');
    expect(both.out).toContain('left as it is b.ts: changed since');
    await run(['rewind', 'latest', 't1', '--code', '--force'], { host: { rewind } });
    expect(asked).toEqual([
      { id: 'latest', turnId: 't1', what: 'both', force: false },
      { id: 'latest', turnId: 't1', what: 'code', force: true },
    ]);
    expect((await run(['rewind', 'latest', 't1', '--code', '--both'], { host: { rewind } })).code).toBe(2);
  });
});

describe('the chat', () => {
  it('is the help where there is no terminal', async () => {
    const { code, out } = await run([]);
    expect([code, out]).toEqual([0, expect.stringContaining('Start here:')]);
    expect((await run(['--continue'])).code).toBe(2);
  });

  it('still says that a command is unknown', async () => {
    const { code, err } = await run(['aks', 'x']);
    expect([code, err]).toEqual([2, expect.stringMatching(/unknown command 'aks'[\s\S]*ask/u)]);
  });

  it('goes on line by line for a screen reader, without signs and with nothing drawn twice', async () => {
    const { host, answers } = task();
    const text = ['do it', 'no, use pnpm', '/mode plan', '/quit'].join('\n');
    const { code, out } = await run(['--screen-reader'], { host, stdin: { kind: 'pipe', text } });
    expect(code).toBe(0);
    expect(answers).toEqual([{ decision: 'deny', text: 'use pnpm' }]);
    expect(out).toContain('May it run npm test?');
    expect(out).toContain('Failed: run npm test');
    expect(out).toContain('1. Look, done');
    expect(out).toContain('Mode plan: it reads and plans');
    expect(out).not.toMatch(/\u001b|[│─✓✗●∴⤷]/u);
    expect(out.split('Changed it.')).toHaveLength(2);
  });

  it('ends at the end of the input', async () => {
    const { code } = await run(['--screen-reader'], { stdin: { kind: 'pipe', text: '' } });
    expect(code).toBe(0);
  });
});
