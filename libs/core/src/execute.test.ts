import { configSchema, type ExecuteEvent, type ExecuteInput } from '@nootropic/contracts';
import { createFakeRunner, type FakeProgram } from '@nootropic/testing';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createExecute, type ExecutePorts } from './execute.ts';
import { executableLanguages } from './execute-languages.ts';
import { createMarkReader, runScript } from './execute-script.ts';

const mark = 'nootropic-1';

/** A shell that knows some programs, and does as a test says where it is given a program to run. */
function ports(run: FakeProgram, known: readonly string[] = ['python3', 'javac', 'java', 'node']): ExecutePorts {
  const runner = createFakeRunner({
    sh: (request) => (request.argv.includes('javac') ? { stdout: `${known.join('\n')}\n` } : run(request)),
  });
  return {
    runner: async () => runner,
    workspaceRunner: async () => runner,
    scratchFolder: async () => ({ path: '/scratch', [Symbol.asyncDispose]: async () => undefined }),
    config: configSchema.parse({}).execute,
    node: { program: 'node' },
    ...{ now: () => 0, newId: () => '1' },
  };
}

async function eventsOf(given: ExecutePorts, input: Partial<ExecuteInput> = {}): Promise<ExecuteEvent[]> {
  return Array.fromAsync(await createExecute(given).run({ language: 'python', code: 'x', ...input }));
}

describe('createExecute', () => {
  it('always runs in the sandbox, without hosts, and caps limits by the settings', async () => {
    let asked: Parameters<FakeProgram>[0] | undefined;
    const given = ports((request) => {
      asked = request;
      return { stderr: `${mark}:run\nerr`, stdout: 'out' };
    });
    const events = await eventsOf(given, {
      limits: { seconds: 600, memoryMebibytes: 4096, processes: 7, outputBytes: 2000 },
    });
    expect(events).toEqual([
      { type: 'start', language: 'python', program: 'python3', sandbox: 'fake' },
      { type: 'output', stream: 'stdout', text: 'out' },
      { type: 'output', stream: 'stderr', text: 'err' },
      { type: 'end', exitCode: 0, reason: 'exit', truncated: false, tookMs: 0, peakBytes: undefined },
    ]);
    expect(asked).toMatchObject({
      sandbox: { writes: false, readable: ['/scratch'] },
      ...{ timeoutMs: 60_000, maxBytes: 2000 },
      limits: { memory: 512 * 2 ** 20, processes: 7, fileBytes: 512 * 2 ** 20 },
    });
    expect(asked?.sandbox?.hosts).toBeUndefined();
  });

  it.each<[string, ReturnType<FakeProgram>, Partial<ExecuteEvent>]>([
    ['a limit', { stderr: `${mark}:run\n`, memory: 2 ** 40 }, { reason: 'memory', exitCode: null }],
    ['a compiler', { stderr: `bad\n${mark}:compile\n`, exitCode: 1 }, { reason: 'compile', exitCode: 1 }],
    ['a signal', { stderr: `${mark}:run\n`, exitCode: 139 }, { reason: 'signal', exitCode: 139 }],
    ['itself', { stderr: `${mark}:run\n`, exitCode: 200 }, { reason: 'exit', exitCode: 200 }],
  ])('tells that it was ended by %s', async (_by, result, end) => {
    expect((await eventsOf(ports(() => result))).at(-1)).toMatchObject({ type: 'end', ...end });
  });

  it('rejects before anything runs where it may not, cannot, or has nothing to', async () => {
    const given = ports(() => ({}));
    const off = { ...given, config: { ...given.config, enabled: false } };
    await expect(eventsOf(off)).rejects.toMatchObject({ code: 'DENIED' });
    await expect(eventsOf(given, { language: 'cpp' })).rejects.toMatchObject({
      ...{ code: 'LANGUAGE_MISSING', hint: expect.stringContaining('g++') as string },
    });
    const bare = createFakeRunner({}, { sandbox: { available: false, kind: 'none', reason: 'a test says so' } });
    await expect(eventsOf({ ...given, runner: async () => bare })).rejects.toMatchObject({
      code: 'SANDBOX_UNAVAILABLE',
    });
  });

  it('says when a program could not even be laid out', async () => {
    await expect(eventsOf(ports(() => ({ stderr: 'cp: no space', exitCode: 1 })))).rejects.toMatchObject({
      code: 'COMMAND_FAILED',
    });
  });

  it('knows for every language what it is run with', async () => {
    const all = await createExecute(ports(() => ({}))).languages();
    expect(all.filter(({ available }) => available).map(({ language }) => language)).toEqual([
      ...['python', 'javascript', 'typescript', 'java'],
    ]);
    expect(all.find(({ language }) => language === 'java')).toMatchObject({ program: 'java', hint: '' });
  });
});

describe('programs of Java', () => {
  const { java } = executableLanguages('node');
  const named = (code: string): [string, string | undefined] => [
    java.file(code),
    java.run({ found: ['javac', 'java'], file: '', code, input: { files: [] }, memory: 100 }).at(-1),
  ];

  it.each([
    ['public class A { public static void main(String[] a) {} }', 'A.java', 'A'],
    ['package a.b;\npublic final class C { static void main() {} }', 'C.java', 'a.b.C'],
    ['class X {}\nclass Y { public static void main(String[] a) {} }\nclass Z {}', 'Main.java', 'Y'],
    ['record P(int x) { public static void main(String[] a) {} }', 'Main.java', 'P'],
    ['nothing', 'Main.java', 'Main'],
  ])('have their class found: %s', (code, file, name) => {
    expect(named(code)).toEqual([file, name]);
  });
});

describe('the script of a run', () => {
  it('quotes every word', () => {
    const script = runScript({
      ...{ source: "/a'b", hasWorkspace: false, mark },
      ...{ compile: ['cc', '$(x)'], run: ['./y z', '`w`'] },
    });
    expect(script).toContain(String.raw`cp -R '/a'\''b'/.`);
    expect(script).toContain("'cc' '$(x)' ||");
    expect(script).toContain("exec './y z' '`w`' \"$@\"");
  });

  it('has its mark taken out of whatever pieces it comes in, once, and nothing else', () => {
    const noise = fc.string({ unit: fc.constantFrom(...`${mark}:run\n x`), maxLength: 40 });
    fc.assert(
      fc.property(noise, noise, fc.array(fc.nat(200), { maxLength: 8 }), (before, after, cuts) => {
        fc.pre(!`${before}${mark}:run\n`.slice(0, -1).includes(`${mark}:run\n`));
        const all = `${before}${mark}:run\n${after}`;
        const at = [0, ...cuts.map((cut) => cut % all.length).toSorted((one, other) => one - other), all.length];
        const reader = createMarkReader(mark);
        let shown = '';
        for (let index = 1; index < at.length; index += 1) shown += reader.take(all.slice(at[index - 1], at[index]));
        shown += reader.rest();
        expect(shown).toBe(before + after);
        expect(reader.stage()).toBe('run');
      }),
    );
  });
});
