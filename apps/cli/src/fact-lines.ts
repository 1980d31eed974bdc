import type { Cli } from './cli.ts';

/** Names and values below each other. A value that is empty is left out; one that comes from outside is made safe here. */
export function factLines(cli: Cli, facts: readonly (readonly [name: string, value: string])[]): string {
  const shown = facts.filter(([, value]) => value !== '');
  const width = Math.max(13, ...shown.map(([name]) => name.length + 2));
  return shown.map(([name, value]) => `${cli.style.dim(name.padEnd(width))}${cli.cell(value)}\n`).join('');
}
