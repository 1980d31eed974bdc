import type { ListFileEntry } from '@huggingface/hub';
import {
  NootropicError,
  type DownloadFile,
  type ModelDownload,
  type ModelListing,
  type ModelRole,
  type ModelSource,
} from '@nootropic/contracts';
import { createHuggingfaceFetch, readEndpoint } from './huggingface-fetch.ts';
import { chooseGguf, groupGgufFiles, parseHuggingfaceRef, type HuggingfaceRef } from './huggingface-ref.ts';
import { readRemoteHeader } from './model-download-header.ts';
import { createPlaceFetch, placeFault } from './model-download-request.ts';
import { readPartName } from './model-store-entry.ts';

export interface HuggingfaceSourceOptions {
  readonly fetch: typeof globalThis.fetch;
  /** `HF_ENDPOINT`: another server with the same interface. Default `https://huggingface.co`. */
  readonly endpoint?: string | undefined;
  /** `HF_TOKEN`: sent to the endpoint's origin and nowhere else, and only encrypted or on this machine. */
  readonly token?: string | undefined;
  /** Milliseconds before the first retry of a request. Default 500. */
  readonly retryMs?: number;
}

/** What is asked of the interface about one repository. */
interface RepoFacts {
  readonly commit: string;
  readonly license: string | undefined;
  readonly role: ModelRole | undefined;
  readonly gated: boolean;
}

/**
 * GGUF models on Hugging Face. References: `hf:owner/repo` (Q4_K_M, or what comes nearest), `hf:owner/repo:Q5_K_M`,
 * `hf:owner/repo/file.gguf`, each with `@revision` where it need be. A reference is resolved to a commit, and the sizes and hashes come
 * from its file list; a file without a SHA-256 is refused, since nothing could prove that it arrived right.
 *
 * What is downloaded needs the token as well where a model is private or gated: let the store download through `createHuggingfaceFetch`.
 */
export function createHuggingfaceSource(options: HuggingfaceSourceOptions): ModelSource {
  const endpoint = readEndpoint(options.endpoint);
  const authorised = createHuggingfaceFetch({ fetch: options.fetch, endpoint, token: options.token });
  const hasToken = options.token !== undefined && options.token !== '';

  /** What the library needs for each call: its requests end with the caller's signal. */
  const callOf = (signal: AbortSignal | undefined) => ({
    hubUrl: endpoint,
    fetch: createPlaceFetch({
      fetch: authorised,
      signal,
      ...(options.retryMs !== undefined && { retryMs: options.retryMs }),
    }),
  });

  const permission = (repo: string): string =>
    hasToken
      ? `Accept the terms of the model at ${endpoint}/${repo} with the account that HF_TOKEN belongs to.`
      : `If the model exists, it is private or asks to accept its terms: do that at ${endpoint}/${repo}, then set HF_TOKEN to a token of your account.`;

  async function guarded<T>(repo: string, signal: AbortSignal | undefined, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      const fault = placeFault(error, endpoint, signal);
      if (fault.code !== 'DENIED') throw fault;
      throw new NootropicError('DENIED', fault.message, { cause: error, hint: permission(repo) });
    }
  }

  async function resolve(text: string, signal?: AbortSignal): Promise<ModelDownload> {
    const ref = parseHuggingfaceRef(text);
    return guarded(ref.repo, signal, async () => {
      const facts = await factsOf(ref, callOf(signal));
      if (facts.gated && !hasToken)
        throw new NootropicError('DENIED', `${ref.repo} asks to accept its terms before it is downloaded.`);
      const { choice, labels } = await chosenOf(ref, facts.commit, callOf(signal));
      const files: DownloadFile[] = [];
      for (const { path, size, lfs } of choice.files) {
        const known = lfs ?? (await linkedFile({ ref, path, commit: facts.commit }, callOf(signal)));
        const sha256 = known?.oid.replace(/^sha256:/, '').toLowerCase() ?? '';
        if (!/^[0-9a-f]{64}$/.test(sha256))
          throw new NootropicError('MODEL_NOT_FOUND', `${endpoint} does not give the SHA-256 of ${path}.`, {
            hint: 'Choose another file or repository: without it nothing can prove that the file arrives right.',
          });
        files.push({
          name: fileName(path),
          url: `${endpoint}/${ref.repo}/resolve/${facts.commit}/${path.split('/').map(encodeURIComponent).join('/')}`,
          bytes: known?.size ?? size,
          sha256,
        });
      }
      const first = choice.files[0].path;
      return {
        ref: `hf:${ref.repo}/${first}@${facts.commit}`,
        name: modelName(first, ref.repo, labels),
        ...(facts.role !== undefined && { role: facts.role }),
        ...(facts.license !== undefined && { license: facts.license }),
        files,
      };
    });
  }

  async function search(query: string, call: { limit?: number; signal?: AbortSignal } = {}): Promise<ModelListing[]> {
    const { limit = 20, signal } = call;
    return guarded('', signal, async () => {
      const { listModels } = await import('@huggingface/hub');
      const listings: ModelListing[] = [];
      const found = listModels({
        ...callOf(signal),
        search: { query, tags: ['gguf'] },
        sort: 'downloads',
        limit,
        additionalFields: ['tags'],
      });
      for await (const { name, downloads, tags, task, gated } of found) {
        const [role, license] = [roleOf(task), licenseOf(tags)];
        listings.push({
          ref: `hf:${name}`,
          name,
          source: 'huggingface',
          ...(role !== undefined && { role }),
          ...(license !== undefined && { license }),
          ...(typeof downloads === 'number' && { downloads }),
          ...(gated !== false && gated !== undefined && { note: 'Asks to accept its terms, and for a token.' }),
        });
      }
      return listings;
    });
  }

  return {
    scheme: 'hf',
    search,
    resolve,
    header: (download, signal) => readRemoteHeader(download, { fetch: authorised, signal }),
  };
}

type HubCall = { readonly hubUrl: string; readonly fetch: typeof globalThis.fetch };

async function factsOf(ref: HuggingfaceRef, call: HubCall): Promise<RepoFacts> {
  const { modelInfo } = await import('@huggingface/hub');
  const info = await modelInfo({
    ...call,
    name: ref.repo,
    revision: ref.revision,
    additionalFields: ['sha', 'tags'],
  });
  if (!/^[0-9a-f]{40,64}$/.test(info.sha)) throw new Error('it names no commit');
  return {
    commit: info.sha,
    license: licenseOf(info.tags),
    role: roleOf(info.task),
    gated: info.gated !== false && info.gated !== undefined,
  };
}

async function chosenOf(ref: HuggingfaceRef, commit: string, call: HubCall) {
  const { listFiles } = await import('@huggingface/hub');
  const { parseGGUFQuantLabel } = await import('@huggingface/gguf');
  const files: ListFileEntry[] = [];
  for await (const file of listFiles({
    ...call,
    repo: { type: 'model', name: ref.repo },
    revision: commit,
    recursive: true,
  })) {
    if (file.type === 'file') files.push(file);
  }
  const choice = chooseGguf(ref, groupGgufFiles(files, parseGGUFQuantLabel));
  return { choice, labels: choice.quantisation };
}

/** Size and hash from the headers of the file itself (`X-Linked-Size`, `X-Linked-ETag`), for servers whose file list lacks them. */
async function linkedFile(
  of: { readonly ref: HuggingfaceRef; readonly path: string; readonly commit: string },
  call: HubCall,
): Promise<{ oid: string; size: number } | undefined> {
  const { fileDownloadInfo } = await import('@huggingface/hub');
  const found = await fileDownloadInfo({
    ...call,
    repo: { type: 'model', name: of.ref.repo },
    path: of.path,
    revision: of.commit,
  });
  return found === null ? undefined : { oid: found.etag.replace(/^(?:W\/)?"|"$/g, ''), size: found.size };
}

function fileName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

/** What to call the model: its file, or the repository where the file is called after its quantisation alone. */
function modelName(path: string, repo: string, quantisation: string): string {
  const name = fileName(path);
  const plain = readPartName(name)?.before ?? name.replace(/\.gguf$/i, '');
  if (plain.toUpperCase() !== quantisation && !/^(ggml-)?model\b/i.test(plain)) return plain;
  return `${(repo.split('/')[1] ?? repo).replace(/-gguf$/i, '')}-${quantisation === '' ? plain : quantisation}`;
}

function roleOf(task: string | undefined): ModelRole | undefined {
  if (task === 'feature-extraction' || task === 'sentence-similarity') return 'embedding';
  return task === 'text-ranking' ? 'reranking' : undefined;
}

function licenseOf(tags: readonly string[] | undefined): string | undefined {
  return tags?.find((tag) => tag.startsWith('license:'))?.slice('license:'.length);
}
