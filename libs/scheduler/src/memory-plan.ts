import type { MachineState, MemoryEstimate, MemoryPlan, ModelRole, PlannedModel } from '@nootropic/contracts';
import { estimateGgufMemory, gpuLayerCount } from './gguf-memory.ts';
import { explainPlan } from './memory-plan-words.ts';
import type { CpuFeatures } from './memory-repack.ts';
import { graphicsDevice, roomOn, usualKeepFree, type KeepFree, type Promised } from './memory-room.ts';
import {
  fillsGaps,
  points,
  rungsOf,
  type FilledRole,
  type PlanCandidate,
  type PlanRole,
  type Rung,
} from './memory-rungs.ts';
import { createQueue } from './priority-queue.ts';

export interface PlanRequest {
  /** What is wanted; a role stands at most once. */
  readonly roles: readonly PlanRole[];
  /** What an estimate is multiplied by, from what earlier loads of such models took. Default: nothing is corrected. */
  readonly correct?: (estimate: MemoryEstimate, candidate: PlanCandidate) => MemoryEstimate;
}

export interface PlanMachine {
  readonly state: MachineState;
  /** Default: the ledger's own rule. */
  readonly keepFree?: KeepFree;
  /** Bytes of main memory that models may take at most, all together. */
  readonly memoryLimit?: number;
  /** What is set aside already, as the ledger says. Default: nothing. */
  readonly promised?: { readonly memory: Promised; readonly gpu?: Promised };
  /** Default: an x86 processor with AVX2. */
  readonly cpu?: CpuFeatures;
  /** Models stay off the graphics device. Default false. */
  readonly gpuOff?: boolean;
}

interface Room {
  readonly memory: number;
  readonly gpu: number;
}

/** In the order in which they get the graphics device: who waits for an answer first. */
const order: readonly ModelRole[] = ['chat', 'completion', 'embedding', 'reranking'];
const nothing: Promised = { all: 0, pending: 0 };
const noMemory: MemoryEstimate = { weights: 0, repack: 0, kvCache: 0, compute: 0, total: 0, gpu: 0 };

/**
 * What to load for a set of roles on this machine: model, context, type of keys and values, layers on the GPU.
 *
 * All ways to fill each role (`rungsOf`), to share the chat model with the completions where it fills gaps, and to do without a role are
 * weighed in points of hardship, which do not depend on the machine; of all combinations that fit, the one with the fewest points is
 * taken. So more memory never means more hardship, and the same request on the same machine gives the same plan. Layers that do not fit on
 * the GPU stay with the processor: that costs speed only, and no model is made smaller for it; only keys and values go to eight bits where
 * that brings the whole model onto the GPU.
 *
 * The most important role that was asked for (chat, else completion, …) is never given up. Where even its smallest way does not fit, `fits`
 * is false and the last sentence of `gaveUp` says what is missing.
 */
export function planModels(request: PlanRequest, machine: PlanMachine): MemoryPlan {
  const { state, keepFree = usualKeepFree, memoryLimit, promised } = machine;
  const graphics = machine.gpuOff === true ? undefined : graphicsDevice(state);
  const main = { total: state.memoryTotal, free: state.memoryAvailable };
  const room: Room = {
    memory: roomOn(main, { keepFree, limit: memoryLimit, promised: promised?.memory ?? nothing }),
    gpu:
      graphics === undefined
        ? 0
        : roomOn(
            { total: graphics.memoryTotal, free: graphics.memoryFree },
            { keepFree, promised: promised?.gpu ?? nothing },
          ),
  };
  const roles = order.flatMap((role) => request.roles.find((wanted) => wanted.role === role) ?? []);
  const measure = createMeasure(request, machine);
  let least: Combination = { filled: [], hardship: 0 };
  let fitting: Placed | undefined;
  for (const way of combinations(roles)) {
    const placed = placeLayers(way, measure, room);
    least = way;
    if (placed === undefined) continue;
    fitting = { way, models: placed };
    break;
  }
  const chosen = fitting ?? { way: least, models: placeOnCpu(least, measure) };
  const planned = sumOf(chosen.models);
  const models = fitting === undefined ? chosen.models : preferGpu(chosen, measure, room);
  const used = fitting === undefined ? planned : sumOf(models);
  const fits = fitting !== undefined && models.length > 0;
  return {
    fits,
    models,
    memory: { total: main.total, available: main.free, usable: room.memory, planned: used.memory },
    ...(graphics !== undefined && {
      gpu: { name: graphics.name, total: graphics.memoryTotal, usable: room.gpu, planned: used.gpu },
    }),
    gaveUp: explainPlan({
      filled: chosen.way.filled,
      models,
      fits,
      usable: room.memory,
      needed: used.memory,
      ...(graphics !== undefined && { gpu: { name: graphics.name, usable: room.gpu } }),
    }),
  };
}

/** One way to fill all roles. */
export interface Combination {
  readonly filled: readonly FilledRole[];
  readonly hardship: number;
}

/** A combination that may still lack roles, and how it was come to: the number of each choice, for the order of equals. */
interface Reached extends Combination {
  readonly path: readonly number[];
}

/**
 * All of them, the best first; of equal ones those that keep the more important role better. They are made one by one, by a best-first search over the roles
 * (Dijkstra, https://doi.org/10.1007/BF01386390, where hardship is length): as a rule one of the first fits, and of tens of thousands the others are never made.
 */
export function* combinations(roles: readonly PlanRole[]): Generator<Combination, void> {
  const keeper = roles.find(({ candidates }) => candidates.length > 0)?.role;
  const rungs = new Map(roles.map((wanted) => [wanted, rungsOf(wanted)]));
  const queue = createQueue<Reached>(isBefore);
  queue.add({ filled: [], hardship: 0, path: [] });
  for (let way = queue.take(); way !== undefined; way = queue.take()) {
    const wanted = roles[way.filled.length];
    if (wanted === undefined) yield way;
    else
      for (const [at, { hardship, ...choice }] of choices(wanted, rungs.get(wanted) ?? [], { way, keeper }).entries())
        queue.add({
          filled: [...way.filled, { wanted, rung: undefined, sharedWith: undefined, ...choice }],
          hardship: way.hardship + hardship,
          path: [...way.path, at],
        });
  }
}

function isBefore(a: Reached, b: Reached): boolean {
  if (a.hardship !== b.hardship) return a.hardship < b.hardship;
  for (const [at, choice] of a.path.entries()) {
    const other = b.path[at];
    if (choice !== other) return other !== undefined && choice < other;
  }
  return true;
}

interface Choice {
  readonly hardship: number;
  readonly rung?: Rung;
  readonly sharedWith?: ModelRole;
}

/** The ways to fill one more role. */
function choices(
  wanted: PlanRole,
  rungs: readonly Rung[],
  so: { readonly way: Combination; readonly keeper: ModelRole | undefined },
): Choice[] {
  const chat = so.way.filled.find((each) => each.wanted.role === 'chat')?.rung;
  const shares = wanted.role === 'completion' && chat !== undefined && fillsGaps(chat.candidate.header);
  const more = rungs.flatMap((rung): Choice[] => {
    if (!shares || chat.candidate.ref !== rung.candidate.ref) return [{ rung, hardship: rung.hardship }];
    // The same file for both is loaded once; its second context is as long as gaps need it.
    return rung === rungs.find((first) => first.candidate === rung.candidate)
      ? [{ hardship: rung.hardship, sharedWith: 'chat' }]
      : [];
  });
  if (shares) more.push({ hardship: rungs.length === 0 ? 0 : points.sharedCompletion, sharedWith: 'chat' });
  // Where no model is known for a role, nothing is lost by doing without.
  if (wanted.role !== so.keeper)
    more.push({ hardship: rungs.length === 0 && !shares ? 0 : points.without[wanted.role] });
  return more;
}

type Measure = (role: FilledRole, way: Combination, gpuLayers: number) => MemoryEstimate;

/** Estimates, each made once. */
function createMeasure(request: PlanRequest, { cpu }: PlanMachine): Measure {
  const made = new Map<string, MemoryEstimate>();
  return ({ wanted, rung }, way, gpuLayers) => {
    if (rung === undefined) return noMemory;
    const { candidate, contextLength, kvType, place } = rung;
    const shares = way.filled.some(({ sharedWith }) => sharedWith === wanted.role);
    const key = [wanted.role, place, contextLength, kvType, gpuLayers, shares].join(' ');
    const known = made.get(key);
    if (known !== undefined) return known;
    const raw = estimateGgufMemory(candidate.header, {
      role: wanted.role,
      contextLength,
      kvType,
      gpuLayers,
      ...(wanted.sequences !== undefined && { sequences: wanted.sequences }),
      ...(shares && { fillsGaps: true }),
      ...(cpu && { cpu }),
    });
    const estimate = request.correct?.(raw, candidate) ?? raw;
    made.set(key, estimate);
    return estimate;
  };
}

interface Placed {
  readonly way: Combination;
  readonly models: readonly PlannedModel[];
}

/** With as many layers on the GPU as fit there; `undefined` where the rest does not fit into main memory. */
function placeLayers(way: Combination, measure: Measure, room: Room): readonly PlannedModel[] | undefined {
  const left = { ...room };
  const models: PlannedModel[] = [];
  for (const role of way.filled) {
    const most = room.gpu > 0 && role.rung !== undefined ? gpuLayerCount(role.rung.candidate.header) : 0;
    const layers = mostLayers(most, (count) => {
      const { gpu } = measure(role, way, count);
      return gpu <= left.gpu;
    });
    const estimate = measure(role, way, layers);
    left.gpu -= estimate.gpu;
    left.memory -= estimate.total - estimate.gpu;
    models.push(...modelOf(role, way, { gpuLayers: layers, estimate }));
  }
  if (left.memory >= 0) return models;
  if (room.gpu === 0) return undefined;
  const plain = placeOnCpu(way, measure);
  return sumOf(plain).memory <= room.memory ? plain : undefined;
}

function placeOnCpu(way: Combination, measure: Measure): readonly PlannedModel[] {
  return way.filled.flatMap((role) => modelOf(role, way, { gpuLayers: 0, estimate: measure(role, way, 0) }));
}

/** The most layers of which `fits` holds; it holds for fewer where it holds for more. */
function mostLayers(most: number, fits: (count: number) => boolean): number {
  let [low, high] = [0, most];
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (fits(middle)) low = middle;
    else high = middle - 1;
  }
  return low;
}

function modelOf(
  { wanted, rung, sharedWith }: FilledRole,
  way: Combination,
  load: { readonly gpuLayers: number; readonly estimate: MemoryEstimate },
): PlannedModel[] {
  const lender = way.filled.find(({ wanted: { role } }) => role === sharedWith)?.rung;
  const used = rung ?? lender;
  if (used === undefined) return [];
  const { candidate, contextLength, kvType } = used;
  const { ref, name, fileBytes, header } = candidate;
  const about = { role: wanted.role, ref, name, fileBytes, contextLength, kvType, layers: gpuLayerCount(header) };
  return [{ ...about, ...load, ...(rung === undefined && sharedWith !== undefined && { sharedWith }) }];
}

/** Keys and values in eight bits, where that brings all layers onto the GPU. */
function preferGpu({ way, models }: Placed, measure: Measure, room: Room): readonly PlannedModel[] {
  const missing = (list: readonly PlannedModel[]): number =>
    list.reduce((sum, { gpuLayers, layers, sharedWith }) => sum + (sharedWith ? 0 : layers - gpuLayers), 0);
  if (room.gpu === 0 || missing(models) === 0) return models;
  const filled = way.filled.map((role) =>
    role.rung?.kvType === 'f16' && (role.wanted.role === 'chat' || role.wanted.role === 'completion')
      ? { ...role, rung: { ...role.rung, kvType: 'q8_0' as const } }
      : role,
  );
  const smaller = placeLayers({ ...way, filled }, measure, room);
  return smaller !== undefined && missing(smaller) === 0 ? smaller : models;
}

function sumOf(models: readonly PlannedModel[]): { readonly memory: number; readonly gpu: number } {
  return models.reduce(
    (sum, { estimate: { total, gpu } }) => ({ memory: sum.memory + total - gpu, gpu: sum.gpu + gpu }),
    { memory: 0, gpu: 0 },
  );
}
