import {
  NootropicError,
  type ModelDownload,
  type ModelListing,
  type ModelSource,
  type DownloadFile,
} from '@nootropic/contracts';
import { z } from 'zod';
import { readRemoteHeader } from './model-download-header.ts';
import { createPlaceFetch, placeFault } from './model-download-request.ts';

export interface OllamaRegistryOptions {
  readonly fetch: typeof globalThis.fetch;
  /** Default `https://registry.ollama.ai`. */
  readonly registry?: string;
  /** Milliseconds before the first retry of a request. Default 500. */
  readonly retryMs?: number;
}

/** A digest goes into addresses and names of files, so it may hold nothing else. */
const digest = z.string().regex(/^sha256:[0-9a-f]{64}$/);

const manifestSchema = z.object({
  layers: z.array(z.object({ mediaType: z.string(), digest, size: z.int().nonnegative() })),
});

const mediaTypes = {
  manifest: 'application/vnd.docker.distribution.manifest.v2+json',
  model: 'application/vnd.ollama.image.model',
  license: 'application/vnd.ollama.image.license',
} as const;

interface OllamaName {
  /** Path in the registry: `library/qwen3`. */
  readonly path: string;
  /** As a person writes it: `qwen3`, `someone/model`. */
  readonly shown: string;
  readonly tag: string;
  /** The digest of the model's layer, from a pinned reference. */
  readonly pin: string | undefined;
}

/**
 * Models of the Ollama registry: `ollama:NAME`, `ollama:NAME:TAG`, `ollama:USER/NAME:TAG`. The tag's manifest names the GGUF file by its
 * SHA-256, and the pinned reference keeps that. The registry has no search: a query is looked up as a name.
 */
export function createOllamaRegistrySource(options: OllamaRegistryOptions): ModelSource {
  const registry = (options.registry ?? 'https://registry.ollama.ai').replace(/\/+$/, '');
  const placeFetch = (signal: AbortSignal | undefined): typeof globalThis.fetch =>
    createPlaceFetch({
      fetch: options.fetch,
      signal,
      ...(options.retryMs !== undefined && { retryMs: options.retryMs }),
    });
  const blobUrl = (name: OllamaName, of: string): string => `${registry}/v2/${name.path}/blobs/${of}`;

  async function resolve(ref: string, signal?: AbortSignal): Promise<ModelDownload> {
    const name = parseName(ref);
    const fetch = placeFetch(signal);
    try {
      const layers = await layersOf(`${registry}/v2/${name.path}/manifests/${encodeURIComponent(name.tag)}`, fetch);
      const models = layers.filter(({ mediaType }) => mediaType === mediaTypes.model);
      const [model] = models;
      if (model === undefined || models.length > 1 || model.size === 0)
        throw new NootropicError('MODEL_UNSUPPORTED', `${name.shown}:${name.tag} is not one GGUF file.`, {
          hint: 'It may run on a server of Ollama only. Choose another tag.',
        });
      const pinned = name.pin ?? model.digest;
      const bytes = pinned === model.digest ? model.size : await sizeOf(blobUrl(name, pinned), fetch);
      const license = await licenseOf(layers, { fetch, url: (one) => blobUrl(name, one), signal });
      const file: DownloadFile = {
        name: `${fileName(name)}.gguf`,
        url: blobUrl(name, pinned),
        bytes,
        sha256: pinned.slice('sha256:'.length),
      };
      return {
        ref: `ollama:${name.shown}:${name.tag}@${pinned}`,
        name: fileName(name),
        ...(license !== undefined && { license }),
        files: [file],
      };
    } catch (error) {
      throw placeFault(error, registry, signal);
    }
  }

  async function search(query: string, call: { limit?: number; signal?: AbortSignal } = {}): Promise<ModelListing[]> {
    try {
      const { name, license, files } = await resolve(`ollama:${query.trim().toLowerCase()}`, call.signal);
      return [
        {
          ref: `ollama:${query.trim().toLowerCase()}`,
          name,
          source: 'ollama',
          bytes: files.reduce((sum, file) => sum + file.bytes, 0),
          ...(license !== undefined && { license }),
        },
      ];
    } catch (error) {
      const fault = NootropicError.from(error);
      if (['MODEL_NOT_FOUND', 'MODEL_REF_INVALID', 'MODEL_UNSUPPORTED', 'DENIED'].includes(fault.code)) return [];
      throw fault;
    }
  }

  return {
    scheme: 'ollama',
    search,
    resolve,
    header: (download, signal) => readRemoteHeader(download, { fetch: options.fetch, signal }),
  };
}

function parseName(ref: string): OllamaName {
  const found =
    /^ollama:(?:(?<user>[\w-][\w.-]*)\/)?(?<name>[\w-][\w.-]*)(?::(?<tag>[\w-][\w.-]{0,127}))?(?:@(?<pin>sha256:[0-9a-f]{64}))?$/.exec(
      ref,
    )?.groups;
  const name = found?.['name'];
  if (found === undefined || name === undefined)
    throw new NootropicError('MODEL_REF_INVALID', `"${ref}" does not name a model of the Ollama registry.`, {
      hint: 'Use ollama:NAME, ollama:NAME:TAG or ollama:USER/NAME:TAG.',
    });
  const user = found['user'] ?? 'library';
  return {
    path: `${user}/${name}`,
    shown: user === 'library' ? name : `${user}/${name}`,
    tag: found['tag'] ?? 'latest',
    pin: found['pin'],
  };
}

function fileName({ shown, tag }: OllamaName): string {
  const name = shown.slice(shown.indexOf('/') + 1);
  return tag === 'latest' ? name : `${name}-${tag}`;
}

async function layersOf(url: string, fetch: typeof globalThis.fetch) {
  const response = await fetch(url, { headers: { accept: mediaTypes.manifest } });
  const manifest = manifestSchema.safeParse(await response.json());
  if (!manifest.success) throw new Error('the list of its files has another form than expected');
  return manifest.data.layers;
}

async function sizeOf(url: string, fetch: typeof globalThis.fetch): Promise<number> {
  const response = await fetch(url, { method: 'HEAD' });
  return Number(response.headers.get('content-length') ?? 0);
}

/** The first line of the licence: its name, nearly always. A model is not refused because its licence cannot be read. */
async function licenseOf(
  layers: readonly { mediaType: string; digest: string; size: number }[],
  of: {
    fetch: typeof globalThis.fetch;
    url: (digest: string) => string;
    signal: AbortSignal | undefined;
  },
): Promise<string | undefined> {
  const layer = layers.find(({ mediaType, size }) => mediaType === mediaTypes.license && size < 1_000_000);
  if (layer === undefined) return undefined;
  try {
    const text = await (await of.fetch(of.url(layer.digest))).text();
    const line = text
      .split('\n')
      .map((one) => one.trim())
      .find((one) => one !== '');
    return line?.slice(0, 120);
  } catch (error) {
    if (of.signal?.aborted === true) throw error;
    return undefined;
  }
}
