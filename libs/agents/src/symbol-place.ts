import type { SymbolInfo } from '@nootropic/contracts';
import type { ToolContext } from './tool.ts';

export type SymbolPlace =
  | {
      readonly ok: true;
      readonly name: string;
      readonly range: { readonly startLine: number; readonly endLine: number };
    }
  | { readonly ok: false; readonly reason: string };

/**
 * The lines of a symbol in a file, as the file is now: the index is brought up to date first, since lines move with every change. A name that
 * several symbols of the file bear is not guessed at.
 */
export async function findSymbol(
  { knowledge, signal }: Pick<ToolContext, 'knowledge' | 'signal'>,
  { path, symbol }: { readonly path: string; readonly symbol: string },
): Promise<SymbolPlace> {
  await Array.fromAsync(knowledge.refresh(signal ? { signal } : {}));
  const plain = symbol
    .trim()
    .replace(/\(.*\)$/u, '')
    .replaceAll('::', '.')
    .replaceAll('#', '.');
  const answers = await knowledge.symbol(plain);
  const here = answers.map(({ definition }) => definition).filter((definition) => definition.path === path);
  const exact = here.filter(({ name }) => name === plain);
  const found = exact.length > 0 ? exact : here;
  const [only, ...others] = found;
  if (only && others.length === 0)
    return { ok: true, name: only.name, range: { startLine: only.startLine, endLine: only.endLine } };
  if (only)
    return {
      ok: false,
      reason: `${symbol} is several symbols of ${path}: ${found.map(named).join(', ')}. Name one in full, or leave symbol out.`,
    };
  const elsewhere = answers.map(({ definition }) => named(definition)).slice(0, 5);
  const hint = elsewhere.length > 0 ? ` It is at ${elsewhere.join(', ')}.` : '';
  return {
    ok: false,
    reason: `There is no symbol ${symbol} in ${path}.${hint} Leave symbol out to change the file by its lines.`,
  };
}

function named({ path, name, startLine, endLine }: SymbolInfo): string {
  return `${name} (${path}:${startLine}-${endLine})`;
}
