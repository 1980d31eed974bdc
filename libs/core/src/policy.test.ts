import {
  agentModes,
  permissionDecisions,
  type AgentMode,
  type PermissionRule,
  type PermissionSubject,
  type ShellCommand,
} from '@nootropic/contracts';
import { createPlainShellParser } from '@nootropic/testing';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createPolicy, type PolicyOptions, type PolicySituation } from './policy.ts';
import { checkShippedRules } from './shipped-rules.ts';

const around = { root: '/home/me/ws', home: '/home/me' };
const open: PolicySituation = { mode: 'ask', trusted: true, unattended: true, sandboxed: true, attended: true };
const isSecretPath = (path: string): boolean => /(?:^|\/)\.env$/iu.test(path);
const rule = (over: Partial<PermissionRule>): PermissionRule => ({
  decision: 'allow',
  tool: '*',
  matches: [],
  differs: [],
  ...over,
});

function policy(over: Partial<PolicyOptions> = {}) {
  return createPolicy({
    ...around,
    shell: createPlainShellParser(),
    isSecretPath,
    ownPaths: ['/home/me/.own'],
    ...over,
  });
}
const run = async (line: string, situation: Partial<PolicySituation> = {}, over: Partial<PolicyOptions> = {}) =>
  policy(over).judge({ kind: 'command', tool: 'run', line }, { ...open, ...situation });
const change = async (path: string, situation: Partial<PolicySituation> = {}, over: Partial<PolicyOptions> = {}) =>
  (await policy(over).judge({ kind: 'path', tool: 'edit', path }, { ...open, ...situation })).decision;
/** A parser that has already found this. */
const found = (...commands: Partial<ShellCommand>[]): Partial<PolicyOptions> => ({
  shell: {
    commands: async () => ({
      ...{ complete: true, unclear: [] },
      commands: commands.map((each) => ({ words: [], assigns: [], redirects: [], wrappers: [], ...each })),
    }),
  },
});

describe('the modes', () => {
  const decide = async (mode: AgentMode, over: Partial<PolicySituation> = {}) => [
    (await run('git log', { mode, ...over })).decision,
    (await run('npm test', { mode, ...over })).decision,
    await change('src/a.ts', { mode, ...over }),
  ];

  it('go as far as they say', async () => {
    expect(await decide('plan')).toEqual(['deny', 'deny', 'deny']);
    expect(await decide('ask')).toEqual(['allow', 'ask', 'ask']);
    expect(await decide('auto-edit')).toEqual(['allow', 'ask', 'allow']);
    expect(await decide('auto')).toEqual(['allow', 'allow', 'allow']);
  });

  it('let no command run by itself without a sandbox, without a yes for this folder, or in one that is not trusted', async () => {
    expect(await decide('auto', { sandboxed: false })).toEqual(['ask', 'ask', 'allow']);
    expect(await decide('auto', { unattended: false })).toEqual(['allow', 'ask', 'allow']);
    expect(await decide('auto', { trusted: false })).toEqual(['ask', 'ask', 'allow']);
    expect(await decide('auto', { sandboxed: false }).then(([first]) => first)).toBe('ask');
  });

  it('deny what nobody is there to be asked for, and offer nothing then', async () => {
    const verdict = await run('npm test', { attended: false });
    expect(verdict).toMatchObject({ decision: 'deny', reason: expect.stringContaining('Nobody is there') });
    expect(verdict.offers).toBeUndefined();
    expect(await change('src/a.ts', { attended: false })).toBe('deny');
    expect((await run('git log', { attended: false })).decision).toBe('allow');
  });
});

describe('paths', () => {
  it.each([
    '.git/config',
    '.git',
    '.GIT/hooks/x',
    'a/b/.git/config',
    'src/../.git/config',
    '.g\u200cit/config',
    '.git./config',
    '.git /config',
    '.git::$INDEX_ALLOCATION/config',
    'GIT~1/config',
    '\uff0egit/config',
    '.vſcode/settings.json',
    '.nootropic/config.json',
    '.vscode/tasks.json',
    '.idea/a.xml',
    '.bashrc',
    'home/.zshrc',
    '.config/fish/config.fish',
    '../ws-evil/a',
    '/etc/passwd',
    '~/.bashrc',
    '~other/a',
    '/home/me/.own/trust.json',
    '',
    'a\0b',
  ])('are not written: %j', async (path) => {
    for (const mode of agentModes) expect([mode, await change(path, { mode })]).toEqual([mode, 'deny']);
    const everything = { rules: [rule({}), rule({ path: '**' }), rule({ tool: 'edit' })] };
    expect(await change(path, { mode: 'auto' }, everything)).toBe('deny');
  });

  it.each([
    'AGENTS.md',
    'docs/claude.md',
    'package.json',
    'sub/Package.JSON',
    'Makefile',
    '.github/workflows/a.yml',
    '.npmrc',
    '.env',
    'a/.ENV',
    'HEAD',
    'a\u202eb',
  ])('are asked for in every mode that writes: %j', async (path) => {
    for (const mode of ['ask', 'auto-edit', 'auto'] as const) expect(await change(path, { mode })).toBe('ask');
    expect(await change(path, { mode: 'auto' }, { rules: [rule({ path: '**' })] })).toBe('ask');
  });

  it('are read inside the workspace, and asked for elsewhere', async () => {
    const read = async (path: string) =>
      (await policy().judge({ kind: 'path', tool: 'read', path }, { ...open, mode: 'plan' })).decision;
    expect(await read('src/a.ts')).toBe('allow');
    expect(await read('/home/me/ws/src/a.ts')).toBe('allow');
    for (const path of ['.env', '../a', '/home/me/ws-evil/a', '/etc/passwd', '~/a'])
      expect([path, await read(path)]).toEqual([path, 'ask']);
  });

  it('are allowed by a rule of the user as it is written, and denied whatever the case', async () => {
    const allows = { rules: [rule({ path: 'src/**' })] };
    expect(await change('src/a.ts', {}, allows)).toBe('allow');
    expect(await change('SRC/a.ts', {}, allows)).toBe('ask');
    const denies = { rules: [rule({ path: 'gen/**', decision: 'deny' })] };
    expect(await change('GEN/a.ts', { mode: 'auto' }, denies)).toBe('deny');
    expect(
      await change('gen/e\u0301.ts', { mode: 'auto' }, { rules: [rule({ path: 'gen/\u00e9.ts', decision: 'deny' })] }),
    ).toBe('deny');
  });

  it('are offered, this one first', async () => {
    const { offers } = await policy().judge({ kind: 'path', tool: 'edit', path: 'src/a.ts' }, open);
    expect(offers?.map(({ path }) => path)).toEqual(['src/a.ts', 'src/**']);
  });
});

describe('commands', () => {
  it('are denied where one of several is', async () => {
    const { decision, commands } = await run('ls; reboot | npm test');
    expect(decision).toBe('deny');
    expect(commands?.map((each) => each.decision)).toEqual(['allow', 'deny', 'ask']);
  });

  it('are asked for where the line is not understood, also where a rule allows them', async () => {
    const unclear: Partial<PolicyOptions> = {
      shell: { commands: async () => ({ complete: false, commands: [], unclear: ['x'] }) },
      rules: [rule({})],
    };
    expect(await run('ls', { mode: 'auto' }, unclear)).toMatchObject({
      decision: 'ask',
      reason: expect.stringContaining('x'),
    });
    const failing: Partial<PolicyOptions> = { shell: { commands: async () => Promise.reject(new Error('no')) } };
    expect((await run('ls', { mode: 'auto' }, failing)).decision).toBe('ask');
  });

  it('are judged with what runs them, what is set for them and what they write', async () => {
    const decide = async (command: Partial<ShellCommand>, situation: Partial<PolicySituation> = {}) =>
      (await run('x', situation, found(command))).decision;
    const ls = ['ls'];
    expect(await decide({ words: ls, wrappers: ['time', 'sh -c'] })).toBe('allow');
    expect(await decide({ words: ls, wrappers: ['sudo'] }, { mode: 'auto' })).toBe('ask');
    expect(await decide({ words: ls, assigns: ['LC_ALL'] })).toBe('allow');
    expect(await decide({ words: ls, assigns: ['FOO'] })).toBe('ask');
    expect(await decide({ words: ls, assigns: ['LD_PRELOAD'] }, { mode: 'auto' })).toBe('ask');
    expect(await decide({ words: ls, redirects: [{ mode: 'write', target: '/dev/null' }] })).toBe('allow');
    expect(await decide({ words: ls, redirects: [{ mode: 'write', target: 'a' }] })).toBe('ask');
    expect(await decide({ words: ls, redirects: [{ mode: 'write', target: 'a' }] }, { mode: 'auto' })).toBe('allow');
    expect(await decide({ words: ls, redirects: [{ mode: 'write', target: '.git/config' }] }, { mode: 'auto' })).toBe(
      'deny',
    );
    expect(await decide({ words: ls, redirects: [{ mode: 'write', target: undefined }] }, { mode: 'auto' })).toBe(
      'ask',
    );
    expect(await decide({ words: ls, redirects: [{ mode: 'read', target: '.env' }] }, { mode: 'auto' })).toBe('ask');
    expect(await decide({ words: [undefined, 'a'] }, { mode: 'auto' })).toBe('ask');
    expect(await decide({ words: ['git', undefined] }, { mode: 'auto' })).toBe('ask');
    expect(await decide({ words: ['cat', undefined] })).toBe('ask');
  });

  it('follow the folder that the line changes to', async () => {
    const decide = async (...lines: string[][]) =>
      (await run('x', {}, found(...lines.map((words) => ({ words }))))).decision;
    expect(await decide(['cd', 'src'], ['ls'])).toBe('allow');
    expect(await decide(['cd', '..'], ['ls'])).toBe('ask');
    expect(await decide(['cd', 'src'], ['cd', '../..'])).toBe('ask');
    expect(await decide(['cd', 'src'], ['cat', '../../a'])).toBe('ask');
    const writes = { words: ['ls'], redirects: [{ mode: 'write' as const, target: '../.git/config' }] };
    expect((await run('x', {}, found({ words: ['cd', 'src'] }, writes))).decision).toBe('deny');
  });

  it('begin in the folder that they are given', async () => {
    const decide = async (cwd: string, line: string, mode: AgentMode = 'ask') =>
      (await policy().judge({ kind: 'command', tool: 'run', line, cwd }, { ...open, mode })).decision;
    expect(await decide('src', 'cat ../a.ts')).toBe('allow');
    expect(await decide('.', 'cat ../a.ts')).toBe('ask');
    for (const cwd of ['..', '/etc', '.git', 'a/.GIT/hooks'])
      expect([cwd, await decide(cwd, 'ls', 'auto')]).toEqual([cwd, 'ask']);
    expect(await decide('src', 'touch ../.git/config', 'auto')).toBe('deny');
  });

  it('of one’s own rules match whole words, and allow nothing that a rule asks for', async () => {
    const decide = async (line: string, ...rules: PermissionRule[]) => (await run(line, {}, { rules })).decision;
    const test = rule({ tool: 'run', command: 'npm test' });
    expect(await decide('npm test', test)).toBe('allow');
    expect(await decide('npm test a.ts', test)).toBe('allow');
    expect(await decide('npm tests', test)).toBe('ask');
    expect(await decide('npm test; npm run x', test)).toBe('ask');
    expect(await decide('git push', rule({ command: 'git push' }))).toBe('ask');
    expect(await decide('reboot', rule({}))).toBe('deny');
    expect(await decide('git log', rule({ command: 'git log', decision: 'deny', reason: 'Not here.' }))).toBe('deny');
    expect(await decide('/usr/bin/git -C a log', rule({ command: 'git log', decision: 'deny' }))).toBe('deny');
    expect(await decide('cat src/a.ts', rule({ tool: 'read', path: 'src/**', decision: 'deny' }))).toBe('deny');
    expect((await run('npm test', { trusted: false }, { rules: [test] })).decision).toBe('ask');
    expect((await run('npm test', { sandboxed: false }, { rules: [test] })).decision).toBe('ask');
  });

  it('are offered as words, the narrowest first, and never what a rule asks for', async () => {
    const offers = async (line: string, situation: Partial<PolicySituation> = {}) =>
      (await run(line, situation)).offers?.map(({ command }) => command);
    expect(await offers('npm test src/a.test.ts')).toEqual(['npm test src/a.test.ts', 'npm test']);
    expect(await offers('npm run build prod')).toEqual(['npm run build prod', 'npm run build']);
    expect(await offers('rm a.txt')).toEqual(['rm a.txt']);
    expect(await offers('git commit -m "two words"')).toEqual(['git commit']);
    expect(await offers('git push')).toBeUndefined();
    expect(await offers('npm test; git push')).toBeUndefined();
    expect(await offers('npm test', { sandboxed: false })).toBeUndefined();
    expect(await offers('npm test', { trusted: false })).toBeUndefined();
  });
});

describe('hosts and other tools', () => {
  const host = async (name: string, rules: PermissionRule[] = []) =>
    (await policy({ rules }).judge({ kind: 'host', tool: 'web-fetch', host: name }, open)).decision;
  it('are asked for, or follow a rule', async () => {
    expect(await host('example.org')).toBe('ask');
    expect(await host('a.example.org', [rule({ host: '*.example.org' })])).toBe('allow');
    expect(await host('example.org', [rule({ host: '*.example.org' })])).toBe('ask');
    expect(await host('evilexample.org', [rule({ host: '*.example.org' })])).toBe('ask');
    expect(await host('Example.ORG.', [rule({ host: 'example.org' })])).toBe('allow');
    expect(await host('169.254.169.254', [rule({})])).toBe('deny');
    const tool = async (name: string, mode: AgentMode) =>
      (await policy().judge({ kind: 'tool', tool: name }, { ...open, mode })).decision;
    expect([await tool('todo', 'plan'), await tool('x', 'plan'), await tool('x', 'auto')]).toEqual([
      'allow',
      'deny',
      'ask',
    ]);
  });
});

describe('rules', () => {
  it('are refused where they contradict their examples, and the rule is named', () => {
    const refused = (over: Partial<PermissionRule>, named: string) =>
      expect(() => policy({ rules: [rule({}), rule(over)] })).toThrowError(
        expect.objectContaining({ code: 'CONFIG_INVALID', message: expect.stringContaining(named) }) as Error,
      );
    refused({ command: 'git log', matches: ['git status'] }, 'rule 2 (allow git log)');
    refused({ command: 'git log', differs: ['git log -p'] }, 'git log -p');
    refused({ path: 'src/**', matches: ['lib/a.ts'] }, 'src/**');
    refused({ host: '*.a.org', differs: ['b.a.org'] }, '*.a.org');
    refused({ path: 'a', command: 'b' }, 'more than one');
    expect(() =>
      policy({ rules: [rule({ command: 'git log', matches: ['git log -p'], differs: ['git logs'] })] }),
    ).not.toThrow();
  });

  it('that come with the program hold to their examples, and none is without', () => {
    expect(policy().list().length).toBeGreaterThan(300);
    for (const { own, rule: shipped } of policy().list()) {
      expect(own).toBe(false);
      expect(shipped.matches.length * shipped.differs.length).toBeGreaterThan(0);
    }
    const bad = { decision: 'deny' as const, command: 'a', reason: 'r', matches: ['a b'], differs: [] };
    expect(() => checkShippedRules(around, { strict: [bad], reading: [] })).toThrowError(
      /“deny a” has no examples of both kinds/u,
    );
    expect(() => checkShippedRules(around, { strict: [{ ...bad, differs: ['a c'] }], reading: [] })).toThrowError(
      /differs from “a c”/u,
    );
    expect(() =>
      checkShippedRules(around, { strict: [], reading: [{ words: 'a', matches: ['a -x'], differs: ['b'] }] }),
    ).toThrowError(/matches “a -x”/u);
  });

  const words = ['git', 'log', 'push', 'npm', 'test', 'ls', 'src', 'a.ts', '-n', 'rm', 'reboot', '.env', '.git/config'];
  const someRule = fc
    .record({
      decision: fc.constantFrom(...permissionDecisions),
      tool: fc.constantFrom('*', 'run', 'edit', 'read', 'web-fetch'),
      about: fc.oneof(
        fc
          .array(fc.constantFrom(...words), { minLength: 1, maxLength: 2 })
          .map((each) => ({ command: each.join(' ') })),
        fc.constantFrom('**', 'src/**', '*.ts', '.git/**').map((path) => ({ path })),
        fc.constantFrom('example.org', '*.org').map((host) => ({ host })),
        fc.constant({}),
      ),
    })
    .map(({ decision, tool, about }) => rule({ decision, tool, ...about }));
  const someSubject: fc.Arbitrary<PermissionSubject> = fc.oneof(
    fc
      .array(fc.array(fc.constantFrom(...words), { minLength: 1, maxLength: 3 }), { minLength: 1, maxLength: 3 })
      .map((lines) => ({
        kind: 'command' as const,
        tool: 'run',
        line: lines.map((each) => each.join(' ')).join('; '),
      })),
    fc
      .constantFrom('src/a.ts', '.env', '.git/config', '../x')
      .map((path) => ({ kind: 'path' as const, tool: 'edit', path })),
    fc.constantFrom('example.org', 'a.org').map((name) => ({ kind: 'host' as const, tool: 'web-fetch', host: name })),
  );
  const someSituation = fc.record({
    mode: fc.constantFrom(...agentModes),
    ...{ trusted: fc.boolean(), unattended: fc.boolean(), sandboxed: fc.boolean(), attended: fc.boolean() },
  });
  const strictness = (decision: string) => permissionDecisions.findIndex((each) => each === decision);

  it('never loosen what another denies, and never ask or deny less for being put first', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(someRule, { maxLength: 4 }),
        someRule,
        fc.tuple(someSubject, someSituation),
        async (rules, more, [subject, situation]) => {
          // Where nobody is there, what is only asked for is denied, and a rule may well allow that.
          const judge = async (all: PermissionRule[]) =>
            (await policy({ rules: all }).judge(subject, { ...situation, attended: true })).decision;
          const before = await judge(rules);
          const after = await judge([...rules, more]);
          if (before === 'deny') expect(after).toBe('deny');
          if (more.decision !== 'allow') expect(strictness(after)).toBeGreaterThanOrEqual(strictness(before));
          expect(await judge([more, ...rules.toReversed()])).toBe(after);
        },
      ),
      { numRuns: 300, seed: 11 },
    );
  });

  it('allow no command that one of its parts is not allowed for', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(someRule, { maxLength: 3 }),
        fc.array(fc.array(fc.constantFrom(...words), { minLength: 1, maxLength: 3 }), { minLength: 1, maxLength: 4 }),
        someSituation,
        async (rules, lines, situation) => {
          const judged = policy({ rules });
          const decide = async (line: string) =>
            (await judged.judge({ kind: 'command', tool: 'run', line }, situation)).decision;
          const parts = await Promise.all(lines.map(async (each) => decide(each.join(' '))));
          const whole = await decide(lines.map((each) => each.join(' ')).join(' && '));
          expect(strictness(whole)).toBeGreaterThanOrEqual(Math.max(...parts.map(strictness)));
        },
      ),
      { numRuns: 200, seed: 12 },
    );
  });
});
