import { tinyEmbeddingGgufBytes, tinyGgufBytes, tinyRerankerGgufBytes, type TinyGgufOptions } from './tiny-gguf.ts';

/** What is needed of `node:fs/promises`. */
export interface FileWriter {
  mkdir(path: string, options: { recursive: true }): Promise<unknown>;
  readFile(path: string): Promise<Uint8Array>;
  writeFile(path: string, data: Uint8Array): Promise<unknown>;
  rename(from: string, to: string): Promise<unknown>;
  rm(path: string, options: { force: true }): Promise<unknown>;
}

export interface TinyGgufPlace {
  /** `node:fs/promises`, or something of its form. */
  readonly fs: FileWriter;
  /** Folder to keep the file in; made where it is missing. */
  readonly dir: string;
}

/**
 * Path of the tiny language model in `dir`, written there if it is not yet. The name holds the hash of the content, so an older
 * version is never taken for it. The file appears whole or not at all; two processes may ask at once.
 */
export async function tinyGguf(place: TinyGgufPlace, options: TinyGgufOptions = {}): Promise<string> {
  return await keep(place, 'tiny-chat', tinyGgufBytes(options));
}

/** Path of the tiny embedding model in `dir`: see {@link tinyGguf}. */
export async function tinyEmbeddingGguf(place: TinyGgufPlace): Promise<string> {
  return await keep(place, 'tiny-embedding', tinyEmbeddingGgufBytes());
}

/** Path of the tiny reranking model in `dir`: see {@link tinyGguf}. */
export async function tinyRerankerGguf(place: TinyGgufPlace): Promise<string> {
  return await keep(place, 'tiny-reranker', tinyRerankerGgufBytes());
}

async function keep({ fs, dir }: TinyGgufPlace, name: string, bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
  const hash = Array.from(digest.subarray(0, 6), (byte) => byte.toString(16).padStart(2, '0')).join('');
  const path = `${dir}/${name}-${hash}.gguf`;
  if (await holds(fs, path, bytes)) return path;
  await fs.mkdir(dir, { recursive: true });
  const draft = `${path}.${crypto.randomUUID()}.part`;
  try {
    await fs.writeFile(draft, bytes);
    await fs.rename(draft, path);
  } catch (error) {
    await fs.rm(draft, { force: true });
    // On Windows a file cannot be replaced while another process reads it; that process then put the same bytes there.
    if (!(await holds(fs, path, bytes))) throw error;
  }
  return path;
}

async function holds(fs: FileWriter, path: string, bytes: Uint8Array): Promise<boolean> {
  try {
    const found = await fs.readFile(path);
    return found.length === bytes.length && found.every((byte, at) => byte === bytes[at]);
  } catch {
    return false;
  }
}
