import {
  configSchema,
  type ChangeOutcome,
  type CheckResult,
  type ConfigInput,
  type PermissionSubject,
  type PermissionVerdict,
  type TurnEventBody,
} from '@nootropic/contracts';
import * as testing from '@nootropic/testing';
import { describe, expect, it } from 'vitest';
import { createActions } from './actions.ts';
import { createApprovals, type Answer } from './approvals.ts';
import type { ApprovalMemory } from './approval-memory.ts';
import { createLeave } from './leave.ts';
import { sha256 } from './sha256.ts';
import { fakeWorkplace, type FakeWorkplaceOptions } from './workplace.fixture.ts';

interface Options extends FakeWorkplaceOptions {
  readonly judge?: (subject: PermissionSubject) => PermissionVerdict;
  readonly mode?: 'plan' | 'ask' | 'auto-edit' | 'auto';
  readonly attended?: boolean;
  readonly trusted?: boolean;
  readonly config?: ConfigInput;
  /** What the person answers; by default everything is allowed. */
  readonly answer?: (request: TurnEventBody & { type: 'approval-request' }) => Answer | 'wait';
  readonly signal?: AbortSignal;
  /** Takes what is remembered. */
  readonly kept?: unknown[];
}

const offer = { decision: 'allow' as const, tool: 'run', command: 'make', matches: [], differs: [] };
const scope = { sessionId: 's', turnId: 't' };

function subject(options: Options = {}) {
  const place = fakeWorkplace(testing, options);
  const approvals = createApprovals();
  const desk = approvals.open('s');
  const events: TurnEventBody[] = [];
  const kept: string[] = [];
  const memory: ApprovalMemory = {
    covers: async (subject) => kept.includes(JSON.stringify(subject)),
    keep: async (subject) => void kept.push(JSON.stringify(subject)),
  };
  const { mode = 'ask', trusted = true, attended = true } = options;
  const sandboxed = options.sandbox?.available ?? true;
  const signal = options.signal ?? new AbortController().signal;
  let id = 0;
  const leave = createLeave({
    policy: {
      judge: async (subject) => options.judge?.(subject) ?? { decision: 'ask', reason: 'Mode ask.', offers: [offer] },
    },
    situation: { mode, trusted, unattended: false, sandboxed, attended },
    ...{ memory, desk, newId: () => `r${(id += 1)}`, signal },
  });
  const actions = createActions({
    ...{ place, mode, trusted, sandboxed, leave, scope, signal, now: () => 0 },
    ports: {
      isSecretPath: (path) => path.endsWith('.env'),
      fetchPage: async (url) => `Page of ${url}<!-- obey -->\u200b`,
    },
    sources: async () => ({
      async *add(source) {
        options.kept?.push(source);
      },
    }),
    config: configSchema.parse(options.config ?? {}),
    session: { memory, said: {}, hooks: new Map() },
  });
  /** Drives an action to its end, and answers what it asks. */
  async function drive<T>(work: AsyncGenerator<TurnEventBody, T>): Promise<T> {
    for (;;) {
      const step = await work.next();
      if (step.done) return step.value;
      events.push(step.value);
      if (step.value.type !== 'approval-request' || !attended) continue;
      const answer = options.answer?.(step.value) ?? { decision: 'allow' };
      if (answer !== 'wait') approvals.answer('s', step.value.requestId, answer);
    }
  }
  const edit = async (path: string, content: string | null, expects?: string | null): Promise<ChangeOutcome> =>
    drive(
      actions.change({
        ...{ callId: 'c', tool: 'edit', label: `edit ${path}` },
        files: [{ path, content, ...(expects !== undefined && { expects }) }],
      }),
    );
  const run = (line: string) => drive(actions.run({ callId: 'c', line }));
  const types = () => events.map(({ type }) => type);
  return { actions, place, events, types, drive, edit, run, approvals };
}

const failed = (output: string): CheckResult => ({ name: 'types (tsc)', ok: false, output, tookMs: 1 });
const passed: CheckResult = { name: 'parse', ok: true, output: '', tookMs: 1 };
const hashOf = (text: string) => sha256(new TextEncoder().encode(text));
const allow = (): PermissionVerdict => ({ decision: 'allow', reason: 'A rule.' });

describe('a change that is allowed in part', () => {
  const before = Array.from({ length: 30 }, (_, index) => `line ${index}\n`).join('');
  const after = before.replace('line 5\n', 'five\n').replace('line 25\n', 'twenty-five');
  const files = { 'src/a.ts': before };

  it('is made without what was left out, and the agent is told what that is', async () => {
    const { edit, place, events, types } = subject({
      files,
      answer: () => ({ decision: 'allow', without: [{ path: 'src/a.ts', hunks: [0] }] }),
    });
    const outcome = await edit('src/a.ts', after);
    expect(outcome).toMatchObject({ ok: true, state: 'written' });
    expect(outcome.content).toContain('@@ -3,7 +3,7 @@');
    expect(outcome.content).toContain('-line 5\n+five\n');
    expect(outcome.content).not.toContain('twenty-five');
    expect(events[1]).toMatchObject({ decision: 'allow', without: [{ path: 'src/a.ts', hunks: [0] }] });
    expect(await place.text('src/a.ts')).toBe(before.replace('line 25\n', 'twenty-five'));
    expect(types()).toContain('file-change');
    expect(await place.kept.journal.diff({})).not.toContain('five\n-');
    await place.kept.journal.undo();
    expect(await place.text('src/a.ts')).toBe(before);
  });

  it('may lack whole files, and is as denied where all is left out', async () => {
    const without = { left: [{ path: 'b.ts' }] as { path: string; hunks?: number[] }[] };
    const { actions, drive, place } = subject({
      files,
      answer: () => ({ decision: 'allow', without: without.left }),
    });
    const both = () =>
      drive(
        actions.change({
          ...{ callId: 'c', tool: 'edit', label: 'edit' },
          files: [
            { path: 'src/a.ts', content: after },
            { path: 'b.ts', content: 'new\n' },
          ],
        }),
      );
    expect((await both()).content).toContain('+++ b/b.ts');
    expect(await place.text('src/a.ts')).toBe(after);
    expect(await place.text('b.ts')).toBeUndefined();
    await place.kept.journal.undo();
    const steps = (await place.kept.journal.list()).length;
    for (const hunks of [[0, 1], undefined]) {
      without.left = [
        { path: 'src/a.ts', ...(hunks && { hunks }) },
        { path: 'b.ts', hunks: [0] },
      ];
      expect(await both()).toMatchObject({ ok: false, state: 'refused' });
    }
    expect(await place.text('src/a.ts')).toBe(before);
    expect(await place.kept.journal.list()).toHaveLength(steps);
  });

  it('keeps a rename of which all hunks are left out', async () => {
    const { actions, drive, place } = subject({
      files,
      answer: () => ({ decision: 'allow', without: [{ path: 'src/b.ts', hunks: [0, 1] }] }),
    });
    const file = { path: 'src/b.ts', from: 'src/a.ts', content: after };
    await drive(actions.change({ callId: 'c', tool: 'edit', label: 'move', files: [file] }));
    expect(await place.text('src/a.ts')).toBeUndefined();
    expect(await place.text('src/b.ts')).toBe(before);
  });

  it.each([
    ['a hunk that there is not', { decision: 'allow', without: [{ path: 'src/a.ts', hunks: [2] }] }],
    ['another file', { decision: 'allow', without: [{ path: 'src/b.ts' }] }],
    ['a denial', { decision: 'deny', without: [{ path: 'src/a.ts' }] }],
    ['an answer for always', { decision: 'always', without: [{ path: 'src/a.ts' }] }],
  ] satisfies [string, Answer][])('refuses %s, and goes on waiting', async (_, answer) => {
    const { actions, approvals, place } = subject({ files });
    const work = actions.change({
      ...{ callId: 'c', tool: 'edit', label: 'edit' },
      files: [{ path: 'src/a.ts', content: after }],
    });
    const request = (await work.next()).value as { requestId: string };
    expect(() => approvals.answer('s', request.requestId, answer)).toThrow(/part|hunk/iu);
    approvals.answer('s', request.requestId, { decision: 'allow' });
    while (!(await work.next()).done);
    expect(await place.text('src/a.ts')).toBe(after);
  });

  it('is no way to run a part of a command', async () => {
    const { actions, approvals } = subject({});
    const work = actions.run({ callId: 'c', line: 'make' });
    const request = (await work.next()).value as { requestId: string };
    expect(() =>
      approvals.answer('s', request.requestId, { decision: 'allow', without: [{ path: 'src/a.ts' }] }),
    ).toThrow(/no change of files/u);
    approvals.answer('s', request.requestId, { decision: 'deny' });
    while (!(await work.next()).done);
  });
});

describe('a change', () => {
  it('is shown in full, asked for, written, recorded and judged', async () => {
    const { edit, place, events, types } = subject({
      reflexion: testing.createMemoryReflexion({ judge: () => [passed] }),
    });
    const outcome = await edit('src/a.ts', 'one\n2\nthree\n');
    expect(outcome).toMatchObject({ ok: true, state: 'written' });
    expect(outcome.content).toContain('Passed: parse.');
    expect(types()).toEqual(['approval-request', 'approval-answer', 'file-change', 'check-result']);
    expect(events[0]).toMatchObject({ action: 'edit', paths: ['src/a.ts'], reason: 'Mode ask.' });
    expect(JSON.stringify(events[0])).toContain('-two\\n+2\\n');
    expect(events[2]).toMatchObject({ path: 'src/a.ts', change: 'modified', step: 1, added: 1, removed: 1 });
    expect(await place.text('src/a.ts')).toBe('one\n2\nthree\n');
    expect(await place.kept.journal.list()).toMatchObject([{ ...scope, label: 'edit src/a.ts' }]);
  });

  it('is not asked for where a rule allows it', async () => {
    const { edit, types } = subject({ judge: allow });
    expect((await edit('src/b.ts', 'new\n')).state).toBe('written');
    expect(types()).toEqual(['file-change']);
  });

  it('is refused with the words of the person, and nothing is written', async () => {
    const { edit, place, types } = subject({ answer: () => ({ decision: 'deny', text: 'not in this file' }) });
    const outcome = await edit('src/a.ts', 'x');
    expect(outcome).toEqual({ ok: false, state: 'refused', content: 'The user said no: not in this file' });
    expect(types()).toEqual(['approval-request', 'approval-answer']);
    expect(await place.text('src/a.ts')).toBe('one\ntwo\nthree\n');
  });

  it('is refused by a rule without asking', async () => {
    const { edit, events } = subject({ judge: () => ({ decision: 'deny', reason: 'It is generated.' }) });
    const outcome = await edit('src/a.ts', 'x');
    expect(outcome.state).toBe('refused');
    expect(outcome.content).toContain('It is generated.');
    expect(events).toEqual([]);
  });

  it('is refused on the record where nobody is there to be asked', async () => {
    const { edit, events, place } = subject({ attended: false });
    expect((await edit('src/a.ts', 'x')).content).toContain('Nobody is there');
    expect(events).toMatchObject([
      { type: 'approval-request' },
      { type: 'approval-answer', decision: 'deny', automatic: true },
    ]);
    expect(await place.text('src/a.ts')).toBe('one\ntwo\nthree\n');
  });

  it('is not made in plan mode', async () => {
    const { edit, run, place } = subject({ mode: 'plan', judge: allow });
    expect((await edit('src/a.ts', 'x')).state).toBe('refused');
    expect((await run('make')).state).toBe('refused');
    expect(place.ran).toEqual([]);
    expect(await place.text('src/a.ts')).toBe('one\ntwo\nthree\n');
  });

  it('tells the new lines where somebody changed the file since it was read', async () => {
    const { actions, edit, place } = subject({ judge: allow });
    const source = await actions.source('src/a.ts');
    place.files.write('src/a.ts', 'one\ntwo\nthree\nfour\n');
    const outcome = await edit('src/a.ts', 'x', source?.hash);
    expect(outcome.state).toBe('refused');
    expect(outcome.content).toContain('4: four');
    expect(await place.text('src/a.ts')).toBe('one\ntwo\nthree\nfour\n');
  });

  it('is not made over what was changed while the person was asked', async () => {
    const made = subject({
      answer: () => {
        made.place.files.write('src/a.ts', 'one\ntwo\nmine\n');
        return { decision: 'allow' };
      },
    });
    const outcome = await made.edit('src/a.ts', 'x');
    expect(outcome.state).toBe('refused');
    expect(outcome.content).toContain('3: mine');
    expect(await made.place.text('src/a.ts')).toBe('one\ntwo\nmine\n');
  });

  it('of a file that exists is refused where a new one is meant', async () => {
    const { edit } = subject({ judge: allow });
    expect((await edit('src/a.ts', 'x', null)).content).toContain('exists already');
    expect((await edit('src/gone.ts', 'x', await hashOf('y'))).content).toContain('is not there any more');
  });

  it('outside of the workspace is refused', async () => {
    const { edit } = subject({ judge: allow });
    expect((await edit('../out.ts', 'x')).state).toBe('refused');
  });

  it('does not give secrets away', async () => {
    const { actions } = subject({ files: { '.env': 'KEY=1' } });
    await expect(actions.source('.env')).rejects.toMatchObject({ code: 'DENIED' });
    expect(await actions.source('nothing.ts')).toBeUndefined();
  });
});

describe('a change that fails its checks', () => {
  const wrong = /wrong/u;
  const strict = (verdict: (text: string) => CheckResult = () => failed('src/a.ts(2,1): error TS1005')) =>
    testing.createMemoryReflexion({
      judge: async ({ changes }) => (changes.length > 0 ? [passed, verdict(changes[0]?.path ?? '')] : [passed]),
    });

  it('is told with the judge’s words, taken back at the last attempt with all that led to it, and learnt from', async () => {
    const { edit, place, events, types, actions } = subject({ judge: allow, reflexion: strict() });
    const first = await edit('src/a.ts', 'one\nwrong\nthree\n');
    expect(first).toMatchObject({ ok: false, state: 'failed-checks' });
    expect(first.content).toContain('error TS1005');
    expect(actions.failing()).toEqual(['src/a.ts']);
    expect(await place.text('src/a.ts')).toMatch(wrong);
    const second = await edit('src/a.ts', 'one\nwrong again\nthree\n');
    expect(second).toMatchObject({ ok: false, state: 'reverted' });
    expect(second.content).toContain('Taken back: src/a.ts');
    expect(await place.text('src/a.ts')).toBe('one\ntwo\nthree\n');
    expect(actions.failing()).toEqual([]);
    expect(types().slice(-2)).toEqual(['file-change', 'lesson']);
    expect(events.at(-1)).toMatchObject({ paths: ['src/a.ts'] });
    const [lesson] = await place.kept.reflexion.lessons();
    expect(lesson).toMatchObject({ sessionId: 's', paths: ['src/a.ts'] });
    expect(lesson?.text).toContain('error TS1005');
  });

  it('counts for each file, so that a change in several files may break things until its last part', async () => {
    let files: readonly string[] = [];
    const reflexion = testing.createMemoryReflexion({
      judge: async ({ changes, before }) => {
        files = changes.map(({ path }) => path);
        expect(new TextDecoder().decode(await before('src/a.ts'))).toBe('one\ntwo\nthree\n');
        return changes.length < 3 ? [failed('others still use the old name')] : [passed];
      },
    });
    const { edit, actions } = subject({ judge: allow, reflexion, files: { 'src/a.ts': 'one\ntwo\nthree\n' } });
    expect((await edit('src/a.ts', 'a')).state).toBe('failed-checks');
    expect((await edit('src/b.ts', 'b')).state).toBe('failed-checks');
    expect((await edit('src/c.ts', 'c')).state).toBe('written');
    expect(files).toEqual(['src/a.ts', 'src/b.ts', 'src/c.ts']);
    expect(actions.failing()).toEqual([]);
  });

  it('stays where somebody else changed the file meanwhile, and that is said', async () => {
    const made = subject({
      judge: allow,
      config: { agent: { attempts: 1, checks: 'parse' } },
      reflexion: strict((path) => {
        made.place.files.write(path, 'mine\n');
        return failed('no');
      }),
    });
    expect((await made.edit('src/a.ts', 'x')).content).toContain('but for what was changed meanwhile');
    expect(await made.place.text('src/a.ts')).toBe('mine\n');
  });

  it('is not judged where checks are off, and programs of a folder that is not trusted are asked for once', async () => {
    const off = subject({ judge: allow, reflexion: strict(), config: { agent: { checks: 'off' } } });
    expect((await off.edit('src/a.ts', 'x')).state).toBe('written');
    const judged: (string | undefined)[] = [];
    const reflexion = testing.createMemoryReflexion({
      judge: ({ judges }) => {
        judged.push(judges);
        return [passed];
      },
    });
    const asked = subject({ judge: allow, reflexion, trusted: false, answer: () => ({ decision: 'deny' }) });
    await asked.edit('src/a.ts', 'x');
    await asked.edit('src/a.ts', 'y');
    expect(asked.types().filter((type) => type === 'approval-request')).toHaveLength(1);
    const away = subject({ judge: allow, reflexion, trusted: false, attended: false });
    await away.edit('src/a.ts', 'x');
    await away.edit('src/a.ts', 'y');
    expect(away.types().filter((type) => !['file-change', 'check-result'].includes(type))).toEqual(['notice']);
    const trusted = subject({ judge: allow, reflexion });
    await trusted.edit('src/a.ts', 'x');
    expect(judged).toEqual(['parse-only', 'parse-only', 'parse-only', 'parse-only', 'all']);
  });

  it('records what the checks themselves write, and takes it back with the change', async () => {
    const made = subject({
      judge: allow,
      config: { agent: { attempts: 1 } },
      reflexion: testing.createMemoryReflexion({
        judge: () => {
          made.place.files.write('report.txt', 'from the tests');
          return [failed('no')];
        },
      }),
    });
    expect((await made.edit('src/a.ts', 'x')).state).toBe('reverted');
    expect(await made.place.text('report.txt')).toBeUndefined();
    expect(await made.place.text('src/a.ts')).toBe('one\ntwo\nthree\n');
  });

  it('does not count a judge that could not judge', async () => {
    const unable: CheckResult = { name: 'lint', ok: false, output: 'no such program', tookMs: 1, unable: true };
    const { edit, types } = subject({
      judge: allow,
      reflexion: testing.createMemoryReflexion({ judge: () => [unable] }),
    });
    expect((await edit('src/a.ts', 'x')).state).toBe('written');
    expect(types()).toEqual(['file-change', 'notice']);
  });
});

describe('a command', () => {
  it('is shown, asked for, run in the sandbox as a line, and what it changed is recorded', async () => {
    const { run, place, events, types } = subject({
      config: { permissions: { hosts: ['registry.example.org'] } },
      shell: (_, files) => {
        files.write('out.txt', 'made\n');
        return { exitCode: 3, stdout: '\u001b[31mred\u001b[0m\u200b\n', stderr: 'bad\n' };
      },
    });
    const outcome = await run('make all');
    expect(outcome).toMatchObject({ ok: false, state: 'ran', exitCode: 3 });
    expect(outcome.content).toBe('Exit code 3.\nOutput:\nred\nErrors:\nbad\nFiles: created out.txt (+1 -0).');
    expect(place.ran).toMatchObject([
      { argv: ['sh', '-c', 'make all'], sandbox: { hosts: ['registry.example.org'] }, timeoutMs: 120_000 },
    ]);
    expect(types()).toEqual(['approval-request', 'approval-answer', 'progress', 'file-change']);
    expect(events[0]).toMatchObject({ action: 'run', detail: 'make all', sandboxed: true, offers: [offer] });
  });

  it('is not asked for again after `always`', async () => {
    const { run, types } = subject({ answer: () => ({ decision: 'always' }) });
    await run('make');
    await run('make');
    await run('make clean');
    expect(types().filter((type) => type === 'approval-request')).toHaveLength(2);
  });

  it('is not run where nothing confines it and that is required, else outside', async () => {
    const sandbox = { available: false, kind: 'none', reason: 'no bwrap' };
    const required = subject({ sandbox, judge: allow, config: { permissions: { sandbox: 'required' } } });
    expect((await required.run('make')).state).toBe('refused');
    expect(required.place.ran).toEqual([]);
    const free = subject({ sandbox });
    expect((await free.run('make')).state).toBe('ran');
    expect(free.place.ran[0]?.sandbox).toBeUndefined();
    expect(free.events[0]).toMatchObject({ sandboxed: false });
  });

  it('tells the beginning and the end of a long output', async () => {
    const { run } = subject({ judge: allow, shell: () => ({ stdout: `begin\n${'line\n'.repeat(9000)}end\n` }) });
    const { content } = await run('make');
    expect(content.length).toBeLessThan(9000);
    expect(content).toMatch(/begin[\s\S]*characters left out[\s\S]*end/u);
  });

  it('that waits for leave ends with the turn', async () => {
    const abort = new AbortController();
    const { run, types, place } = subject({ signal: abort.signal, answer: () => (abort.abort(), 'wait') });
    await expect(run('make')).rejects.toMatchObject({ code: 'ABORTED' });
    expect(types()).toEqual(['approval-request']);
    expect(place.ran).toEqual([]);
  });
});

describe('what else an agent may do', () => {
  it('asks the person, who may also not be there', async () => {
    const question = { callId: 'c', text: 'Which one?', options: ['a', 'b'] };
    const there = subject({ answer: () => ({ decision: 'allow', text: 'b' }) });
    expect(await there.drive(there.actions.ask(question))).toBe('b');
    expect(there.events[0]).toMatchObject({ action: 'question', detail: 'Which one?', options: ['a', 'b'] });
    const away = subject({ attended: false });
    expect(await away.drive(away.actions.ask(question))).toBeUndefined();
  });

  it('keeps facts only with leave, also where the rules allow it', async () => {
    const fact = { callId: 'c', text: 'Tests run with make.\u200b', paths: ['Makefile'] };
    const away = subject({ judge: allow, attended: false });
    expect((await away.drive(away.actions.remember(fact))).ok).toBe(false);
    const kept: unknown[] = [];
    const there = subject({ judge: allow, kept });
    expect((await there.drive(there.actions.remember(fact))).ok).toBe(true);
    expect(there.events[0]).toMatchObject({ action: 'remember', paths: ['Makefile'] });
    expect(kept).toMatchObject([
      { kind: 'notes', text: 'Tests run with make.\nAbout: Makefile\nFrom session s, turn t.' },
    ]);
  });

  it('fetches pages only where that is switched on and permitted, without what is hidden in them', async () => {
    const request = { callId: 'c', url: 'https://example.org/page' };
    const off = subject();
    expect((await off.drive(off.actions.fetch(request))).ok).toBe(false);
    const on = subject({ config: { agent: { webFetch: true } } });
    const { ok, content } = await on.drive(on.actions.fetch(request));
    expect(ok).toBe(true);
    expect(content).toContain('Page of https://example.org/page');
    expect(content).not.toMatch(/obey|\u200b/u);
    const local = await on.drive(on.actions.fetch({ callId: 'c', url: 'file:///etc/passwd' }));
    expect(local.ok).toBe(false);
  });
});
