import { describe, expect, it } from 'vitest';
import { run } from './fake-host.test-fixture.ts';

const row = {
  ...{ day: '2026-11-21', host: 'huggingface.co', cause: 'model-download' as const, program: 'host' },
  ...{ connections: 3, refused: 0, sent: 1_200, received: 2_000_000 },
};

describe('egress', () => {
  it('says that nothing left', async () => {
    expect(await run(['egress'])).toMatchObject({ code: 0, out: 'Nothing left this machine today.\n', err: '' });
    expect((await run(['egress', '--days', '30'])).out).toBe('Nothing left this machine in 30 days.\n');
    expect((await run(['egress', '--json'])).out).toBe('');
  });

  it('shows what left, with sums, and asks for as many days as it was told', async () => {
    const asked: unknown[] = [];
    const refused = { ...row, host: 'api.example', cause: 'cloud-model' as const, refused: 2, sent: 0, received: 0 };
    const egress = { list: async (input: unknown) => (asked.push(input), [row, refused]) };
    const { out } = await run(['egress', '--days', '7'], { columns: 120, terminal: true, host: { egress } });
    expect(asked).toEqual([{ days: 7 }]);
    expect(out).toMatch(/huggingface\.co\s+model-download\s+host\s+3\s+1\.2 kB\s+2\.0 MB/u);
    expect(out).toMatch(/together\s+6\s+2\s+1\.2 kB\s+2\.0 MB/u);
    expect((await run(['egress', '--json'], { host: { egress } })).lines()).toEqual([row, refused]);
  });

  it('says that what ran outside of the sandbox is not counted', async () => {
    const list = async () => [{ ...row, host: '(not counted)', cause: 'command' as const, sent: 0, received: 0 }];
    const { out, err } = await run(['egress'], { columns: 120, host: { egress: { list } } });
    expect(out).toMatch(/\(not counted\).*\?\s+\?/u);
    expect(err).toContain('outside of the sandbox');
  });
});

describe('audit', () => {
  const entry = {
    seq: 7,
    time: 0,
    actor: 'local',
    action: 'undo',
    detail: { workspace: '/w\u001b[31m', n: 2 },
    hash: 'h',
  };
  const audit = {
    list: async () => [entry],
    verify: async () => ({
      ...{ ok: false, entries: 9, anchor: 'matches' as const },
      fault: { seq: 7, what: 'This row is missing.' },
    }),
  };

  it('lists rows, safe for a terminal', async () => {
    const { out } = await run(['audit'], { terminal: true, columns: 200, env: { NO_COLOR: '1' }, host: { audit } });
    expect(out).toBe('7  1970-01-01 00:00:00  local  undo  workspace=/w  n=2\n');
    expect((await run(['audit', 'list', '--json'], { host: { audit } })).lines()).toEqual([entry]);
  });

  it('ends with 1 where the record is not as it was written', async () => {
    expect(await run(['audit', 'verify'], { host: { audit } })).toMatchObject({
      code: 1,
      out: 'The record is not as it was written. Row 7: This row is missing.\n',
    });
    expect((await run(['audit', 'verify', '--json'], { host: { audit } })).lines()).toMatchObject([{ ok: false }]);
    expect(await run(['audit', 'verify'])).toMatchObject({ code: 0, out: '0 rows, all as they were written.\n' });
  });
});

describe('logs', () => {
  const line = (n: number) => ({ time: `2026-11-21T10:00:0${n}.000Z`, level: 'info', message: `line ${n}`, n });
  const logLines = [line(1), line(2), line(3)];

  it('prints the newest lines', async () => {
    const { out } = await run(['logs', '-n', '2'], { host: { logLines } });
    expect(out).toBe('2026-11-21T10:00:02.000Z info line 2 n=2\n2026-11-21T10:00:03.000Z info line 3 n=3\n');
    expect((await run(['logs', '--json'], { host: { logLines } })).lines()).toEqual(logLines);
  });

  it('prints no line twice when it follows', async () => {
    const { out } = await run(['logs', '--follow', '-n', '2', '--json'], { host: { logLines } });
    expect(
      out
        .trimEnd()
        .split('\n')
        .map((text) => (JSON.parse(text) as { n: number }).n),
    ).toEqual([2, 3, 1]);
  });

  it('refuses what is no level and no time', async () => {
    expect((await run(['logs', '--level', 'loud'])).code).toBe(2);
    expect((await run(['logs', '--since', 'yesterday'])).code).toBe(2);
    expect((await run(['logs', '--since', '2h'], { host: { logLines } })).code).toBe(0);
  });
});

describe('--offline', () => {
  const envOf = async (args: readonly string[]): Promise<unknown> => {
    let env: unknown;
    await run(args, { host: { onLoad: (given) => (env = given) }, env: { KEPT: '1' } });
    return env;
  };

  it('reaches the host from wherever it stands', async () => {
    for (const args of [
      ['--offline', 'sessions', 'list'],
      ['sessions', 'list', '--offline'],
      ['sessions', '--offline', 'list', '--json'],
    ])
      expect(await envOf(args)).toEqual({ KEPT: '1', NOOTROPIC_NETWORK_OFFLINE: 'true' });
    expect(await envOf(['sessions', 'list'])).toEqual({ KEPT: '1' });
  });

  it('is part of the text after --', async () => {
    expect(await envOf(['ask', '--', '--offline'])).toEqual({ KEPT: '1' });
  });
});
