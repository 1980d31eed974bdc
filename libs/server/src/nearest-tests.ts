import type { Files, Knowledge, Parser } from '@nootropic/contracts';
import type { TestsOf } from '@nootropic/reflexion';

/** Symbols of one file that are asked about; more would take longer than the tests. */
const mostSymbols = 20;

/** Files of tests that call what a file declares, or what calls that, by the graph of the code: nearest first. */
export function createNearestTests(options: {
  readonly files: Files;
  readonly parser: Parser;
  readonly knowledge: () => Promise<Knowledge>;
}): TestsOf {
  const { files, parser } = options;

  const symbolsOf = async (path: string, signal?: AbortSignal): Promise<string[]> => {
    if (parser.language(path) === undefined) return [];
    try {
      const text = new TextDecoder().decode(await files.read(path));
      const { symbols } = await parser.parse(path, text, signal);
      return symbols.slice(0, mostSymbols).map(({ name }) => `${path}:${name}`);
    } catch (cause) {
      // Of a file that is gone or cannot be read, nothing can be asked.
      if (signal?.aborted) throw cause;
      return [];
    }
  };

  return async (paths, signal) => {
    const knowledge = await options.knowledge();
    const nearest = new Map<string, number>();
    for (const path of paths)
      for (const symbol of await symbolsOf(path, signal)) {
        const { nodes } = await knowledge.graph({ ask: 'tests', symbol }, signal);
        for (const { symbol: test, depth } of nodes)
          nearest.set(test.path, Math.min(depth, nearest.get(test.path) ?? depth));
      }
    return [...nearest].toSorted((a, b) => a[1] - b[1] || (a[0] < b[0] ? -1 : 1)).map(([path]) => path);
  };
}
