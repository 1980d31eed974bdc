import type { AuditLog } from '@nootropic/contracts';
import { describe, expect, it } from 'vitest';

/** What every `AuditLog` does. */
export function describeAuditLogContract(name: string, makeLog: () => Promise<AuditLog>): void {
  describe(`AuditLog: ${name}`, () => {
    it('is empty and sound at first', async () => {
      await using log = await makeLog();
      expect(await log.list(10)).toEqual([]);
      expect(await log.verify()).toEqual({ ok: true, entries: 0, anchor: 'missing' });
    });

    it('gives the newest first, numbered from 1 without a gap', async () => {
      await using log = await makeLog();
      for (let n = 1; n <= 5; n += 1)
        await log.append({ time: 1_000 + n, actor: 'local', action: 'run', detail: { line: `do ${n}`, n, ok: n > 2 } });
      const entries = await log.list(3);
      expect(entries.map(({ seq }) => seq)).toEqual([5, 4, 3]);
      expect(entries[0]).toMatchObject({
        ...{ time: 1_005, actor: 'local', action: 'run', detail: { line: 'do 5', n: 5, ok: true } },
      });
      expect(new Set((await log.list(10)).map(({ hash }) => hash)).size).toBe(5);
      expect(await log.verify()).toEqual({ ok: true, entries: 5, anchor: 'matches' });
    });

    it('takes appends that come at once, each once', async () => {
      await using log = await makeLog();
      await Promise.all(
        Array.from({ length: 50 }, (_, n) => log.append({ time: n, actor: 'a', action: 'call', detail: { n } })),
      );
      const entries = await log.list(100);
      expect(entries.map(({ seq }) => seq)).toEqual(Array.from({ length: 50 }, (_, n) => 50 - n));
      expect(new Set(entries.map(({ detail }) => detail['n'])).size).toBe(50);
      expect((await log.verify()).ok).toBe(true);
    });
  });
}
