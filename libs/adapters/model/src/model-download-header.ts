import { NootropicError, type GgufHeader, type ModelDownload } from '@nootropic/contracts';
import { ggufTensorTypes } from './gguf-tensor-types.ts';
import { reasonOf } from './model-download-faults.ts';
import { createPlaceFetch } from './model-download-request.ts';

/** Reads the header of a model that is not here by ranges, some megabytes of each file; the tensors of all parts of a split model. */
export async function readRemoteHeader(
  download: ModelDownload,
  options: { readonly fetch: typeof globalThis.fetch; readonly signal: AbortSignal | undefined },
): Promise<GgufHeader> {
  const { signal } = options;
  const { gguf } = await import('@huggingface/gguf');
  const fetch = onlyRanges(createPlaceFetch(options));
  let first: Readonly<Record<string, unknown>> | undefined;
  const tensors: NonNullable<GgufHeader['tensors']>[number][] = [];
  for (const { name, url } of download.files) {
    const parsed = await gguf(url, { fetch }).catch((cause: unknown) => {
      if (NootropicError.is(cause)) throw cause;
      if (signal?.aborted === true) throw new NootropicError('ABORTED', undefined, { cause });
      throw new NootropicError('MODEL_FILE_INVALID', `${name} is not a sound GGUF file: ${reasonOf(cause)}.`, {
        cause,
      });
    });
    first ??= parsed.metadata as unknown as Readonly<Record<string, unknown>>;
    for (const tensor of parsed.tensorInfos) {
      const type = ggufTensorTypes.get(tensor.dtype);
      if (type === undefined)
        throw new NootropicError('MODEL_FILE_INVALID', `${name} holds numbers of the unknown type ${tensor.dtype}.`);
      const numbers = tensor.shape.reduce((product, length) => product * Number(length), 1);
      tensors.push({ name: tensor.name, type: type.name, numbers, bytes: (numbers / type.numbers) * type.bytes });
    }
  }
  const metadata = first ?? {};
  const architecture = metadata['general.architecture'];
  if (typeof architecture !== 'string')
    throw new NootropicError('MODEL_FILE_INVALID', `${download.name} does not name its architecture.`);
  const tokens = metadata['tokenizer.ggml.tokens'];
  const stated = metadata[`${architecture}.vocab_size`];
  return {
    architecture,
    metadata,
    tensorBytes: tensors.reduce((sum, { bytes }) => sum + bytes, 0),
    vocabulary: Array.isArray(tokens) ? tokens.length : typeof stated === 'number' ? stated : 0,
    tensors,
  };
}

/** A place that answers a range with the whole file would send gigabytes into memory. */
function onlyRanges(fetch: typeof globalThis.fetch): typeof globalThis.fetch {
  return async (input, init) => {
    const headers = { ...(init?.headers as Record<string, string> | undefined), 'accept-encoding': 'identity' };
    const response = await fetch(input, { ...init, headers });
    if (response.status === 206) return response;
    await response.body?.cancel();
    throw new NootropicError('SOURCE_UNREACHABLE', `${new URL(String(input)).host} does not give parts of files.`, {
      hint: 'Pull the model: its header is read from the disk then.',
    });
  };
}
