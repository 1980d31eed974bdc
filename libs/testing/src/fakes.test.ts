import { describe, expect, it } from 'vitest';
import type { FileChange } from '@nootropic/contracts';
import { createMemoryFiles } from './fake-files.ts';
import { createSimulatedMachine } from './fake-machine.ts';
import { createRecordingTelemetry } from './fake-telemetry.ts';

describe('createMemoryFiles', () => {
  const make = () => createMemoryFiles({ 'src/a.ts': 'one', 'src/b/c.ts': 'two', 'README.md': 'Größe' });

  it('lists a folder by name, without what lies deeper', async () => {
    const files = make();
    expect((await files.list('')).map(({ path, kind }) => [path, kind])).toEqual([
      ['README.md', 'file'],
      ['src', 'folder'],
    ]);
    expect((await files.list('./src/')).map(({ path, kind }) => [path, kind])).toEqual([
      ['src/a.ts', 'file'],
      ['src/b', 'folder'],
    ]);
    expect(await files.stat('README.md')).toMatchObject({ kind: 'file', bytes: 7, mtimeMs: 3 });
  });

  it('gives copies, so that nobody changes a file by its bytes', async () => {
    const files = make();
    (await files.read('src/a.ts'))[0] = 0;
    expect(new TextDecoder().decode(await files.read('src/../src/a.ts'))).toBe('one');
  });

  it('refuses what the port refuses', async () => {
    const files = make();
    for (const path of ['../x', '/etc/passwd', 'src/../../x', 'C:/x', '\\\\server\\x']) {
      await expect(files.read(path)).rejects.toMatchObject({ code: 'PATH_OUTSIDE_ROOT' });
    }
    await expect(files.read('none')).rejects.toMatchObject({ code: 'PATH_NOT_FOUND' });
    await expect(files.list('none')).rejects.toMatchObject({ code: 'PATH_NOT_FOUND' });
    await expect(files.stat('none')).rejects.toMatchObject({ code: 'PATH_NOT_FOUND' });
    await expect(files.read('src')).rejects.toMatchObject({ code: 'INPUT_INVALID' });
    await expect(files.read('src/a.ts', { maxBytes: 2 })).rejects.toMatchObject({ code: 'FILE_TOO_LARGE' });
    expect(() => files.write('../x', '')).toThrow(expect.objectContaining({ code: 'PATH_OUTSIDE_ROOT' }));
  });

  it('tells watchers of changes in batches until they abort', async () => {
    const files = make();
    const abort = new AbortController();
    const seen: FileChange[][] = [];
    const watching = (async () => {
      for await (const batch of files.watch({ signal: abort.signal, ignored: ['dist'] })) {
        seen.push(batch);
        if (seen.length === 2) abort.abort();
        else files.remove('src');
      }
    })();
    await Promise.resolve();
    files.write('src/a.ts', 'new');
    files.write('dist/x.js', 'built');
    files.write('new.md', '');
    await watching;
    expect(seen.flat()).toEqual([
      { path: 'src/a.ts', change: 'modified' },
      { path: 'new.md', change: 'created' },
      { path: 'src/a.ts', change: 'deleted' },
      { path: 'src/b/c.ts', change: 'deleted' },
    ]);
    expect(seen).toHaveLength(2);
  });
});

describe('createSimulatedMachine', () => {
  it('says what it was told, and not what was read from it', async () => {
    const machine = createSimulatedMachine({ cores: 2, coresFree: 1 });
    const before = await machine.read();
    machine.set({ coresFree: 0, memoryPressure: 0.5 });
    expect(before).toMatchObject({ cores: 2, coresFree: 1, power: 'mains' });
    expect(await machine.read()).toMatchObject({ cores: 2, coresFree: 0, memoryPressure: 0.5 });
  });
});

describe('createRecordingTelemetry', () => {
  it('keeps lines and numbers, and writes them for Prometheus', async () => {
    const telemetry = createRecordingTelemetry();
    telemetry.log('warn', 'slow', { ms: 3 });
    telemetry.count('nootropic_turns_total', 2, { result: 'a"b' });
    telemetry.count('nootropic_turns_total');
    telemetry.time('nootropic_turn_seconds', 0.5);
    telemetry.time('nootropic_turn_seconds', 1);
    telemetry.gauge('nootropic_memory_bytes', 1);
    telemetry.gauge('nootropic_memory_bytes', 7);
    expect(telemetry.lines).toEqual([{ level: 'warn', message: 'slow', fields: { ms: 3 } }]);
    expect(telemetry.total('nootropic_turns_total')).toBe(3);
    expect(telemetry.total('other')).toBe(0);
    expect(await telemetry.metrics()).toBe(
      'nootropic_turns_total{result="a\\"b"} 2\nnootropic_turns_total 1\nnootropic_turn_seconds_sum 1.5\nnootropic_turn_seconds_count 2\nnootropic_memory_bytes 7\n',
    );
  });
});
