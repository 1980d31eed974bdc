import type { Tree } from '@nx/devkit';

/** The text of a file that has to be there. */
export function readText(tree: Tree, path: string): string {
  const text = tree.read(path, 'utf8');
  if (text === null) throw new Error(`There is no ${path}: run this in the workspace of nootropic.`);
  return text;
}

/** Refuses to write over what is there. */
export function createFile(tree: Tree, path: string, text: string): void {
  if (tree.exists(path)) throw new Error(`${path} is there already.`);
  tree.write(path, text);
}

/** Adds a line of exports to an index file; an empty module loses its `export {}`. */
export function addExport(tree: Tree, path: string, line: string): void {
  const text = readText(tree, path).replace(/^export \{\};\n/m, '');
  tree.write(path, `${text.trimEnd()}\n${line}\n`.trimStart());
}

/** Puts a line behind the last one that matches. */
export function insertAfterLast(text: string, pattern: RegExp, line: string): string {
  const lines = text.split('\n');
  const at = lines.findLastIndex((candidate) => pattern.test(candidate));
  if (at < 0) throw new Error(`Nothing matches ${pattern}.`);
  return lines.toSpliced(at + 1, 0, line).join('\n');
}

export function camelCase(name: string): string {
  return name.replaceAll(/-([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}

export function pascalCase(name: string): string {
  const camel = camelCase(name);
  return `${camel.charAt(0).toUpperCase()}${camel.slice(1)}`;
}

/** A text as a TypeScript string. */
export function quoted(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'").replaceAll('\n', ' ')}'`;
}
