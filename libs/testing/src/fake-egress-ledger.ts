import type { EgressEntry, EgressLedger, EgressRow } from '@nootropic/contracts';

/** An `EgressLedger` that keeps all it was told, in order. */
export interface MemoryEgressLedger extends EgressLedger {
  readonly entries: readonly EgressEntry[];
}

export function createMemoryEgressLedger(): MemoryEgressLedger {
  const entries: EgressEntry[] = [];
  return {
    entries,
    record: (entry) => void entries.push(entry),
    async sum(since) {
      const rows = new Map<string, EgressRow>();
      for (const { time, host, cause, program, connections = 1, refused, sent, received } of entries) {
        if (time < since) continue;
        const day = new Date(time).toISOString().slice(0, 10);
        const key = JSON.stringify([day, host, cause, program]);
        const row = rows.get(key) ?? { day, host, cause, program, connections: 0, refused: 0, sent: 0, received: 0 };
        rows.set(key, {
          ...row,
          connections: row.connections + connections,
          refused: row.refused + (refused ? 1 : 0),
          sent: row.sent + sent,
          received: row.received + received,
        });
      }
      return [...rows.values()].sort((a, b) =>
        a.day === b.day ? b.sent + b.received - a.sent - a.received : a.day < b.day ? 1 : -1,
      );
    },
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}
