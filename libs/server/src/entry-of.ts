/** An entry file of a child process: in `processes/` beside this file in the source tree, beside the bundle once built. */
export function entryOf(name: string): URL {
  return new URL(import.meta.url.endsWith('.ts') ? `./processes/${name}.ts` : `./${name}.js`, import.meta.url);
}
