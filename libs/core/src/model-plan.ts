import {
  NootropicError,
  type GgufHeader,
  type MemoryPlan,
  type ModelListing,
  type ModelRole,
  type ModelSource,
  type ModelStore,
  type Recommendation,
  type StoredModel,
} from '@nootropic/contracts';
import { expectedSpeeds, planModels, waitingCost, type PlanCandidate } from '@nootropic/scheduler';
import { planMachine, usualContext, type LoadPlanPorts } from './load-plan.ts';

/** A model of the catalogue: known well enough to plan with, without asking anybody. */
export interface CatalogueCandidate extends PlanCandidate {
  readonly license?: string;
  /** What it is good for, in a few words. */
  readonly note?: string;
}

export interface PlanPorts extends LoadPlanPorts {
  readonly store: ModelStore;
  readonly sources: readonly ModelSource[];
  /** The models that are recommended for a role, best first. */
  readonly catalogue: (role: ModelRole) => Promise<readonly CatalogueCandidate[]>;
}

const roles: readonly ModelRole[] = ['chat', 'completion', 'embedding'];

interface PlanAsk {
  readonly ref: string;
  readonly role?: ModelRole | undefined;
  readonly contextLength?: number | undefined;
}

/** What a model would need here, and what there would be to download. Only the header is read, by ranges where the model is elsewhere. */
export async function planOne(
  ports: PlanPorts,
  ask: PlanAsk,
  signal?: AbortSignal,
): Promise<{ plan: MemoryPlan; download: number }> {
  const found = await findCandidate(ports, ask, signal);
  const machine = await planMachine(ports);
  const { kvType } = ports.limits;
  if (!found.candidate) return { plan: { ...planModels({ roles: [] }, machine), fits: true }, download: 0 };
  const { role = found.role, contextLength = ports.limits.contextLength } = ask;
  const wanted = {
    role,
    candidates: [found.candidate],
    contextLength: contextLength ?? usualContext(found.candidate.header, role),
    ...(kvType !== undefined && { kvType }),
  };
  return { plan: planModels({ roles: [wanted] }, machine), download: found.download };
}

/** A set that is there all day leaves so much of the memory to everything else; a single model that is asked for may take more. */
const shareForModels = 0.6;

/**
 * The set of models that serves best on this machine, from the catalogue, as if none were loaded: quality less what waiting costs where there is
 * no GPU, within the memory that a day's work leaves.
 */
export async function recommendModels(ports: PlanPorts): Promise<Recommendation> {
  const [found, stored, ...all] = await Promise.all([
    planMachine(ports),
    ports.store.list(),
    ...roles.map(async (role) => [role, await ports.catalogue(role)] as const),
  ]);
  const { cores, devices, memoryTotal } = found.state;
  const slow = found.gpuOff === true || !devices.some(({ kind, memoryTotal: bytes }) => kind === 'gpu' && bytes > 0);
  const lists = all.map(([role, list]) => [role, slow ? weighed(role, list, cores) : list] as const);
  const machine = { ...found, memoryLimit: found.memoryLimit ?? Math.floor(memoryTotal * shareForModels) };
  const catalogue = new Map(lists);
  const plan = planModels({ roles: lists.map(([role, candidates]) => ({ role, candidates })) }, machine);
  const picks = plan.models.flatMap((planned) => {
    const role = planned.sharedWith ?? planned.role;
    const candidates = catalogue.get(role) ?? [];
    const place = candidates.findIndex(({ ref }) => ref === planned.ref);
    const entry = candidates[place];
    if (!entry) return [];
    const installed = stored.some((model) => isOf(model, entry.ref));
    return [
      {
        role: planned.role,
        listing: listingOf(entry, planned.role),
        installed,
        why: why(planned, place),
        ...(slow && role !== 'embedding' && speedsOf(entry.header, cores)),
        ...measuredSpeeds(stored, entry),
      },
    ];
  });
  return { plan, picks };
}

/** A catalogue entry as a listing. */
export function listingOf(entry: CatalogueCandidate, role: ModelRole): ModelListing {
  const { ref, name, fileBytes, license, note } = entry;
  return {
    ref,
    name,
    source: 'catalogue',
    role,
    bytes: fileBytes,
    ...(license !== undefined && { license }),
    ...(note !== undefined && { note }),
  };
}

/** The catalogue entry of this name or reference. */
export async function catalogueEntry(
  catalogue: PlanPorts['catalogue'],
  ref: string,
): Promise<{ role: ModelRole; entry: CatalogueCandidate } | undefined> {
  const wanted = ref.toLowerCase();
  for (const role of [...roles, 'reranking' as const]) {
    const entry = (await catalogue(role)).find((each) => each.ref === ref || each.name.toLowerCase() === wanted);
    if (entry) return { role, entry };
  }
  return undefined;
}

/** Whether a stored model is what this reference stands for; the stored one is pinned, the reference need not be. */
export function isOf({ ref: own, name, source }: StoredModel, ref: string): boolean {
  return own === ref || name === ref || source === ref || source?.startsWith(`${ref}@`) === true;
}

interface Candidate {
  /** Absent for a model that runs elsewhere. */
  readonly candidate: PlanCandidate | undefined;
  readonly role: ModelRole;
  readonly download: number;
}

async function findCandidate(ports: PlanPorts, { ref }: PlanAsk, signal?: AbortSignal): Promise<Candidate> {
  const listed = await catalogueEntry(ports.catalogue, ref);
  const wanted = listed?.entry.ref ?? ref;
  const stored = (await ports.store.list()).find((model) => isOf(model, wanted));
  if (stored) return { candidate: await headerHere(ports, stored.ref), role: stored.role, download: 0 };
  if (listed) return { candidate: listed.entry, role: listed.role, download: listed.entry.fileBytes };
  if (ref.startsWith('file:')) return { candidate: await headerHere(ports, ref), role: 'chat', download: 0 };
  const source = ports.sources.find(({ scheme }) => ref.startsWith(`${scheme}:`));
  if (source) {
    const found = await source.resolve(ref, signal);
    const header = await source.header(found, signal);
    const fileBytes = found.files.reduce((sum, { bytes }) => sum + bytes, 0);
    return {
      candidate: { ref: found.ref, name: found.name, fileBytes, header },
      role: found.role ?? 'chat',
      download: fileBytes,
    };
  }
  if (/^[a-z]+:/u.test(ref)) return { candidate: undefined, role: 'chat', download: 0 };
  const { ref: named, role } = await ports.store.show(ref);
  return { candidate: await headerHere(ports, named), role, download: 0 };
}

async function headerHere(ports: PlanPorts, ref: string): Promise<PlanCandidate> {
  const candidate = await ports.localModel(ref);
  if (candidate) return candidate;
  throw new NootropicError('MODEL_NOT_FOUND', `${ref} has no header that could be read.`);
}

function why(planned: MemoryPlan['models'][number], place: number): string {
  const size =
    place === 0
      ? 'the best of the catalogue for this machine'
      : `number ${place + 1} of the catalogue for this machine: better ones do not fit`;
  if (planned.sharedWith) return `the model for ${planned.sharedWith} does this too, and takes no memory of its own`;
  return `${size}, with ${planned.contextLength} tokens of context`;
}

/** Best first by what they are worth where one waits for them. */
function weighed(role: ModelRole, list: readonly CatalogueCandidate[], cores: number): CatalogueCandidate[] {
  return list
    .map((candidate, place) => {
      const { quality = Math.max(0, 100 - 15 * place), header } = candidate;
      return { ...candidate, quality: Math.max(0, quality - waitingCost(role, expectedSpeeds(header, cores))) };
    })
    .sort((a, b) => b.quality - a.quality);
}

function speedsOf(header: GgufHeader, cores: number): { promptSpeed: number; writeSpeed: number } {
  const { prompt, write } = expectedSpeeds(header, cores);
  return { promptSpeed: prompt, writeSpeed: write };
}

/** Speeds scale with the bytes that are read for each token; taken from the measured model that is nearest in size. */
function measuredSpeeds(
  stored: readonly StoredModel[],
  { fileBytes }: CatalogueCandidate,
): { promptSpeed?: number; writeSpeed?: number } {
  const distance = ({ bytes }: StoredModel) => Math.abs(Math.log(bytes / Math.max(1, fileBytes)));
  const [nearest] = stored
    .filter(({ profile, bytes }) => bytes > 0 && profile !== undefined && profile.writeSpeed > 0)
    .sort((a, b) => distance(a) - distance(b));
  if (!nearest?.profile) return {};
  const scale = nearest.bytes / Math.max(1, fileBytes);
  return { promptSpeed: nearest.profile.promptSpeed * scale, writeSpeed: nearest.profile.writeSpeed * scale };
}
