import { readdir, readFile, realpath, stat } from 'node:fs/promises';
import { posix, win32 } from 'node:path';
import type { ModelListing } from '@nootropic/contracts';
import { readPartName } from './model-store-entry.ts';

export interface LocalModelsOptions {
  /** The user's own folder. */
  readonly home: string;
  /** `OLLAMA_MODELS`, `HF_HUB_CACHE`, `HF_HOME`, `XDG_CACHE_HOME`. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly platform: NodeJS.Platform;
  /** Where the model store lies. With it, a listing says whether an import will copy. */
  readonly storeDir?: string;
  readonly signal?: AbortSignal;
}

/** A model file of another program. Of a split model, its first part; `bytes` are those of all parts. */
interface FoundFile {
  readonly path: string;
  readonly name: string;
  readonly bytes: number;
  readonly device: number;
  readonly owner: number;
  /** Two names of one file have the same. */
  readonly identity: string;
}

const mostFiles = 2000;
const deepest = 7;

/**
 * The GGUF files that Ollama, LM Studio and Hugging Face's tools left on this machine. Nothing is written, nothing is sent; folders that are
 * not there or may not be read are passed over. Each `ref` is a `file:` reference that `ModelStore.import` takes.
 */
export async function findLocalModels(options: LocalModelsOptions): Promise<ModelListing[]> {
  const store = options.storeDir === undefined ? undefined : await deviceOf(options.storeDir, options.platform);
  const places: readonly [source: string, files: () => Promise<FoundFile[]>][] = [
    ['ollama-files', () => ollamaFiles(options)],
    ['lm-studio', () => lmStudioFiles(options)],
    ['huggingface-files', () => huggingfaceFiles(options)],
  ];
  const seen = new Set<string>();
  const listings: ModelListing[] = [];
  for (const [source, files] of places) {
    for (const { path, name, bytes, device, owner, identity } of await files()) {
      if (seen.has(identity)) continue;
      seen.add(identity);
      const note = store === undefined ? undefined : importNote({ device, owner }, store);
      listings.push({ ref: `file:${path}`, name, source, bytes, ...(note !== undefined && { note }) });
    }
  }
  return listings;
}

/** A hard link needs one file system, and on Linux (`fs.protected_hardlinks`) a file of one's own. */
function importNote(file: { device: number; owner: number }, store: number): string {
  const user = process.getuid?.();
  if (file.device !== store) return 'Importing it copies it: it lies on another disk than the model store.';
  return user !== undefined && user !== 0 && file.owner !== user
    ? 'Importing it may copy it: it belongs to another user.'
    : 'Importing it costs no disk: it is linked.';
}

/** Ollama's store: manifests name blobs by their digest (https://github.com/ollama/ollama/blob/main/docs/faq.md). */
async function ollamaFiles({ home, env, platform, signal }: LocalModelsOptions): Promise<FoundFile[]> {
  const { join } = flavour(platform);
  const own = env['OLLAMA_MODELS'];
  const roots = own !== undefined && own !== '' ? [own] : [join(home, '.ollama', 'models')];
  // Where the installer for Linux runs it as a user of its own.
  if (platform === 'linux') roots.push('/usr/share/ollama/.ollama/models');
  const files: FoundFile[] = [];
  for (const root of roots) {
    const manifests = join(root, 'manifests');
    for (const path of await walk(manifests, { platform, signal })) {
      const digest = await modelDigest(path);
      if (digest === undefined) continue;
      const [host = '', user = '', name = '', tag = ''] = path.slice(manifests.length + 1).split(/[\\/]/);
      const shown = [...(host === 'registry.ollama.ai' ? [] : [host]), ...(user === 'library' ? [] : [user]), name];
      const file = await found(join(root, 'blobs', `sha256-${digest}`), `${shown.join('/')}:${tag}`);
      if (file !== undefined) files.push(file);
    }
  }
  return files;
}

/** The digest of the one model layer, in the form that is safe in a path. */
async function modelDigest(manifestPath: string): Promise<string | undefined> {
  try {
    const { size } = await stat(manifestPath);
    if (size > 1_000_000) return undefined;
    const { layers } = JSON.parse(await readFile(manifestPath, 'utf8')) as {
      layers?: readonly { mediaType?: unknown; digest?: unknown }[];
    };
    const models = (layers ?? []).filter(({ mediaType }) => mediaType === 'application/vnd.ollama.image.model');
    if (models.length !== 1) return undefined;
    return /^sha256:([0-9a-f]{64})$/.exec(String(models[0]?.digest))?.[1];
  } catch {
    return undefined;
  }
}

async function lmStudioFiles({ home, platform, signal }: LocalModelsOptions): Promise<FoundFile[]> {
  const { join } = flavour(platform);
  const moved = await readFile(join(home, '.lmstudio-home-pointer'), 'utf8').catch(() => '');
  const roots = [
    ...(moved.trim() === '' ? [] : [join(moved.trim(), 'models')]),
    join(home, '.lmstudio', 'models'),
    join(home, '.cache', 'lm-studio', 'models'),
  ];
  const files: FoundFile[] = [];
  for (const root of roots) files.push(...(await modelFiles(root, { platform, signal })));
  return files;
}

/** https://huggingface.co/docs/huggingface_hub/guides/manage-cache: `models--OWNER--REPO/snapshots/COMMIT/FILE`, links to blobs. */
async function huggingfaceFiles({ home, env, platform, signal }: LocalModelsOptions): Promise<FoundFile[]> {
  const { join } = flavour(platform);
  const set = (name: string): string | undefined => (env[name] === '' ? undefined : env[name]);
  const huggingfaceHome = set('HF_HOME') ?? join(set('XDG_CACHE_HOME') ?? join(home, '.cache'), 'huggingface');
  const root = set('HF_HUB_CACHE') ?? set('HUGGINGFACE_HUB_CACHE') ?? join(huggingfaceHome, 'hub');
  const files: FoundFile[] = [];
  for (const folder of await readdir(root).catch(() => [])) {
    if (folder.startsWith('models--'))
      files.push(...(await modelFiles(join(root, folder, 'snapshots'), { platform, signal })));
  }
  return files;
}

interface Walk {
  readonly platform: NodeJS.Platform;
  readonly signal: AbortSignal | undefined;
}

async function modelFiles(root: string, options: Walk): Promise<FoundFile[]> {
  const { basename, dirname, join } = flavour(options.platform);
  const files: FoundFile[] = [];
  for (const path of await walk(root, options)) {
    const file = basename(path);
    if (!/\.gguf$/i.test(file) || /mmproj|imatrix/i.test(file)) continue;
    const part = readPartName(file);
    if (part !== undefined && part.part !== 1) continue;
    const first = await found(path, part?.before ?? file.replace(/\.gguf$/i, ''));
    if (first === undefined) continue;
    let bytes = first.bytes;
    let whole = true;
    for (let number = 2; number <= (part?.parts ?? 1); number += 1) {
      const other = join(dirname(path), file.replace(/-00001-of-/, `-${String(number).padStart(5, '0')}-of-`));
      const more = await found(other, '');
      whole &&= more !== undefined;
      bytes += more?.bytes ?? 0;
    }
    if (whole) files.push({ ...first, bytes });
  }
  return files;
}

/** Files under a folder, in order of their names; does not follow links to folders. */
async function walk(root: string, { platform, signal }: Walk, depth = 0): Promise<string[]> {
  signal?.throwIfAborted();
  const { join } = flavour(platform);
  const files: string[] = [];
  const entries = await readdir(root, { withFileTypes: true }).catch(() => []);
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const path = join(root, entry.name);
    if (entry.isDirectory() && depth < deepest) files.push(...(await walk(path, { platform, signal }, depth + 1)));
    else if (!entry.isDirectory()) files.push(path);
    if (files.length > mostFiles) break;
  }
  return files;
}

async function found(path: string, name: string): Promise<FoundFile | undefined> {
  try {
    const real = await realpath(path);
    const { size, dev, ino, uid } = await stat(real);
    return size === 0 ? undefined : { path, name, bytes: size, device: dev, owner: uid, identity: `${dev}:${ino}` };
  } catch {
    return undefined;
  }
}

/** Of the folder, or of the nearest one above it that is there already. */
async function deviceOf(path: string, platform: NodeJS.Platform): Promise<number | undefined> {
  const above = flavour(platform).dirname(path);
  try {
    return (await stat(path)).dev;
  } catch {
    return above === path ? undefined : deviceOf(above, platform);
  }
}

function flavour(platform: NodeJS.Platform): typeof posix {
  return platform === 'win32' ? win32 : posix;
}
