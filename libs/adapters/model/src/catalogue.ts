import { readFile } from 'node:fs/promises';
import { modelRoles, NootropicError, type GgufHeader, type ModelListing, type ModelRole } from '@nootropic/contracts';
import { z } from 'zod';
import {
  catalogueQuantisations,
  catalogueShapeSchema,
  headerOfShape,
  type CatalogueQuantisation,
} from './catalogue-shape.ts';

export const catalogueEntrySchema = z.strictObject({
  name: z.string().min(1),
  /** The repository on Hugging Face with the GGUF files: `owner/repo`. */
  repo: z.string().regex(/^[\w.-]+\/[\w.-]+$/),
  quantisations: z.array(z.enum(catalogueQuantisations)).min(1).readonly().describe('Those of its files, best first.'),
  license: z.string().min(1),
  ranks: z
    .partialRecord(z.enum(modelRoles), z.int().min(1).max(100))
    .describe('How good it is in each role that it can have, up to 100; comparable within one role only.'),
  fillsGaps: z.boolean().describe('Was trained to fill the gap between a prefix and a suffix.'),
  tools: z.boolean().describe('Was trained to call tools.'),
  thinks: z.boolean().describe('Writes its reasoning before it answers, or can.'),
  shape: catalogueShapeSchema,
});
/** A model worth recommending, with all that is needed to plan its memory before any download. */
export type CatalogueEntry = Readonly<z.infer<typeof catalogueEntrySchema>>;

export const catalogueSchema = z.strictObject({
  /** The day it was last looked through, as YYYY-MM-DD. */
  date: z.iso.date(),
  models: z.array(catalogueEntrySchema).min(1).readonly(),
});
export type Catalogue = Readonly<z.infer<typeof catalogueSchema>>;

/** A model of the catalogue as one file of a certain size. */
export interface CatalogueCandidate {
  readonly entry: CatalogueEntry;
  readonly quantisation: CatalogueQuantisation;
  readonly header: GgufHeader;
  readonly listing: ModelListing;
}

/** The catalogue that comes with the program, or another file of the same form. Rejects with `CONFIG_INVALID` where it is not. */
export async function loadCatalogue(file?: string): Promise<Catalogue> {
  try {
    // Imported, so that a bundle of the program holds it; and only when it is asked for.
    const own = async (): Promise<unknown> => (await import('./catalogue.json', { with: { type: 'json' } })).default;
    const value: unknown = file === undefined ? await own() : JSON.parse(await readFile(file, 'utf8'));
    return catalogueSchema.parse(value);
  } catch (cause) {
    const why = cause instanceof z.ZodError ? z.prettifyError(cause) : String(cause);
    throw new NootropicError('CONFIG_INVALID', `The catalogue of models ${file ?? ''} cannot be used: ${why}`, {
      cause,
    });
  }
}

/** The header that the model's file has, as far as planning its memory needs it. Default: the first of its quantisations. */
export function catalogueHeader(entry: CatalogueEntry, quantisation?: CatalogueQuantisation): GgufHeader {
  return headerOfShape(entry.shape, quantisation ?? entry.quantisations[0] ?? 'Q4_K_M');
}

/** The models that can have this role, best first; of one model, its files in the order of the catalogue. */
export function catalogueCandidates(catalogue: Catalogue, role: ModelRole): CatalogueCandidate[] {
  const rank = (entry: CatalogueEntry): number => entry.ranks[role] ?? 0;
  return catalogue.models
    .filter((entry) => rank(entry) > 0)
    .sort((a, b) => rank(b) - rank(a) || (a.name < b.name ? -1 : 1))
    .flatMap((entry) =>
      entry.quantisations.map((quantisation) => {
        const header = catalogueHeader(entry, quantisation);
        return { entry, quantisation, header, listing: listingOf(entry, { quantisation, header, role }) };
      }),
    );
}

function listingOf(
  { name, repo, license }: CatalogueEntry,
  of: { quantisation: CatalogueQuantisation; header: GgufHeader; role: ModelRole },
): ModelListing {
  return {
    ref: `hf:${repo}:${of.quantisation}`,
    name: `${name} ${of.quantisation}`,
    source: 'catalogue',
    role: of.role,
    bytes: of.header.tensorBytes,
    license,
  };
}
