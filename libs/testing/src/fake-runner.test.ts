import { describe } from 'vitest';
import { createFakeRunner, type FakeProgram } from './fake-runner.ts';
import { describeRunnerContract, type RunnerSubject } from './runner-contract.ts';

const programs: Readonly<Record<string, FakeProgram>> = {
  echo: ({ argv }) => ({ stdout: argv[1] ?? '' }),
  fail: ({ argv }) => ({ exitCode: Number(argv[1]), stderr: argv[2] ?? '' }),
  copy: ({ stdin }) => ({ stdout: stdin ?? '' }),
  allocate: ({ argv }) => ({ memory: Number(argv[1]) }),
  fork: ({ argv }) => ({ processes: Number(argv[1]) }),
  hang: () => new Promise<never>(() => undefined),
  variable: ({ argv, env }) => ({ stdout: env?.[argv[1] ?? ''] ?? '' }),
};

const argv: RunnerSubject['argv'] = {
  echo: (text) => ['echo', text],
  fail: (code, text) => ['fail', String(code), text],
  copy: () => ['copy'],
  hang: () => ['hang'],
  allocate: (bytes) => ['allocate', String(bytes)],
  fork: (count) => ['fork', String(count)],
  variable: (name) => ['variable', name],
};

const without = { available: false, kind: 'none', reason: 'a test says so' } as const;

describe.each([
  ['fake', createFakeRunner(programs)],
  ['fake without a sandbox', createFakeRunner(programs, { sandbox: without })],
])('%s', (name, runner) => {
  describeRunnerContract(name, () => ({ runner, argv }));
});
