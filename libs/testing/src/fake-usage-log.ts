import type { UsageLog, UsageRecord, UsageRow } from '@nootropic/contracts';

/** A usage log in memory. It ends with the process; in everything else it is one. */
export function createMemoryUsageLog(): UsageLog & { readonly records: readonly UsageRecord[] } {
  const records: UsageRecord[] = [];
  return {
    records,
    async add(record) {
      records.push({ ...record });
    },
    async sum({ since = 0, turnId } = {}) {
      const rows = new Map<string, UsageRow>();
      for (const record of records) {
        if (record.time < since || (turnId !== undefined && record.turnId !== turnId)) continue;
        const { model, client, local } = record;
        const key = JSON.stringify([model, client]);
        const none = { calls: 0, tokensRead: 0, tokensReused: 0, tokensWritten: 0, cost: 0, local: true };
        const row = rows.get(key) ?? { model, client, ...none };
        rows.set(key, {
          model,
          client,
          calls: row.calls + 1,
          tokensRead: row.tokensRead + record.tokensRead,
          tokensReused: row.tokensReused + record.tokensReused,
          tokensWritten: row.tokensWritten + record.tokensWritten,
          cost: row.cost + record.cost,
          local: row.local && local,
        });
      }
      const tokens = (row: UsageRow): number => row.tokensRead + row.tokensReused + row.tokensWritten;
      const name = ({ model, client }: UsageRow): string => JSON.stringify([model, client]);
      return [...rows.values()].sort((a, b) => tokens(b) - tokens(a) || (name(a) < name(b) ? -1 : 1));
    },
    async [Symbol.asyncDispose]() {},
  };
}
