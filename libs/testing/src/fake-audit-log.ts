import type { AuditEntry, AuditLog } from '@nootropic/contracts';

/** An `AuditLog` in memory. Its chain is a number that counts, no hash: it shows order, and resists nobody. */
export function createMemoryAuditLog(): AuditLog {
  const entries: AuditEntry[] = [];
  return {
    async append(entry) {
      const seq = entries.length + 1;
      entries.push({ ...entry, seq, hash: String(seq) });
    },
    list: async (limit) => entries.toReversed().slice(0, limit),
    verify: async () => ({ ok: true, entries: entries.length, anchor: entries.length === 0 ? 'missing' : 'matches' }),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}
