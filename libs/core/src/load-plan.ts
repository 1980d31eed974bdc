import type { GgufHeader, KvType, LoadOptions, Machine, MachineState, ModelRole } from '@nootropic/contracts';
import {
  planModels,
  type MemoryLedger,
  type PlanCandidate,
  type PlanMachine,
  type Residency,
} from '@nootropic/scheduler';

export interface LoadPlanPorts {
  readonly machine: Machine;
  readonly ledger: MemoryLedger;
  readonly residency: Pick<Residency<AsyncDisposable>, 'view'>;
  /** The header of a model file on this machine; `undefined` for a model that has none here. */
  readonly localModel: (ref: string) => Promise<PlanCandidate | undefined>;
  readonly limits: LoadPlanLimits;
}

/** What the user configured for all models on this machine. */
export interface LoadPlanLimits {
  readonly contextLength?: number | undefined;
  readonly kvType?: KvType | undefined;
  readonly threads?: number | undefined;
  /** Bytes that models may take together. */
  readonly memoryLimit?: number | undefined;
  readonly gpuOff?: boolean;
}

const usualContexts: Readonly<Record<ModelRole, number>> = {
  chat: 8192,
  completion: 4096,
  embedding: 2048,
  reranking: 2048,
};

export interface LoadPlan {
  readonly options: LoadOptions;
  /** What was given up to make it fit, one sentence each. */
  readonly gaveUp: readonly string[];
}

/**
 * How to load a model now: context, type of keys and values and layers on the GPU as they fit beside the models at work, where those that are
 * idle could be unloaded for it. Where even that is not enough the wishes stay as they are, and the ledger refuses the load with its numbers.
 */
export async function planLoad(ports: LoadPlanPorts, ref: string, role: ModelRole): Promise<LoadPlan> {
  const { contextLength, kvType, threads } = ports.limits;
  const wished: LoadOptions = {
    role,
    ...(contextLength !== undefined && { contextLength }),
    ...(kvType !== undefined && { kvType }),
    ...(threads !== undefined && { threads }),
    ...(ports.limits.gpuOff === true && { gpuLayers: 0 }),
  };
  const candidate = await ports.localModel(ref);
  if (candidate === undefined) return { options: wished, gaveUp: [] };
  const { fits, models, gaveUp } = planModels(
    {
      roles: [
        {
          role,
          candidates: [candidate],
          contextLength: contextLength ?? usualContext(candidate.header, role),
          ...(kvType !== undefined && { kvType }),
        },
      ],
    },
    await planMachine(ports),
  );
  const [planned] = models;
  if (!fits || planned === undefined) return { options: wished, gaveUp: [] };
  const { contextLength: length, kvType: type, gpuLayers } = planned;
  return { options: { ...wished, contextLength: length, kvType: type, gpuLayers }, gaveUp };
}

/** Tokens of context wished for where nobody asked for another number; never more than the model was trained on. */
export function usualContext({ architecture, metadata }: GgufHeader, role: ModelRole): number {
  const trained = Number(metadata[`${architecture}.context_length`] ?? Infinity);
  return Math.min(usualContexts[role], trained > 0 ? trained : Infinity);
}

/** The machine as a plan sees it: what idle models hold counts as free, unless `asItIs`. */
export async function planMachine(
  { machine, ledger, residency, limits }: Omit<LoadPlanPorts, 'localModel'>,
  asItIs = false,
): Promise<PlanMachine> {
  const state = await machine.read();
  const graphics = state.devices.find(({ kind, memoryTotal }) => kind === 'gpu' && memoryTotal > 0);
  const idle = residency.view().filter(({ state: how, pinned }) => how === 'idle' && !pinned);
  const reclaimable = asItIs ? 0 : idle.reduce((sum, { planned }) => sum + planned, 0);
  const memory = ledger.promised();
  return {
    state: withFree(state, Math.min(reclaimable, memory.all)),
    promised: {
      memory: { all: Math.max(0, memory.all - reclaimable), pending: memory.pending },
      ...(graphics !== undefined && { gpu: ledger.promised(graphics.name) }),
    },
    ...(limits.memoryLimit !== undefined && { memoryLimit: limits.memoryLimit }),
    ...(limits.gpuOff === true && { gpuOff: true }),
  };
}

function withFree(state: MachineState, bytes: number): MachineState {
  return { ...state, memoryAvailable: Math.min(state.memoryTotal, state.memoryAvailable + bytes) };
}
