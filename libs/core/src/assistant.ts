import type { Assistant, DoctorCheck, Knowledge } from '@nootropic/contracts';
import { createModelRequests, type ModelRequestPorts } from './model-requests.ts';
import { refreshIndex } from './refresh-index.ts';
import { stoppable } from './stoppable.ts';
import { takeTurn, type TurnPorts } from './turn.ts';

export interface AssistantPorts extends TurnPorts, ModelRequestPorts {
  readonly doctor: (workspace: string) => Promise<DoctorCheck[]>;
}

/** What a caller may pass beside the input; the same that a client over a wire takes. */
interface CallOptions {
  readonly signal?: AbortSignal | undefined;
}

/**
 * The front door: everything an app may ask, on ports that are given. Sessions, turns and their order are decided here;
 * how the work is done is in the engines and the adapters. A stream that is returned stops its work at once.
 */
export function createAssistant(ports: AssistantPorts): Assistant {
  const { sessions, telemetry } = ports;

  /** Searching needs an index of the tree as it is now. */
  const fresh = async (workspace: string, signal?: AbortSignal): Promise<Knowledge> => {
    const knowledge = await ports.knowledge(workspace);
    const run = refreshIndex(knowledge, telemetry, signal ? { signal } : {});
    while ((await run.next()).done !== true) signal?.throwIfAborted();
    return knowledge;
  };

  return {
    send: async (input, options?: CallOptions) =>
      stoppable((signal) => takeTurn(ports, input, { signal }), options?.signal),
    search: async ({ workspace, query, limit = 10, paths, languages }, options?: CallOptions) => {
      const knowledge = await fresh(workspace, options?.signal);
      const filter = { ...(paths && { paths }), ...(languages && { languages }) };
      const startedAt = ports.now();
      const hits = await knowledge.search(query, { limit, filter, ...(options?.signal && { signal: options.signal }) });
      telemetry.time('nootropic_search_seconds', (ports.now() - startedAt) / 1000);
      return hits;
    },
    symbol: async ({ workspace, name }, options?: CallOptions) => {
      return (await fresh(workspace, options?.signal)).symbol(name);
    },
    index: {
      refresh: async ({ workspace, rebuild = false }, options?: CallOptions) => {
        const knowledge = await ports.knowledge(workspace);
        return stoppable((signal) => refreshIndex(knowledge, telemetry, { rebuild, signal }), options?.signal);
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
    ...createModelRequests(ports),
    doctor: async ({ workspace }) => ports.doctor(workspace),
    metrics: async () => ({ text: await telemetry.metrics() }),
  };
}
