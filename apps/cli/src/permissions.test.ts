import type { Assistant } from '@nootropic/contracts';
import { describe, expect, it } from 'vitest';
import { run, type RunOptions } from './fake-host.test-fixture.ts';

type Found = Awaited<ReturnType<Assistant['trust']['show']>>;
const origin = (path: string) => ({ scope: 'workspace' as const, path, hash: 'h' });
const nothing: Found = {
  ...{ trusted: false, unattended: false, instructions: [], agents: [], skills: [], hooks: [], commands: [] },
  ignored: [],
};

describe('nootropic trust', () => {
  function folder(found: Partial<Found> = {}) {
    const asked: unknown[] = [];
    const changes = {
      trust: {
        show: async () => ({ ...nothing, ...found }),
        set: async (input: Parameters<Assistant['trust']['set']>[0]) => {
          asked.push(input);
          const { trusted = false, unattended = false } = input;
          return { ...nothing, trusted, unattended };
        },
      },
    };
    const runHere = async (args: string[], stdin?: RunOptions['stdin']) =>
      run(['trust', ...args], { cwd: '/', host: { changes }, ...(stdin && { stdin }) });
    return { asked, runHere };
  }
  const yes = { kind: 'terminal' as const, text: 'y' };

  it('shows what the folder holds before it asks, and keeps the yes', async () => {
    const { asked, runHere } = folder({
      ignored: [
        { path: 'AGENTS.md', what: 'instructions', reason: 'the folder is not trusted' },
        { path: '.nootropic/hooks.json\u001b[2K', what: 'hook', reason: 'the folder is not trusted' },
      ],
    });
    const { code, out, err } = await runHere([], yes);
    expect(code).toBe(0);
    expect(out).toContain('instructions  AGENTS.md');
    expect(out.indexOf('AGENTS.md')).toBeGreaterThan(out.indexOf('not trusted'));
    expect(err).toContain('Do you trust /?');
    expect(asked).toEqual([{ workspace: '/', trusted: true }]);
  });

  it('changes nothing without a yes, and nothing at all without a terminal', async () => {
    for (const stdin of [
      { kind: 'terminal' as const, text: 'n' },
      { kind: 'terminal' as const, text: '' },
    ]) {
      const { asked, runHere } = folder();
      expect((await runHere([], stdin)).code).toBe(0);
      expect(asked).toEqual([]);
    }
    for (const args of [[], ['--unattended'], ['--unattended', '--json']])
      for (const kind of ['pipe', 'file', 'socket', 'nothing'] as const) {
        const { asked, runHere } = folder();
        const { code, out, err } = await runHere(args, { kind, text: 'y' });
        expect([args, kind, code]).toEqual([args, kind, 4]);
        expect(out + err).toContain('terminal');
        expect(asked).toEqual([]);
      }
  });

  it('only shows with --json, and takes trust away without asking', async () => {
    const { asked, runHere } = folder({ trusted: true });
    expect((await runHere(['--json'])).lines()).toEqual([{ ...nothing, trusted: true }]);
    expect(asked).toEqual([]);
    expect((await runHere(['--remove'])).code).toBe(0);
    expect(asked).toEqual([{ workspace: '/', trusted: false, unattended: false }]);
    expect((await runHere(['--remove', '--unattended'])).code).toBe(2);
  });

  it('asks once more for commands that run by themselves', async () => {
    const trusted = folder({ trusted: true, hooks: [{ event: 'AfterTool', command: 'x', origin: origin('h') }] });
    expect((await trusted.runHere([], yes)).out).toContain('hook          AfterTool runs x');
    expect(trusted.asked).toEqual([]);
    expect((await trusted.runHere(['--unattended'], yes)).err).toContain('inside the sandbox?');
    expect(trusted.asked).toEqual([{ workspace: '/', trusted: true, unattended: true }]);
  });
});

describe('nootropic permissions', () => {
  it('says what the rules make of a line, and of every command in it', async () => {
    const asked: unknown[] = [];
    const check: Assistant['permissions']['check'] = async (input) => {
      asked.push(input);
      return {
        ...{ decision: input.subject === 'a' ? 'deny' : 'ask', reason: 'b: no rule allows it.' },
        commands: [
          { words: ['ls'], decision: 'allow' },
          { words: ['b', 'c'], decision: 'ask' },
        ],
        offers: [{ decision: 'allow', tool: 'run', command: 'b c', matches: [], differs: [] }],
      };
    };
    const options: RunOptions = { cwd: '/', host: { changes: { permissions: { check, list: async () => [] } } } };
    const { code, out, err } = await run(['permissions', 'check', 'ls; b c', '--mode', 'auto'], options);
    expect({ code, out }).toEqual({ code: 0, out: 'ask    b: no rule allows it.\n  allow  ls\n  ask    b c\n' });
    expect(err).toContain('b c');
    expect((await run(['permissions', 'check', 'a', '--tool', 'edit', '--json'], options)).code).toBe(4);
    expect(asked).toEqual([
      { workspace: '/', tool: 'run', subject: 'ls; b c', mode: 'auto' },
      { workspace: '/', tool: 'edit', subject: 'a' },
    ]);
    expect((await run(['permissions', 'check', 'a', '--mode', 'never'], options)).code).toBe(2);
  });

  it('lists the rules of the program and the own ones', async () => {
    const rule = (command: string) => ({ decision: 'allow' as const, tool: 'run', command, matches: [], differs: [] });
    const list: Assistant['permissions']['list'] = async () => [
      { name: 'allow ls', own: false, rule: { ...rule('ls'), reason: 'It only reads.' } },
      { name: 'allow x', own: true, rule: rule('x') },
    ];
    const check = async () => ({ decision: 'ask' as const, reason: '' });
    const options: RunOptions = { cwd: '/', host: { changes: { permissions: { check, list } } } };
    expect((await run(['permissions', 'list'], options)).out).toBe(
      'allow  built in  run ls  (It only reads.)\nallow  yours     run x\n',
    );
    expect((await run(['permissions', 'list', '--json'], options)).lines()).toHaveLength(2);
  });
});
