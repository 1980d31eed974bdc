import { shapedFile, shapedPresets, type ShapedModel } from './shaped-gguf.ts';

/** What is needed of `node:fs/promises`. */
export interface StreamWriter {
  mkdir(path: string, options: { recursive: true }): Promise<unknown>;
  stat(path: string): Promise<{ readonly size: number }>;
  writeFile(path: string, pieces: Iterable<Uint8Array>): Promise<unknown>;
  rename(from: string, to: string): Promise<unknown>;
  rm(path: string, options: { force: true }): Promise<unknown>;
}

export interface ShapedGgufPlace {
  /** `node:fs/promises`, or something of its form. */
  readonly fs: StreamWriter;
  /** Folder to keep the file in; made where it is missing. */
  readonly dir: string;
}

/** Raise this when the same shape gives other bytes than before. */
const version = 2;

/**
 * Path of the model of this shape in `dir`, written there piece by piece if it is not yet. The name holds the hash of the shape. The file
 * appears whole or not at all; two processes may ask at once.
 */
export async function shapedGguf(
  { fs, dir }: ShapedGgufPlace,
  shape: ShapedModel | keyof typeof shapedPresets,
): Promise<string> {
  const model: ShapedModel = typeof shape === 'string' ? shapedPresets[shape] : shape;
  const path = `${dir}/shaped-${model.name}-${model.quantisation}-${await hashOf(model)}.gguf`;
  const file = shapedFile(model);
  if (await isThere(fs, path, file.bytes)) return path;
  await fs.mkdir(dir, { recursive: true });
  const draft = `${path}.${crypto.randomUUID()}.part`;
  try {
    await fs.writeFile(draft, file.pieces());
    await fs.rename(draft, path);
  } catch (error) {
    await fs.rm(draft, { force: true });
    // On Windows a file cannot be replaced while another process reads it; that process then put the same bytes there.
    if (!(await isThere(fs, path, file.bytes))) throw error;
  }
  return path;
}

async function hashOf(model: ShapedModel): Promise<string> {
  const entries = Object.entries(model).toSorted(([a], [b]) => (a < b ? -1 : 1));
  const bytes = new TextEncoder().encode(JSON.stringify([version, entries]));
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
  return Array.from(digest.subarray(0, 6), (byte) => byte.toString(16).padStart(2, '0')).join('');
}

async function isThere(fs: StreamWriter, path: string, bytes: number): Promise<boolean> {
  try {
    return (await fs.stat(path)).size === bytes;
  } catch {
    return false;
  }
}
