import { link, open, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { modelProfileSchema, storedModelSchema, type StoredModel } from '@nootropic/contracts';
import { syncFolder } from './model-store-copy.ts';

/** Of a split model, the name of one part: `llama.cpp` finds the others by the numbers in the name of the first. */
const partForm = /^(?<before>.+)-(?<part>\d{5})-of-(?<parts>\d{5})\.gguf$/i;

/** What the name of a part says; `undefined` for the name of a whole model. Parts count from 1. */
export function readPartName(fileName: string): { before: string; part: number; parts: number } | undefined {
  const found = partForm.exec(fileName)?.groups;
  if (found === undefined) return undefined;
  const [part, parts] = [Number(found['part']), Number(found['parts'])];
  return part >= 1 && part <= parts && parts <= 999 ? { before: found['before'] ?? '', part, parts } : undefined;
}

/** The paths of all parts of the model whose first part this is, in order; of a whole model, the path alone. */
export function partsOf(path: string): string[] {
  const name = readPartName(basename(path));
  if (name === undefined) return [path];
  return Array.from({ length: name.parts }, (_, at) => join(dirname(path), partFileName(name.before, at, name.parts)));
}

/** `at` counts from 0. A model of one file has no numbers in its name. */
export function partFileName(before: string, at: number, parts: number): string {
  const number = (value: number): string => String(value).padStart(5, '0');
  return parts === 1 ? `${before}.gguf` : `${before}-${number(at + 1)}-of-${number(parts)}.gguf`;
}

export async function listEntries(dir: string): Promise<StoredModel[]> {
  const names = await readdir(dir).catch(() => []);
  const entries = await Promise.all(names.filter((name) => name.endsWith('.json')).map((name) => readEntry(dir, name)));
  return entries
    .filter((entry) => entry !== undefined)
    .sort((a, b) => b.importedAt - a.importedAt || (a.name < b.name ? -1 : 1));
}

/** `undefined` for what is not an entry, or one whose files are gone or have another length. */
export async function readEntry(dir: string, fileName: string): Promise<StoredModel | undefined> {
  try {
    const read = JSON.parse(await readFile(join(dir, fileName), 'utf8')) as Record<string, unknown>;
    // What was measured may be of another version; the model is good without it.
    const profile = modelProfileSchema.safeParse(read['profile']);
    const value = storedModelSchema.safeParse({ ...read, profile: profile.data });
    if (!value.success || `${value.data.name}.json` !== fileName || value.data.path === '') return undefined;
    const { profile: kept, ...facts } = value.data;
    const found = await Promise.all(partsOf(facts.path).map((path) => stat(path)));
    const bytes = found.reduce((sum, one) => sum + one.size, 0);
    if (!found.every((one) => one.isFile()) || bytes !== facts.bytes) return undefined;
    return kept === undefined ? facts : { ...facts, profile: kept };
  } catch {
    return undefined;
  }
}

/** Writes the entry under the first free name: `base`, `base-2`, … Taking a name is one step of the file system. */
export async function claimName(entry: {
  dir: string;
  base: string;
  facts: Omit<StoredModel, 'name'>;
}): Promise<StoredModel> {
  const { dir, base, facts } = entry;
  for (let n = 1; ; n += 1) {
    const model: StoredModel = { name: n === 1 ? base : `${base}-${n}`, ...facts };
    const path = join(dir, `${model.name}.json`);
    const draft = await writeDraft(dir, model);
    try {
      await link(draft, path).catch(async (error: NodeJS.ErrnoException) => {
        if (error.code === 'EEXIST' || (await exists(path))) throw Object.assign(error, { code: 'EEXIST' });
        await rename(draft, path);
      });
      await syncFolder(dir);
      return model;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      const taken = await readEntry(dir, basename(path));
      if (taken?.sha256 === facts.sha256) return taken;
      // An entry without its file is of no use to anyone: its name is free.
      if (taken === undefined) {
        await rm(path, { force: true });
        n -= 1;
      }
    } finally {
      await rm(draft, { force: true });
    }
  }
}

/** Puts a changed entry in the place of the old one, at once. */
export async function replaceEntry(dir: string, model: StoredModel): Promise<StoredModel> {
  const draft = await writeDraft(dir, model);
  try {
    await rename(draft, join(dir, `${model.name}.json`));
    await syncFolder(dir);
    return model;
  } finally {
    await rm(draft, { force: true });
  }
}

/** Gives a whole file its name. The name holds the hash, so a file that has it already holds the same bytes. */
export async function placeFile(part: string, target: string): Promise<void> {
  try {
    await link(part, target);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return;
    // No links on this file system: renaming over a file of the same hash puts the same bytes there.
    await rename(part, target);
  }
}

/** A name that is a safe file name everywhere: of the file, or of the metadata where the file has a hash for a name. */
export function nameOf(fileName: string, inFile: string | undefined): string {
  const plain = readPartName(fileName)?.before ?? fileName.replace(/\.gguf$/i, '');
  const given =
    /^sha256[-:]?[0-9a-f]{16,}|^[0-9a-f]{32,}$/i.test(plain) && inFile !== undefined && inFile !== '' ? inFile : plain;
  const safe = given
    .normalize('NFKC')
    .replace(/[^\p{L}\p{N}._-]+/gu, '-')
    .replace(/^[.-]+|[.-]+$/g, '')
    .slice(0, 80);
  if (safe === '') return 'model';
  return /^(con|prn|aux|nul|com\d|lpt\d)$/i.test(safe) ? `model-${safe}` : safe;
}

async function writeDraft(dir: string, model: StoredModel): Promise<string> {
  const draft = join(dir, `${process.pid}-${crypto.randomUUID()}.part`);
  const file = await open(draft, 'wx', 0o600);
  try {
    await file.writeFile(`${JSON.stringify(model, undefined, 2)}\n`);
    await file.sync();
  } finally {
    await file.close();
  }
  return draft;
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
