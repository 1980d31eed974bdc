import { appendFileSync, mkdirSync, renameSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { redactValue } from '@nootropic/server/redact';

const mostBytes = 1_000_000;

/** What main has to say, one line of JSON each, in a file that only this user can read; the last one of a megabyte is kept. Secrets are left out. */
export function createLog(folder: string): (message: string, facts: Readonly<Record<string, string>>) => void {
  const file = join(folder, 'desktop.log');
  return (message, facts) => {
    try {
      mkdirSync(folder, { recursive: true, mode: 0o700 });
      if ((statSync(file, { throwIfNoEntry: false })?.size ?? 0) > mostBytes) renameSync(file, `${file}.1`);
      const line = redactValue({ time: new Date().toISOString(), message, ...facts });
      appendFileSync(file, `${JSON.stringify(line)}\n`, { mode: 0o600 });
    } catch {
      // An app whose log cannot be written goes on.
    }
  };
}
