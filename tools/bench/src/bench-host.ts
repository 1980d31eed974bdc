import type { Assistant } from '@nootropic/contracts';
import { compose } from '@nootropic/server';
import { drain } from './bench-knowledge.ts';
import type { TreePlace } from './source-tree.ts';

/** The assistant as a host that stays wires it, in this process: it watches the tree, and indexes it in a process of its own. */
export interface BenchHost extends AsyncDisposable {
  readonly assistant: Assistant;
  readonly chunks: number;
  /** Milliseconds of bringing the index up to date. */
  refresh(): Promise<number>;
}

export async function openHost({ tree, env, context }: TreePlace): Promise<BenchHost> {
  await using stack = new AsyncDisposableStack();
  const { assistant } = stack.use(await compose({ env, stays: true }));
  const refresh = async (): Promise<number> => {
    const start = performance.now();
    await drain(await assistant.index.refresh({ workspace: tree.root }, { signal: context.signal }));
    return performance.now() - start;
  };
  await refresh();
  const { chunks } = await assistant.index.stats({ workspace: tree.root });
  const owned = stack.move();
  return { assistant, chunks, refresh, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}
