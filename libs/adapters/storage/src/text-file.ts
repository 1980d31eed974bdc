import { open } from 'node:fs/promises';
import { NootropicError } from '@nootropic/contracts';

const pieceBytes = 256 * 1024;

/** A file of any size, as a stream. */
export interface TextFile {
  readonly bytes: number;
  /** Its text in pieces: UTF-16 by its byte order mark, UTF-8 otherwise. Iterated once; closes the file at its end. */
  readonly pieces: AsyncIterable<string | Uint8Array>;
}

/** Opens a text file to be read in pieces. Rejects with `PATH_NOT_FOUND`, `DENIED`, or `INPUT_INVALID` for what is no regular file. */
export async function readTextFile(path: string): Promise<TextFile> {
  try {
    // Opening a pipe would wait for its other end.
    const file = await open(path, 'r');
    try {
      const found = await file.stat();
      if (!found.isFile()) throw new NootropicError('INPUT_INVALID', `${path} is not a regular file.`);
      return { bytes: found.size, pieces: piecesOf(file) };
    } catch (error) {
      await file.close();
      throw error;
    }
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
    if (code === 'ENOENT' || code === 'ENOTDIR')
      throw new NootropicError('PATH_NOT_FOUND', `There is no file ${path}.`, { cause });
    throw NootropicError.from(cause);
  }
}

async function* piecesOf(file: Awaited<ReturnType<typeof open>>): AsyncGenerator<string | Uint8Array> {
  try {
    let decoder: InstanceType<typeof TextDecoder> | undefined;
    for (let isFirst = true; ; isFirst = false) {
      const { bytesRead, buffer } = await file.read(Buffer.allocUnsafe(pieceBytes), 0, pieceBytes, null);
      if (bytesRead === 0) break;
      const piece = buffer.subarray(0, bytesRead);
      if (isFirst && piece[0] === 0xff && piece[1] === 0xfe) decoder = new TextDecoder('utf-16le');
      if (isFirst && piece[0] === 0xfe && piece[1] === 0xff) decoder = new TextDecoder('utf-16be');
      yield decoder === undefined ? piece : decoder.decode(piece, { stream: true });
    }
    if (decoder !== undefined) yield decoder.decode();
  } finally {
    await file.close();
  }
}
