import { expect, it } from 'vitest';
import { runProgram, startProgram } from './other-program.ts';

const { signal } = new AbortController();
const endless = ['-e', 'console.log(String(process.pid)); setInterval(() => undefined, 1000)'];

async function pidOf(said: Promise<string>): Promise<number> {
  const pid = Number.parseInt(await said, 10);
  expect(pid).toBeGreaterThan(0);
  return pid;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

it('gives what a program printed', async () => {
  expect(await runProgram(process.execPath, ['-e', 'console.log(String(6 * 7))'], { signal })).toBe('42\n');
});

it('throws with what it said when it fails, or is not there', async () => {
  const failing = ['-e', 'console.error("out of luck"); process.exit(3)'];
  await expect(runProgram(process.execPath, failing, { signal })).rejects.toThrow(/ended with 3: out of luck/);
  await expect(runProgram('no-such-program-anywhere', [], { signal })).rejects.toThrow('could not be started');
});

it('leaves no program behind when it is disposed', async () => {
  const said = Promise.withResolvers<string>();
  const program = startProgram(process.execPath, endless, { signal, onOutput: said.resolve });
  const pid = await pidOf(said.promise);
  expect(isAlive(pid)).toBe(true);
  await program[Symbol.asyncDispose]();
  expect(isAlive(pid)).toBe(false);
});

it('leaves no program behind when the signal fires', async () => {
  const stop = new AbortController();
  const said = Promise.withResolvers<string>();
  const program = startProgram(process.execPath, endless, { signal: stop.signal, onOutput: said.resolve });
  const pid = await pidOf(said.promise);
  stop.abort(new Error('enough'));
  expect(await program.ended).toBeNull();
  expect(isAlive(pid)).toBe(false);
  expect(() => startProgram(process.execPath, endless, { signal: stop.signal })).toThrow('enough');
});
