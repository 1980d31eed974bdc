import type { Runner, RunRequest } from '@nootropic/contracts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

type Argv = RunRequest['argv'];

/** A `Runner`, and command lines that do a known thing under it. */
export interface RunnerSubject {
  readonly runner: Runner;
  readonly argv: {
    /** Writes the text to its output, as it is. */
    echo(text: string): Argv;
    /** Writes the text to its error output and ends with the code. */
    fail(code: number, text: string): Argv;
    /** Copies its input to its output. */
    copy(): Argv;
    /** Runs until it is ended. */
    hang(): Argv;
    /** Takes so many bytes of memory, then runs for a while. Absent: memory is not counted here. */
    allocate?(bytes: number): Argv;
    /** Starts so many processes, which run for a while. Absent: processes are not counted here. */
    fork?(count: number): Argv;
    /** Writes the value of a variable of its environment to its output, or nothing where there is none. */
    variable(name: string): Argv;
  };
  dispose?(): Promise<void>;
}

/** What every `Runner` must do. `makeSubject` is called once. */
export function describeRunnerContract(name: string, makeSubject: () => Promise<RunnerSubject> | RunnerSubject): void {
  describe(`Runner contract: ${name}`, () => {
    let subject: RunnerSubject;
    let runner: Runner;
    beforeAll(async () => {
      subject = await makeSubject();
      runner = subject.runner;
    });
    afterAll(async () => {
      await subject.dispose?.();
    });

    it('gives the output and the exit code', async () => {
      expect(await runner.run({ argv: subject.argv.echo('hello') })).toEqual({
        exitCode: 0,
        stdout: 'hello',
        stderr: '',
        truncated: false,
        timedOut: false,
      });
    });

    it('passes arguments as they are: no shell reads them', async () => {
      const hostile = '$HOME `id` "x" \' ; echo no > /dev/null | * \\ é😀';
      expect((await runner.run({ argv: subject.argv.echo(hostile) })).stdout).toBe(hostile);
    });

    it('resolves when the program ends with an error code', async () => {
      expect(await runner.run({ argv: subject.argv.fail(3, 'no') })).toMatchObject({ exitCode: 3, stderr: 'no' });
    });

    it('gives the program its input', async () => {
      expect((await runner.run({ argv: subject.argv.copy(), stdin: 'through é' })).stdout).toBe('through é');
      expect((await runner.run({ argv: subject.argv.copy() })).stdout).toBe('');
    });

    it('keeps the output up to the limit, cuts no character, and says so', async () => {
      expect(await runner.run({ argv: subject.argv.echo('ééé'), maxBytes: 5 })).toMatchObject({
        stdout: 'éé',
        truncated: true,
      });
      expect(await runner.run({ argv: subject.argv.echo('ééé'), maxBytes: 6 })).toMatchObject({
        stdout: 'ééé',
        truncated: false,
      });
    });

    it('ends the program when its time is up', async () => {
      expect(await runner.run({ argv: subject.argv.hang(), timeoutMs: 100 })).toMatchObject({
        exitCode: null,
        timedOut: true,
      });
    });

    it('rejects when it is cancelled, before and while it runs', async () => {
      await expect(runner.run({ argv: subject.argv.hang(), signal: AbortSignal.abort() })).rejects.toMatchObject({
        code: 'ABORTED',
      });
      await expect(runner.run({ argv: subject.argv.hang(), signal: AbortSignal.timeout(100) })).rejects.toMatchObject({
        code: 'ABORTED',
      });
    });

    it('rejects when the program does not exist', async () => {
      await expect(runner.run({ argv: ['nootropic-no-such-program'] })).rejects.toMatchObject({
        code: 'COMMAND_FAILED',
      });
    });

    it('adds variables to the environment', async () => {
      const argv = subject.argv.variable('NOOTROPIC_TEST');
      expect((await runner.run({ argv })).stdout).toBe('');
      expect((await runner.run({ argv, env: { NOOTROPIC_TEST: 'as it is: $HOME é' } })).stdout).toBe(
        'as it is: $HOME é',
      );
    });

    it('tells what is written, up to the limit, in whole characters', async () => {
      const told = { stdout: '', stderr: '' };
      const onOutput = (text: string, stream: 'stdout' | 'stderr') => void (told[stream] += text);
      await runner.run({ argv: subject.argv.echo('one é😀'), onOutput });
      await runner.run({ argv: subject.argv.fail(1, 'two'), onOutput });
      expect(told).toEqual({ stdout: 'one é😀', stderr: 'two' });
      told.stdout = '';
      await runner.run({ argv: subject.argv.echo('ééé'), onOutput, maxBytes: 5 });
      expect(told.stdout).toBe('éé');
    });

    it('ends what takes more memory than its limit, and says so; what stays below goes on', async () => {
      const { allocate } = subject.argv;
      if (!allocate) return;
      const limits = { memory: 256 * 2 ** 20 };
      expect(await runner.run({ argv: allocate(2 ** 30), limits })).toMatchObject({ exitCode: null, limit: 'memory' });
      const { limit, peakMemory, exitCode } = await runner.run({ argv: allocate(64 * 2 ** 20), limits });
      expect({ limit, exitCode }).toEqual({ limit: undefined, exitCode: 0 });
      expect(peakMemory).toBeGreaterThanOrEqual(64 * 2 ** 20);
    });

    it('ends what starts more processes than its limit, and says so', async () => {
      const { fork } = subject.argv;
      if (!fork) return;
      const limits = { processes: 20 };
      expect(await runner.run({ argv: fork(60), limits })).toMatchObject({ exitCode: null, limit: 'processes' });
      expect((await runner.run({ argv: fork(5), limits })).limit).toBeUndefined();
    });

    it('says whether there is a sandbox, and either uses it or refuses', async () => {
      const sandbox = await runner.sandbox();
      expect(await runner.sandbox()).toEqual(sandbox);
      const confined = runner.run({ argv: subject.argv.echo('confined'), sandbox: {} });
      if (sandbox.available) {
        expect(sandbox.kind).not.toBe('');
        expect(await confined).toMatchObject({ exitCode: 0, stdout: 'confined', timedOut: false });
        await expect(runner.run({ argv: ['nootropic-no-such-program'], sandbox: {} })).rejects.toMatchObject({
          code: 'COMMAND_FAILED',
        });
        expect(await runner.run({ argv: subject.argv.fail(3, 'no'), sandbox: {} })).toMatchObject({
          exitCode: 3,
          stderr: 'no',
        });
        expect(await runner.run({ argv: subject.argv.hang(), sandbox: {}, timeoutMs: 100 })).toMatchObject({
          exitCode: null,
          timedOut: true,
        });
      } else {
        expect(sandbox.reason).toBeTruthy();
        await expect(confined).rejects.toMatchObject({ code: 'SANDBOX_UNAVAILABLE' });
      }
    });

    it.each(['..', '/', 'a/../../b'])('refuses to run in %j, which lies outside the root', async (cwd) => {
      await expect(runner.run({ argv: subject.argv.echo('x'), cwd })).rejects.toMatchObject({
        code: 'PATH_OUTSIDE_ROOT',
      });
    });
  });
}
