import type { Assistant, DoctorCheck, Knowledge, ModelStore } from '@nootropic/contracts';
import { takeTurn, type TurnPorts } from './turn.ts';

export interface AssistantPorts extends TurnPorts {
  readonly store: ModelStore;
  readonly doctor: (workspace: string) => Promise<DoctorCheck[]>;
}

/** What a caller may pass beside the input; the same that a client over a wire takes. */
interface CallOptions {
  readonly signal?: AbortSignal | undefined;
}

/**
 * The front door: everything an app may ask, on ports that are given. Sessions, turns and their order are decided here;
 * how the work is done is in the engines and the adapters.
 */
export function createAssistant(ports: AssistantPorts): Assistant {
  const { sessions, models, store, telemetry } = ports;

  /** Searching needs an index of the tree as it is now. */
  const fresh = async (workspace: string, signal?: AbortSignal): Promise<Knowledge> => {
    const knowledge = await ports.knowledge(workspace);
    const run = knowledge.refresh(signal ? { signal } : {})[Symbol.asyncIterator]();
    while ((await run.next()).done !== true) signal?.throwIfAborted();
    return knowledge;
  };

  return {
    send: async (input, options?: CallOptions) => takeTurn(ports, input, options?.signal),
    search: async ({ workspace, query, limit = 10, paths, languages }, options?: CallOptions) => {
      const knowledge = await fresh(workspace, options?.signal);
      const filter = { ...(paths && { paths }), ...(languages && { languages }) };
      return knowledge.search(query, { limit, filter, ...(options?.signal && { signal: options.signal }) });
    },
    symbol: async ({ workspace, name }, options?: CallOptions) => {
      return (await fresh(workspace, options?.signal)).symbol(name);
    },
    index: {
      refresh: async ({ workspace, rebuild = false }, options?: CallOptions) => {
        const knowledge = await ports.knowledge(workspace);
        return refresh(knowledge, { rebuild, ...(options?.signal && { signal: options.signal }) });
      },
      stats: async ({ workspace }) => (await ports.knowledge(workspace)).stats(),
    },
    sessions: {
      list: async () => sessions.list(),
      show: async ({ id }) => {
        const session = await sessions.find(id);
        return { session, events: await sessions.read(session.id) };
      },
      remove: async ({ id }) => {
        const session = await sessions.find(id);
        await sessions.remove(session.id);
        return session;
      },
    },
    models: {
      list: async () => models.list(),
      show: async ({ name }) => store.show(name),
      import: async ({ path }, options?: CallOptions) => importModel(store, path, options?.signal),
    },
    doctor: async ({ workspace }) => ports.doctor(workspace),
    metrics: async () => ({ text: await telemetry.metrics() }),
  };
}

async function* refresh(knowledge: Knowledge, options: { signal?: AbortSignal; rebuild: boolean }) {
  yield* knowledge.refresh(options);
}

async function* importModel(store: ModelStore, path: string, signal?: AbortSignal) {
  const progress: { type: 'progress'; done: number; total: number }[] = [];
  let wake = () => {};
  const task = store
    .import(path, {
      ...(signal && { signal }),
      onProgress: (done, total) => {
        progress[0] = { type: 'progress', done, total };
        wake();
      },
    })
    .finally(() => wake());
  let settled = false;
  const done = task.then(
    () => (settled = true),
    () => (settled = true),
  );
  while (!settled) {
    await Promise.race([done, new Promise<void>((resolve) => (wake = resolve))]);
    const latest = progress.pop();
    if (latest) yield latest;
  }
  yield { type: 'imported' as const, model: await task };
}
