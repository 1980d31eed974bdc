import type { EgressEntry, EgressLedger } from '@nootropic/contracts';
import { describe, expect, it } from 'vitest';

const noon = Date.UTC(2026, 10, 21, 12);
const day = 86_400_000;

function entry(part: Partial<EgressEntry> = {}): EgressEntry {
  return {
    ...{ time: noon, host: 'example.org', cause: 'web-fetch', program: 'host' },
    ...{ sent: 10, received: 100, refused: false, ...part },
  };
}

/** What every `EgressLedger` does. */
export function describeEgressLedgerContract(name: string, makeLedger: () => Promise<EgressLedger>): void {
  describe(`EgressLedger: ${name}`, () => {
    it('holds nothing where nothing left', async () => {
      await using ledger = await makeLedger();
      expect(await ledger.sum(0)).toEqual([]);
    });

    it('sums by day, host, cause and program, the newest day first', async () => {
      await using ledger = await makeLedger();
      for (const part of [
        {},
        { sent: 5, received: 1 },
        { program: 'mcp files' },
        { cause: 'command' as const },
        { host: 'other.example' },
        { time: noon + day },
        { time: noon + day, refused: true, sent: 0, received: 0 },
      ])
        ledger.record(entry(part));
      const rows = await ledger.sum(0);
      expect(rows).toHaveLength(5);
      expect(rows[0]).toEqual({
        ...{ day: '2026-11-22', host: 'example.org', cause: 'web-fetch', program: 'host' },
        ...{ connections: 2, refused: 1, sent: 10, received: 100 },
      });
      expect(rows[1]).toMatchObject({ day: '2026-11-21', connections: 2, sent: 15, received: 101 });
      expect(rows.filter((row) => row.day === '2026-11-21').map(({ program }) => program)).toContain('mcp files');
    });

    it('adds bytes to a connection that was recorded before without counting it again', async () => {
      await using ledger = await makeLedger();
      ledger.record(entry({ sent: 0, received: 0 }));
      ledger.record(entry({ sent: 7, received: 3, connections: 0 }));
      ledger.record(entry({ sent: 2, received: 0, connections: 0 }));
      expect(await ledger.sum(0)).toMatchObject([{ connections: 1, sent: 9, received: 3 }]);
    });

    it('leaves out what is older than asked for', async () => {
      await using ledger = await makeLedger();
      ledger.record(entry({ time: noon - 1 }));
      ledger.record(entry({ time: noon, host: 'now.example' }));
      expect((await ledger.sum(noon)).map(({ host }) => host)).toEqual(['now.example']);
    });

    it('keeps thousands of entries that come at once', async () => {
      await using ledger = await makeLedger();
      for (let n = 0; n < 2_000; n += 1) ledger.record(entry({ sent: 1, received: 2 }));
      expect(await ledger.sum(0)).toMatchObject([{ connections: 2_000, sent: 2_000, received: 4_000 }]);
    });
  });
}
