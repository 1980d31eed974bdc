import type { EgressRow } from '@nootropic/contracts';

export interface EgressSum {
  readonly sent: number;
  readonly received: number;
  readonly connections: number;
  readonly refused: number;
  /** Hosts that were connected to. */
  readonly hosts: number;
  /** Whether a program ran whose connections cannot be seen. */
  readonly notCounted: boolean;
}

/** The host of a row of what cannot be seen. */
export const notCounted = '(not counted)';

/** What the rows come to. A try that was refused sent nothing and reached no host. */
export function sumOfEgress(rows: readonly EgressRow[]): EgressSum {
  const counted = rows.filter(({ host }) => host !== notCounted);
  const sum = (name: 'sent' | 'received' | 'connections' | 'refused'): number =>
    counted.reduce((all, row) => all + row[name], 0);
  const reached = counted.filter(({ connections, sent, received }) => connections > 0 || sent > 0 || received > 0);
  return {
    sent: sum('sent'),
    received: sum('received'),
    connections: sum('connections'),
    refused: sum('refused'),
    hosts: new Set(reached.map(({ host }) => host)).size,
    notCounted: rows.some(({ host }) => host === notCounted),
  };
}

/** Whether nothing left the machine, and all of it could be seen. */
export function isQuiet({ hosts, sent, notCounted: unseen }: EgressSum): boolean {
  return hosts === 0 && sent === 0 && !unseen;
}

/** Bytes sent by day, the latest first. */
export function sentByDay(rows: readonly EgressRow[]): readonly (readonly [day: string, bytes: number])[] {
  const days = new Map<string, number>();
  for (const { day, sent } of rows) days.set(day, (days.get(day) ?? 0) + sent);
  return [...days].toSorted(([one], [other]) => other.localeCompare(one));
}
