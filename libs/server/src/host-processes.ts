import type { HostProcess, RuntimeHealth } from '@nootropic/contracts';
import type { IndexProcessHealth } from './index-process.ts';
import { displayPath } from './paths.ts';
import { residentMemory } from './resident-memory.ts';

export interface HostProcessSources {
  /** Of the process that runs model files. */
  readonly model: () => Promise<RuntimeHealth>;
  readonly indexers: () => readonly { readonly root: string; readonly health: IndexProcessHealth }[];
  /** Further children, as they say of themselves. Default: none. */
  readonly others?: () => readonly HostProcess[];
  /** Default: what the system says. */
  readonly memory?: typeof residentMemory;
}

/** This process and its children, each with its state, its memory and how often it had to be started again. */
export async function listHostProcesses(sources: HostProcessSources): Promise<HostProcess[]> {
  const { memory = residentMemory, others = () => [] } = sources;
  const listed: HostProcess[] = [
    { name: 'host', pid: process.pid, state: 'ready', restarts: 0, detail: '' },
    modelProcess(await sources.model()),
    ...sources.indexers().map(({ root, health }) => ({ name: `index of ${displayPath(root)}`, ...health })),
    ...others(),
  ];
  const bytes = await memory(listed.flatMap(({ pid }) => (pid === undefined ? [] : [pid])));
  return listed.map((each) => {
    const resident = each.pid === undefined ? undefined : bytes.get(each.pid);
    return resident === undefined ? each : { ...each, memory: resident };
  });
}

function modelProcess({ state, pid, crashes, detail, models }: RuntimeHealth): HostProcess {
  const isBusy = state === 'ready' && models.some((model) => model.state === 'busy');
  return {
    name: 'model',
    ...(pid !== undefined && { pid }),
    state: isBusy ? 'busy' : state,
    restarts: crashes,
    detail: state === 'ready' ? models.map(({ name }) => name).join(', ') : detail,
  };
}
