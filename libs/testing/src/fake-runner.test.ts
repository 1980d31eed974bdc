import { createFakeRunner } from './fake-runner.ts';
import { describeRunnerContract } from './runner-contract.ts';

describeRunnerContract('fake', () => ({
  runner: createFakeRunner({
    echo: ({ argv }) => ({ stdout: argv[1] ?? '' }),
    fail: ({ argv }) => ({ exitCode: Number(argv[1]), stderr: argv[2] ?? '' }),
    copy: ({ stdin }) => ({ stdout: stdin ?? '' }),
    hang: () => new Promise<never>(() => undefined),
  }),
  argv: {
    echo: (text) => ['echo', text],
    fail: (code, text) => ['fail', String(code), text],
    copy: () => ['copy'],
    hang: () => ['hang'],
  },
}));
