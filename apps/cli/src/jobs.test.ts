import { mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { NootropicError, type ChainEvent, type Job } from '@nootropic/contracts';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { run, type RunOptions } from './fake-host.test-fixture.ts';
import { fakeJob, type FakeJobs } from './fake-jobs.test-fixture.ts';

let root: string;
let asked: unknown[];
beforeEach(() => {
  root = realpathSync(mkdtempSync(join(tmpdir(), 'nootropic-jobs-')));
  asked = [];
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const runHere = (args: readonly string[], options: RunOptions & { readonly jobs?: Partial<FakeJobs> } = {}) =>
  run(args, { cwd: root, ...options, host: { ...options.host, jobs: { asked, ...options.jobs } } });

describe('nootropic jobs add', () => {
  it('adds a task, and starts the host', async () => {
    const { code, out, err } = await runHere([
      ...['jobs', 'add', 'turn', 'fix', 'it', '--mode', 'auto-edit', '--priority', '5', '--delay', '10m'],
      ...['--cron', '0 3 * * *', '--attempts', '2', '--timeout', '90', '--key', 'nightly'],
    ]);
    expect(code).toBe(0);
    expect(asked).toEqual([
      {
        ...{ kind: 'turn', payload: { workspace: root, text: 'fix it', mode: 'auto-edit' }, priority: 5 },
        ...{ retry: { attempts: 2 }, timeoutMs: 90_000, label: 'fix it', delayMs: 600_000, cron: '0 3 * * *' },
        idempotencyKey: 'nightly',
      },
    ]);
    expect(out).toBe('3f2a1b4c-0000\n');
    expect(err).toContain('Added job 3f2a1b4c, and started the host at http://127.0.0.1:4650.');
  });

  it('takes the payload of other kinds from a file or a pipe', async () => {
    const chain = { steps: [{ name: 'a', prompt: '{{input}}' }], input: 'x' };
    writeFileSync(join(root, 'chain.json'), JSON.stringify(chain));
    await runHere(['jobs', 'add', 'chain', '--payload', 'chain.json']);
    await runHere(['jobs', 'add', 'execute', '--payload', '-'], { stdin: { kind: 'pipe', text: '{"code":"1"}' } });
    await runHere(['jobs', 'add', 'index', '--no-start']);
    expect(asked).toMatchObject([
      { kind: 'chain', payload: chain },
      { kind: 'execute', payload: { code: '1' } },
      { kind: 'index', payload: { workspace: root } },
    ]);
  });

  it('only queues with --no-start', async () => {
    expect((await runHere(['jobs', 'add', 'index', '--no-start'])).err).toContain('which waits for a host');
  });

  it('takes the secret of a webhook from the environment, and nowhere else', async () => {
    const args = ['jobs', 'add', 'turn', 'x', '--webhook', 'http://127.0.0.1:9/'];
    const { code, err } = await runHere(args);
    expect(code).toBe(2);
    expect(err).toContain('NOOTROPIC_WEBHOOK_SECRET');
    await runHere(args, { env: { NOOTROPIC_WEBHOOK_SECRET: 'whsec_abc' } });
    expect(asked).toMatchObject([{ webhook: { url: 'http://127.0.0.1:9/', secret: 'whsec_abc' } }]);
  });

  it.each([
    [['turn']],
    [['chain']],
    [['index', 'words']],
    [['nothing', 'x']],
    [['turn', 'x', '--delay', 'soon']],
    [['turn', 'x', '--priority', '101']],
    [['chain', '--payload', 'x.json', '--mode', 'auto']],
  ])('refuses %j', async (args) => {
    expect((await runHere(['jobs', 'add', ...args])).code).toBe(2);
    expect(asked).toEqual([]);
  });

  it('refuses a payload that is missing, no JSON or no object', async () => {
    writeFileSync(join(root, 'bad.json'), '{');
    writeFileSync(join(root, 'list.json'), '[]');
    expect((await runHere(['jobs', 'add', 'chain', '--payload', 'none.json'])).code).toBe(5);
    expect((await runHere(['jobs', 'add', 'chain', '--payload', 'bad.json'])).code).toBe(2);
    expect((await runHere(['jobs', 'add', 'chain', '--payload', 'list.json'])).code).toBe(2);
  });

  it('prints JSON, and follows with --watch', async () => {
    const { lines } = await runHere(['jobs', 'add', 'turn', 'x', '--json']);
    expect(lines()).toMatchObject([{ added: true, job: { id: fakeJob.id } }]);
    const watched = await runHere(['jobs', 'add', 'turn', 'x', '--watch']);
    expect(watched).toMatchObject({ code: 0, out: 'It is \u001b[31mfixed.\n' });
  });
});

describe('nootropic jobs list and show', () => {
  it('lists jobs as a table', async () => {
    const { out } = await runHere(['jobs', 'list', '--state', 'dead', '--kind', 'turn', '--limit', '7'], {
      clock: () => 73_000,
      columns: 100,
    });
    expect(out).toMatch(/3f2a1b4c +done +turn +1\/3 +1 min +fix it/u);
    expect(out).toMatch(/running .* 1 of 4 search/u);
    expect(asked).toEqual([{ limit: 7, state: 'dead', kind: 'turn' }]);
    expect((await runHere(['jobs', 'list', '--json'])).lines()).toHaveLength(2);
    expect((await runHere(['jobs', 'list'], { jobs: { listed: [] } })).err).toContain('There are no jobs.');
    expect((await runHere(['jobs', 'list', '--state', 'odd'])).code).toBe(2);
  });

  it('shows a job without control sequences at a terminal', async () => {
    const { out } = await runHere(['jobs', 'show', '3f2a'], { terminal: true });
    expect(out).toContain('12 s');
    expect(out).toContain('It is fixed.');
    expect((await runHere(['jobs', 'show', 'nope'])).code).toBe(5);
    expect((await runHere(['jobs', 'show', '3f2a', '--json'])).lines()).toMatchObject([{ id: fakeJob.id }]);
  });
});

describe('nootropic jobs watch', () => {
  it('shows a bar and the result', async () => {
    let time = 0;
    const { code, out, err } = await runHere(['jobs', 'watch', '3f2a'], { terminal: true, clock: () => (time += 100) });
    expect(code).toBe(0);
    expect(out).toBe('It is fixed.\n');
    expect(err).toMatch(/25% 1 of 4 search/u);
  });

  it('ends with 1 where the job is dead, and says why', async () => {
    async function* seen(): AsyncGenerator<Job> {
      yield { ...fakeJob, state: 'dead', error: { code: 'MODEL_CRASHED', message: 'It fell.', hint: '' } };
    }
    const { code, err } = await runHere(['jobs', 'watch', '3f2a'], { jobs: { seen: seen() } });
    expect(code).toBe(1);
    expect(err).toContain('is dead. MODEL_CRASHED: It fell.');
  });

  it('leaves the job running at an interrupt, and says so', async () => {
    const waits = Promise.withResolvers<void>();
    async function* seen(): AsyncGenerator<Job> {
      yield { ...fakeJob, state: 'running' };
      await waits.promise;
      throw new NootropicError('ABORTED');
    }
    const { code, err } = await runHere(['jobs', 'watch', '3f2a'], {
      jobs: { seen: seen() },
      during: ({ interrupt }) =>
        setTimeout(() => {
          interrupt();
          waits.resolve();
        }, 50),
    });
    expect(code).toBe(130);
    expect(err).toContain('The job goes on. `nootropic jobs watch 3f2a1b4c` follows it again');
    expect(asked).toEqual([]);
  });
});

describe('nootropic jobs cancel, retry and remove', () => {
  it('changes each that is named', async () => {
    for (const what of ['cancel', 'retry', 'remove'])
      expect((await runHere(['jobs', what, '3f2a', '77'])).code).toBe(0);
    expect(asked).toEqual(['cancel', 'retry', 'remove'].flatMap((what) => ['3f2a', '77'].map((id) => ({ id, what }))));
    expect((await runHere(['jobs', 'cancel', 'nope'])).code).toBe(5);
    expect((await runHere(['jobs', 'cancel', '3f2a', '--json'])).lines()).toMatchObject([{ state: 'cancelled' }]);
  });
});

describe('nootropic chain', () => {
  it('shows steps whole and apart, and gives only the result to a pipe', async () => {
    const { code, out, err } = await runHere([
      'chain',
      '--preset',
      'draft-critique-revise',
      '-m',
      'a',
      '-m',
      'b',
      'why',
      'so',
    ]);
    expect(code).toBe(0);
    expect(asked).toEqual([{ preset: 'draft-critique-revise', input: 'why so', models: ['a', 'b'] }]);
    expect(out).toBe('The \u001b[31mresult.\n');
    expect(err).toBe(
      '# draft small\nA draft.\n  9 read, 4 reused, 2 written\n\n# other 2 large\nOther.\n  9 read, 4 reused, 2 written\n\n',
    );
  });

  it('takes a chain from a file, with the input from a pipe', async () => {
    const steps = [{ name: 'a', prompt: '{{input}}' }];
    writeFileSync(join(root, 'c.json'), JSON.stringify({ steps, input: 'own' }));
    await runHere(['chain', '-f', 'c.json'], { stdin: { kind: 'pipe', text: 'piped' } });
    await runHere(['chain', '-f', 'c.json', '--quiet']);
    expect(asked).toEqual([
      { steps, input: 'piped' },
      { steps, input: 'own' },
    ]);
  });

  it('prints each event as JSON', async () => {
    const events = (await runHere(['chain', '--preset', 'fan-out-vote', 'x', '--json'])).lines() as ChainEvent[];
    expect(events.map(({ type }) => type).at(-1)).toBe('chain-end');
    expect(events).toHaveLength(8);
  });

  it.each([
    [['x']],
    [['--preset', 'fan-out-vote']],
    [['--preset', 'odd', 'x']],
    [['--preset', 'fan-out-vote', '-f', 'c.json', 'x']],
    [['-f', 'c.json', '-m', 'a']],
  ])('refuses %j', async (args) => {
    expect((await runHere(['chain', ...args])).code).toBe(2);
    expect(asked).toEqual([]);
  });
});
