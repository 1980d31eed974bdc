/** A path as the workspace names it, however a model wrote it: `/` between parts, no `./` before it. */
export function plainPath(path: string): string {
  return path
    .trim()
    .replaceAll('\\', '/')
    .replace(/^(?:\.\/)+/u, '');
}
