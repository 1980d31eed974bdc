import { open, realpath } from 'node:fs/promises';
import { basename } from 'node:path';
import { NootropicError, type GgufHeader, type ModelRole } from '@nootropic/contracts';
import { ggufTensorTypes } from './gguf-tensor-types.ts';
import { vocabularyFault } from './gguf-vocabulary.ts';
import { partsOf } from './model-store-entry.ts';

/** What a model file's header says, once it was found sound. */
export interface GgufSummary {
  readonly path: string;
  /** The name in the file, or the file's own. */
  readonly name: string;
  readonly architecture: string;
  /** Tokens the model was trained on; 0 when the file does not say. */
  readonly contextLength: number;
  readonly parameters: number;
  /** Bytes of the file; of a split model, of all its parts. */
  readonly bytes: number;
  /** The type of most weights: `Q4_K`, `F16`. */
  readonly quantisation: string;
  /** What the model is made for, as far as the header tells. */
  readonly role: ModelRole;
  readonly hasChatTemplate: boolean;
  /** Has tokens to fill a gap between a prefix and a suffix. */
  readonly fillsGaps: boolean;
  /** Length of an embedding. */
  readonly embeddingLength: number;
  readonly header: GgufHeader;
}

export interface CheckGgufOptions {
  readonly signal?: AbortSignal;
  /** Milliseconds that the check may take. Default 10000. */
  readonly limitMs?: number;
}

/** llama.cpp's own bounds (llama-hparams.h); it ends its process beyond them. */
const maxLayers = 512;
const maxExperts = 1024;
/** The smallest description of a tensor and of a value: name length, type and offset; key length, type and one byte. */
const leastTensor = 24;
const leastValue = 13;

/**
 * Reads a GGUF file's header and proves that the file can hold what it describes, so that a damaged file is refused here, with a reason,
 * and not by a crash or a hang of the native loader. Reads only the header, at most 50 MB, and never touches the network.
 * Of a split model, whose first part is named, the other parts must be there and are counted.
 *
 * Rejects with `MODEL_NOT_FOUND` where there is no file, `MODEL_FILE_INVALID` with what is wrong, `ABORTED` when the signal fires.
 */
export async function checkGguf(path: string, options: CheckGgufOptions = {}): Promise<GgufSummary> {
  const { signal, limitMs = 10_000 } = options;
  if (signal?.aborted === true) throw new NootropicError('ABORTED');
  const stopped = Promise.withResolvers<never>();
  const onAbort = (): void => stopped.reject(new NootropicError('ABORTED'));
  signal?.addEventListener('abort', onAbort, { once: true });
  const timer = setTimeout(() => stopped.reject(invalid(path, 'its header could not be read in time')), limitMs);
  try {
    return await Promise.race([read(path), stopped.promise]);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', onAbort);
  }
}

function invalid(path: string, why: string, cause?: unknown): NootropicError {
  return new NootropicError('MODEL_FILE_INVALID', `${path} is not a sound GGUF file: ${why}.`, { cause });
}

async function read(path: string): Promise<GgufSummary> {
  const { metadata, tensors, bytes } = await readFileOf(path);
  const rest = metadata['split.no'] === 0 ? partsOf(path).slice(1) : [];
  const parts = [];
  for (const part of rest) parts.push(await readFileOf(part));
  const { architecture, one } = checkShape(path, metadata);
  const fault = vocabularyFault(metadata);
  if (fault !== undefined) throw invalid(path, fault);
  const vocabulary = metadata['tokenizer.ggml.tokens'];
  const name = metadata['general.name'];
  return {
    path,
    name: typeof name === 'string' && name.trim() !== '' ? name.trim() : basename(path).replace(/\.gguf$/i, ''),
    architecture,
    contextLength: one('context_length') ?? 0,
    parameters: parts.reduce((sum, part) => sum + part.tensors.parameters, tensors.parameters),
    bytes: parts.reduce((sum, part) => sum + part.bytes, bytes),
    quantisation: tensors.quantisation,
    role: roleOf(architecture, metadata),
    hasChatTemplate: typeof metadata['tokenizer.chat_template'] === 'string',
    fillsGaps: ['fim_pre', 'fim_suf', 'fim_mid'].every(
      (part) => typeof metadata[`tokenizer.ggml.${part}_token_id`] === 'number',
    ),
    embeddingLength: one('embedding_length') ?? 0,
    header: {
      architecture,
      metadata,
      tensorBytes: parts.reduce((sum, part) => sum + part.tensors.bytes, tensors.bytes),
      tensors: [tensors, ...parts.map((part) => part.tensors)].flatMap(({ list }) => list),
      vocabulary: Array.isArray(vocabulary) ? vocabulary.length : (one('vocab_size') ?? 0),
    },
  };
}

/** What one file describes; not yet whether that makes a model. */
async function readFileOf(path: string) {
  const { file, bytes } = await readStart(path);
  // Loaded here because the parser is needed only by those who run models themselves.
  const { gguf } = await import('@huggingface/gguf');
  let parsed;
  try {
    parsed = await gguf(file, { allowLocalFile: true, fetch: refuseNetwork });
  } catch (cause) {
    const message = cause instanceof Error ? cause.message.replace(/^not a valid gguf file: /, '') : String(cause);
    throw invalid(
      path,
      cause instanceof RangeError ? 'it ends in the middle of its header, or a length in it is wrong' : message,
      cause,
    );
  }
  const metadata = parsed.metadata as unknown as Readonly<Record<string, unknown>>;
  return {
    metadata,
    bytes,
    tensors: measureTensors(path, parsed.tensorInfos, { bytes, dataOffset: parsed.tensorDataOffset }),
  };
}

/** The first bytes, checked by hand: the counts in them decide how long the rest takes to read. */
async function readStart(path: string): Promise<{ file: string; bytes: number }> {
  let handle;
  let file;
  try {
    // An absolute path never looks like an address.
    file = await realpath(path);
    handle = await open(file, 'r');
  } catch (cause) {
    throw new NootropicError('MODEL_NOT_FOUND', `There is no model file ${path} that can be read.`, { cause });
  }
  try {
    const stats = await handle.stat();
    if (!stats.isFile()) throw invalid(path, 'it is not a file');
    const head = Buffer.alloc(24);
    const { bytesRead } = await handle.read(head, 0, 24, 0);
    if (bytesRead < 24) throw invalid(path, `it is only ${stats.size} bytes long`);
    if (head.toString('latin1', 0, 4) !== 'GGUF') throw invalid(path, 'it does not begin with GGUF');
    const version = head.readUInt32LE(4);
    if (version !== 2 && version !== 3) throw invalid(path, `its version ${version} is not known (2 and 3 are)`);
    const tensors = head.readBigUInt64LE(8);
    const values = head.readBigUInt64LE(16);
    if (tensors === 0n || values === 0n) throw invalid(path, 'it describes no model');
    if (tensors * BigInt(leastTensor) + values * BigInt(leastValue) > BigInt(stats.size)) {
      throw invalid(path, `it is too short for the ${tensors} tensors and ${values} values that it claims`);
    }
    return { file, bytes: stats.size };
  } finally {
    await handle.close();
  }
}

interface TensorInfo {
  readonly name: string;
  readonly shape: readonly bigint[];
  readonly dtype: number;
  readonly offset: bigint;
}

function measureTensors(path: string, infos: readonly TensorInfo[], file: { bytes: number; dataOffset: bigint }) {
  const names = new Set<string>();
  const byType = new Map<string, number>();
  const list: NonNullable<GgufHeader['tensors']>[number][] = [];
  let parameters = 0;
  let total = 0;
  for (const { name, shape, dtype, offset } of infos) {
    if (name === '') throw invalid(path, 'a tensor has no name');
    if (names.has(name)) throw invalid(path, `it holds the tensor ${shown(name)} twice`);
    names.add(name);
    const type = ggufTensorTypes.get(dtype);
    if (type === undefined) throw invalid(path, `the tensor ${shown(name)} is of the unknown type ${dtype}`);
    if (shape.length === 0 || shape.length > 4)
      throw invalid(path, `the tensor ${shown(name)} has ${shape.length} dimensions (1 to 4 are possible)`);
    if (shape.some((length) => length <= 0n))
      throw invalid(path, `the tensor ${shown(name)} has a dimension of length 0`);
    const numbers = shape.reduce((product, length) => product * length, 1n);
    if ((shape[0] ?? 0n) % BigInt(type.numbers) !== 0n)
      throw invalid(path, `the rows of the tensor ${shown(name)} do not fill whole blocks of ${type.name}`);
    const bytes = (numbers / BigInt(type.numbers)) * BigInt(type.bytes);
    if (file.dataOffset + offset + bytes > BigInt(file.bytes)) {
      throw invalid(
        path,
        `the tensor ${shown(name)} needs ${bytes} bytes at ${file.dataOffset + offset}, but the file ends at ${file.bytes}`,
      );
    }
    parameters += Number(numbers);
    total += Number(bytes);
    list.push({ name, type: type.name, numbers: Number(numbers), bytes: Number(bytes) });
    byType.set(type.name, (byType.get(type.name) ?? 0) + Number(numbers));
  }
  if (total > file.bytes) throw invalid(path, 'its tensors overlap');
  const quantisation = [...byType].reduce((most, entry) => (entry[1] > most[1] ? entry : most), ['', 0])[0];
  return { parameters, bytes: total, quantisation, list };
}

/** Names come from the file: a damaged one may hold anything. */
function shown(name: string): string {
  return JSON.stringify(name.length > 60 ? `${name.slice(0, 60)}…` : name);
}

function checkShape(path: string, metadata: Readonly<Record<string, unknown>>) {
  const architecture = metadata['general.architecture'];
  if (typeof architecture !== 'string' || !/^[a-z0-9][a-z0-9._-]{0,63}$/i.test(architecture))
    throw invalid(path, 'it does not name its architecture');
  const read = (key: string): unknown => metadata[`${architecture}.${key}`];
  const one = (key: string): number | undefined => {
    const value = read(key);
    if (value === undefined || Array.isArray(value)) return undefined;
    const number = typeof value === 'bigint' ? Number(value) : value;
    if (typeof number !== 'number' || !Number.isFinite(number))
      throw invalid(path, `${architecture}.${key} is not a number`);
    return number;
  };
  const within = (key: string, least: number, most: number): number => {
    const value = one(key);
    if (value === undefined) throw invalid(path, `${architecture}.${key} is missing`);
    if (!Number.isInteger(value) || value < least || value > most)
      throw invalid(path, `${architecture}.${key} is ${value}`);
    return value;
  };
  const layers = within('block_count', 1, maxLayers);
  const width = within('embedding_length', 1, 1_048_576);
  if (read('context_length') !== undefined) within('context_length', 1, 1_073_741_824);
  if (read('expert_count') !== undefined) within('expert_count', 0, maxExperts);
  const heads = perLayer(path, `${architecture}.attention.head_count`, { value: read('attention.head_count'), layers });
  const shared = perLayer(path, `${architecture}.attention.head_count_kv`, {
    value: read('attention.head_count_kv'),
    layers,
  });
  for (let layer = 0; layer < layers; layer += 1) {
    const own = heads?.[layer] ?? 0;
    const group = shared?.[layer] ?? own;
    if (own > 0 && group > 0 && own % group !== 0)
      throw invalid(path, `its ${own} attention heads cannot share ${group} key heads`);
    if (own > 0 && read('attention.key_length') === undefined && width % own !== 0) {
      throw invalid(path, `its width ${width} cannot be divided among ${own} attention heads`);
    }
  }
  return { architecture, one };
}

function perLayer(path: string, key: string, of: { value: unknown; layers: number }): number[] | undefined {
  if (of.value === undefined) return undefined;
  const list: unknown[] = Array.isArray(of.value) ? of.value : Array.from({ length: of.layers }, () => of.value);
  if (list.length < of.layers) throw invalid(path, `${key} has ${list.length} entries for ${of.layers} layers`);
  return list.map((value) => {
    if (typeof value !== 'number' || !Number.isInteger(value) || value < 0 || value > 65_536)
      throw invalid(path, `${key} is ${String(value).slice(0, 40)}`);
    return value;
  });
}

function roleOf(architecture: string, metadata: Readonly<Record<string, unknown>>): ModelRole {
  const pooling = metadata[`${architecture}.pooling_type`];
  if (pooling === 4) return 'reranking';
  if ((typeof pooling === 'number' && pooling > 0) || /bert|t5encoder|embedding/.test(architecture)) return 'embedding';
  const fills = typeof metadata['tokenizer.ggml.fim_pre_token_id'] === 'number';
  return fills && metadata['tokenizer.chat_template'] === undefined ? 'completion' : 'chat';
}

function refuseNetwork(): Promise<never> {
  return Promise.reject(new Error('A model file is read from the disk only.'));
}
