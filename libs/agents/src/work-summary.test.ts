import { describe, expect, it } from 'vitest';
import { createSeenFiles } from './seen-files.ts';
import { outside, stepMessages } from './step-messages.ts';
import { callLine, changedFiles, workSummary } from './work-summary.ts';

const called = (id: string, name: string, args: Record<string, unknown> = {}) => ({
  type: 'tool-call',
  call: { id, name, arguments: args },
});
const result = (callId: string, name: string, { ok = true, content = 'x' } = {}) => ({
  type: 'tool-result',
  ...{ callId, name, ok, content },
});
const changed = (path: string, change = 'modified') => ({ type: 'file-change', path, change, added: 2, removed: 1 });
const checked = (ok: boolean) => ({ type: 'check-result', name: 'types (tsc)', ok, output: '' });
const within = { type: 'compaction', keep: 1, lines: 10 };
const ofOlderTurns = { type: 'compaction', shortened: 1, dropped: 0 };

describe('workSummary', () => {
  it('tells a call in one line, without code and with its range', () => {
    expect(callLine({ id: 'c', name: 'read', arguments: { path: 'src/a.ts', startLine: 1, endLine: 200 } })).toBe(
      'read src/a.ts 1-200',
    );
    expect(callLine({ id: 'c', name: 'edit', arguments: { path: 'a.ts', content: 'much code' } })).toBe('edit a.ts');
  });

  it('tells each changed file once, with what its checks said last', () => {
    const events = [
      called('a', 'write'),
      changed('a.ts', 'created'),
      checked(false),
      called('b', 'edit'),
      changed('a.ts'),
      checked(true),
      changed('b.ts'),
    ];
    expect(changedFiles(events)).toEqual(['a.ts: created, +4 -2; checks passed', 'b.ts: modified, +2 -1']);
  });

  it('keeps the specs of tools that were found: nothing else tells them', () => {
    const events = [
      called('a', 'find-tools'),
      result('a', 'find-tools', { content: 'New tools:\n{"name":"weather"}' }),
    ];
    expect(workSummary(events, { lines: 0 })).toContain('{"name":"weather"}');
  });

  it('says how many calls it does not tell', () => {
    const events = Array.from({ length: 5 }, (_, at) => [
      called(`c${at}`, 'read', { path: `${at}.ts` }),
      result(`c${at}`, 'read'),
    ]).flat();
    expect(workSummary(events, { lines: 2 })).toContain('[3 earlier, not told]\n- read 3.ts\n- read 4.ts');
  });
});

describe('a compaction within a turn', () => {
  it('sums up the older steps and keeps the newest whole', () => {
    const steps = ['a', 'b', 'c'].flatMap((id) => [
      called(id, 'read', { path: `${id}.ts` }),
      result(id, 'read', { content: `text of ${id}` }),
    ]);
    const messages = stepMessages([...steps, within, called('d', 'read'), result('d', 'read')]);
    expect(messages.map(({ role }) => role)).toEqual(['user', 'assistant', 'tool', 'assistant', 'tool']);
    expect(messages[0]?.content).toContain('- read a.ts\n- read b.ts');
    expect(messages[2]?.content).toBe('text of c');
  });

  it('leaves a compaction of older turns alone', () => {
    const steps = [called('a', 'read'), result('a', 'read')];
    expect(stepMessages([ofOlderTurns, ...steps])).toHaveLength(2);
  });
});

describe('a sub-agent', () => {
  const events = [
    called('t', 'task'),
    { type: 'agent-start', agentId: 'h' },
    { type: 'text-delta', text: 'I read.' },
    called('r', 'read', { path: 'a.ts' }),
    result('r', 'read'),
    changed('b.ts'),
    { type: 'agent-end', agentId: 'h', ok: true, text: 'ok' },
    result('t', 'task', { content: 'summary' }),
  ];

  it('leaves only its summary in the prompt, and its changes in the summary of the work', () => {
    expect(stepMessages([...outside(events)]).map(({ role, content }) => [role, content])).toEqual([
      ['assistant', ''],
      ['tool', 'summary'],
    ]);
    expect(stepMessages(events)).toEqual(stepMessages([...outside(events)]));
    expect(changedFiles([...outside(events)])).toEqual(['b.ts: modified, +2 -1']);
  });
});

describe('createSeenFiles', () => {
  it('knows what was shown: passages, what was read, what was edited', () => {
    const seen = createSeenFiles([
      { type: 'context-ready', blocks: [{ citation: { path: 'p.ts', startLine: 1, endLine: 2 } }] } as { type: string },
      called('a', 'read', { path: './a.ts' }),
      result('a', 'read'),
      called('b', 'read', { path: 'b.ts' }),
      result('b', 'read', { ok: false }),
      called('c', 'edit', { path: 'c.ts' }),
      changed('c.ts'),
      result('c', 'edit'),
    ]);
    expect(['p.ts', 'a.ts', 'b.ts', 'c.ts'].map((path) => seen.has(path))).toEqual([true, true, false, true]);
  });

  it('forgets a file that something else changed, and all with a compaction', () => {
    const seen = createSeenFiles([
      called('a', 'read', { path: 'a.ts' }),
      result('a', 'read'),
      called('r', 'run'),
      changed('a.ts'),
      result('r', 'run'),
    ]);
    expect(seen.has('a.ts')).toBe(false);
    seen.add('b.ts');
    seen.note({ type: 'compaction' });
    expect(seen.has('b.ts')).toBe(false);
  });
});
