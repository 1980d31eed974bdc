import type { ModelRuntime, ModelsStatus, RunningModel } from '@nootropic/contracts';
import { planModels, type Admission } from '@nootropic/scheduler';
import { planMachine, type LoadPlanPorts } from './load-plan.ts';
import { keyOf } from './models.ts';

export interface StatusPorts extends Omit<LoadPlanPorts, 'localModel'> {
  readonly runtimes: readonly ModelRuntime[];
  readonly admission: Admission;
  /** Conversations kept on the disk. */
  readonly states: () => Promise<ModelsStatus['states']>;
}

/** Models in memory, the queue, and what the machine has left: what the residency planned beside what the runtimes measured. */
export async function modelsStatus(ports: StatusPorts): Promise<ModelsStatus> {
  const [machine, states, ...healths] = await Promise.all([
    planMachine(ports, true),
    ports.states(),
    ...ports.runtimes.map((runtime) => runtime.health()),
  ]);
  const measured = healths.flatMap(({ models }) => models);
  const resident = ports.residency.view();
  const known = new Set<string>();
  const running = measured.map((model): RunningModel => {
    const entry =
      resident.find(({ key }) => key === keyOf(model.role, model.ref)) ??
      resident.find(({ what }) => what === model.ref);
    if (entry) known.add(entry.key);
    const lease = entry && { state: entry.state, usedAt: entry.usedAt, uses: entry.uses };
    return { ...model, ...lease, planned: entry?.planned ?? 0 };
  });
  // What is on its way, and what a server of its own holds: there is no more to say of it.
  const others = resident
    .filter(({ key, planned, state }) => !known.has(key) && (planned > 0 || state === 'loading'))
    .map(({ key, what, state, planned, usedAt, uses }): RunningModel => {
      const role = key.slice(0, key.indexOf(' ')) as RunningModel['role'];
      const unknown = {
        contextLength: 0,
        sequences: 0,
        heldTokens: 0,
        kvType: 'f16' as const,
        gpuLayers: 0,
        threads: 0,
      };
      return { ref: what, name: what, role, state, ...unknown, planned, usedAt, uses };
    });
  const { state } = machine;
  const { usable } = planModels({ roles: [] }, machine).memory;
  const view = ports.admission.view();
  return {
    models: [...running, ...others],
    memory: {
      total: state.memoryTotal,
      available: state.memoryAvailable,
      usable,
      promised: ports.ledger.reserved(),
      ...(state.memoryPressure !== undefined && { pressure: state.memoryPressure }),
    },
    cores: { total: state.cores, free: state.coresFree },
    queue: {
      running: view.running,
      waiting: view.waiting.map(({ workClass, client, waitedMs }) => ({ workClass, client, waitedMs })),
      estimatedWaitMs: view.estimatedWaitMs,
    },
    states,
  };
}
