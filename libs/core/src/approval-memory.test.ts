import type { PermissionSubject, PermissionVerdict } from '@nootropic/contracts';
import { describe, expect, it } from 'vitest';
import { createApprovalMemory } from './approval-memory.ts';

const subject: PermissionSubject = { kind: 'command', tool: 'run', line: 'x' };
const offer = (command: string) => ({ decision: 'allow' as const, tool: 'run', command, matches: [], differs: [] });
const asks = (...lines: string[]): PermissionVerdict => ({
  ...{ decision: 'ask', reason: 'r', offers: [offer(lines[0] ?? '')] },
  commands: lines.map((line) => {
    const decision = /^(?:cd|ls)(?: |$)/u.test(line) ? ('allow' as const) : ('ask' as const);
    return { words: line.split(' '), decision };
  }),
});

function memory(files: Record<string, string> = {}) {
  return { files, ...createApprovalMemory({ hash: async (path) => files[path] }) };
}

describe('createApprovalMemory', () => {
  it('covers exactly what was approved', async () => {
    const { covers, keep } = memory();
    await keep(subject, asks('npm test a'));
    expect(await covers(subject, asks('npm test a'))).toBe(true);
    expect(await covers(subject, asks('ls', 'npm test a'))).toBe(true);
    for (const other of [['npm test'], ['npm test a b'], ['npm test b'], ['npm test a', '> b'], ['sudo npm test a']])
      expect([other, await covers(subject, asks(...other))]).toEqual([other, false]);
  });

  it('covers what begins with a rule that was chosen, and nothing else of the line', async () => {
    const { covers, keep } = memory();
    await keep(subject, asks('npm test a', 'make'), offer('npm test'));
    expect(await covers(subject, asks('npm test b'))).toBe(true);
    expect(await covers(subject, asks('npm testing'))).toBe(false);
    expect(await covers(subject, asks('make'))).toBe(false);
  });

  it('asks again when a file that is run has changed, has come or gone', async () => {
    const { covers, keep, files } = memory({ 'package.json': '1', 'x.sh': '1', 'a.py': '1' });
    for (const line of ['npm test', './x.sh a', 'python3 -u a.py', 'make all']) await keep(subject, asks(line));
    const covered = async () =>
      Promise.all(
        ['npm test', './x.sh a', 'python3 -u a.py', 'make all'].map(async (line) => covers(subject, asks(line))),
      );
    expect(await covered()).toEqual([true, true, true, true]);
    Object.assign(files, { 'package.json': '2', 'x.sh': '2', 'a.py': '2', Makefile: '1' });
    expect(await covered()).toEqual([false, false, false, false]);
    Object.assign(files, { 'package.json': '1', 'x.sh': '1', 'a.py': '1' });
    delete files['Makefile'];
    expect(await covered()).toEqual([true, true, true, true]);
    delete files['package.json'];
    expect((await covered())[0]).toBe(false);
  });

  it('is bound to the folder that the line changes to', async () => {
    const { covers, keep, files } = memory({ 'package.json': '1', 'evil/package.json': '2' });
    await keep(subject, asks('npm test'));
    expect(await covers(subject, asks('cd evil', 'npm test'))).toBe(false);
    await keep(subject, asks('cd evil', 'npm test'));
    expect(await covers(subject, asks('cd evil', 'npm test'))).toBe(true);
    expect(await covers({ ...subject, cwd: 'evil' }, asks('npm test'))).toBe(false);
    files['evil/package.json'] = '3';
    expect(await covers(subject, asks('cd evil', 'npm test'))).toBe(false);
  });

  it('keeps nothing that offers nothing, that is denied, or that only the shell knows', async () => {
    const { covers, keep } = memory();
    const { offers: _, ...bare } = asks('git push');
    await keep(subject, bare);
    expect(await covers(subject, asks('git push'))).toBe(false);
    await keep(subject, asks('make $(…)'));
    expect(await covers(subject, asks('make $(…)'))).toBe(false);
    await keep(subject, asks('make'));
    expect(await covers(subject, { ...asks('make'), decision: 'deny' })).toBe(false);
    expect(await covers(subject, bare)).toBe(false);
  });

  it('keeps files and hosts by their name and the tool', async () => {
    const { covers, keep } = memory();
    const verdict: PermissionVerdict = {
      decision: 'ask',
      reason: 'r',
      offers: [{ decision: 'allow', tool: 'edit', path: 'a.ts', matches: [], differs: [] }],
    };
    await keep({ kind: 'path', tool: 'edit', path: 'a.ts' }, verdict);
    expect(await covers({ kind: 'path', tool: 'edit', path: 'a.ts' }, verdict)).toBe(true);
    expect(await covers({ kind: 'path', tool: 'write', path: 'a.ts' }, verdict)).toBe(false);
    expect(await covers({ kind: 'path', tool: 'edit', path: 'b.ts' }, verdict)).toBe(false);
    expect(await covers({ kind: 'host', tool: 'edit', host: 'a.ts' }, verdict)).toBe(false);
  });
});
