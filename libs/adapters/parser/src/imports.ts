import type { ImportInfo } from '@nootropic/contracts';
import { byPlace, type Captured, type ModuleGroup, type Span, type Taken } from './captured.ts';
import type { LineTable } from './line-table.ts';

interface Gathered {
  readonly line: number;
  readonly module: string;
  readonly names: { name: string; as: string }[];
  whole: boolean;
}

/** Groups inside groups that are looked at. */
const deepestGroup = 16;

/** Longest module path or name that is kept, in UTF-16 units. */
const nameLimit = 300;

function written(text: string, span: Span): string {
  const plain = text
    .slice(span.start, Math.min(span.end, span.start + nameLimit))
    .replace(/\s+/gu, ' ')
    .trim();
  return plain.replace(/^(["'`])(.*)\1$/u, '$2');
}

/**
 * What a text takes from other modules, by the captures of `LanguageSpec`: names that are taken from one module on one
 * line make one entry, and a module that is taken as a whole beside them makes another.
 */
export function importsOf(
  path: string,
  text: string,
  { captured, lines, separator }: { captured: Captured; lines: LineTable; separator: string },
): ImportInfo[] {
  const found = new Map<string, Gathered>();
  const known = new Set<string>();
  const groups = [...captured.groups].sort(byPlace);
  const open: ModuleGroup[] = [];
  let next = 0;
  for (const taken of [...captured.taken].sort(byPlace)) {
    for (let group = groups[next]; group && group.start <= taken.start; group = groups[next]) {
      while (open.length > 0 && (open.at(-1)?.end ?? 0) <= group.start) open.pop();
      open.push(group);
      next += 1;
    }
    while (open.length > 0 && (open.at(-1)?.end ?? 0) <= taken.start) open.pop();
    const module = moduleOf(text, { taken, groups: open.slice(0, deepestGroup), separator });
    if (module === '') continue;
    const line = lines.lineOf(taken.start);
    const key = `${String(line)}:${module}`;
    const entry = found.get(key) ?? { line, module, names: [], whole: false };
    found.set(key, entry);
    if (taken.whole) entry.whole = true;
    const name = nameOf(text, taken, separator);
    if (name === undefined || name === '') continue;
    const as = taken.alias ? written(text, taken.alias) : name;
    const pair = `${key}\n${name}\n${as}`;
    if (!known.has(pair)) entry.names.push({ name, as });
    known.add(pair);
  }
  return [...found.values()].flatMap(({ line, module, names, whole }) => [
    ...(names.length > 0 ? [{ path, line, module, names }] : []),
    ...(whole || names.length === 0 ? [{ path, line, module, names: [] }] : []),
  ]);
}

function moduleOf(
  text: string,
  { taken, groups, separator }: { taken: Taken; groups: readonly ModuleGroup[]; separator: string },
): string {
  const parts: string[] = [];
  // A group names the modules behind its own path, not that path itself.
  for (const { prefix } of groups) if (prefix.end <= taken.start) parts.push(written(text, prefix));
  if (taken.module) {
    const own = written(text, taken.module);
    const name = lastPart(text, taken, separator);
    parts.push(name === undefined ? own : own.slice(0, -name.length).replace(/[.:\\/\s]+$/u, ''));
  }
  const module = parts.filter((part) => part !== '').join(separator);
  return taken.relative && module !== '' && !/^\.{0,2}\//u.test(module) ? `./${module}` : module;
}

function nameOf(text: string, taken: Taken, separator: string): string | undefined {
  if (taken.split) return lastPart(text, taken, separator);
  if (taken.name === undefined || taken.name === 'default') return taken.name;
  // A module path of one part: nothing is taken from it by name.
  return taken.module?.start === taken.name.start ? undefined : written(text, taken.name);
}

/** The name at the end of the module path, where it is written there and the path has more parts. */
function lastPart(text: string, { module, name, split }: Taken, separator: string): string | undefined {
  if (!module) return undefined;
  if (split) {
    const path = written(text, module);
    const at = path.lastIndexOf(separator);
    return at < 1 ? undefined : path.slice(at + separator.length);
  }
  if (name === undefined || name === 'default' || name.start <= module.start || name.end !== module.end)
    return undefined;
  return written(text, name);
}
