import type { Readable } from 'node:stream';

/** What is kept of a stream. */
export interface CappedOutput {
  /** As UTF-8; a character that the limit cut in two is left out. */
  text(): string;
  truncated(): boolean;
}

/** The longest start of `bytes`, at most `limit` long, that does not end within a UTF-8 character. */
export function cutUtf8(bytes: Uint8Array, limit: number): Uint8Array {
  if (bytes.length <= limit) return bytes;
  let end = limit;
  // Bytes 10xxxxxx continue a character: the cut must stand before its first byte. A character has at most four.
  for (let back = 0; back < 3 && end > 0 && ((bytes[end] ?? 0) & 0xc0) === 0x80; back += 1) end -= 1;
  return ((bytes[end] ?? 0) & 0xc0) === 0x80 ? bytes.subarray(0, limit) : bytes.subarray(0, end);
}

/**
 * Reads a stream to its end and keeps its first `maxBytes`: the writer is never made to wait for what is dropped. What is kept is told as it comes,
 * in whole characters.
 */
export function cappedOutput(stream: Readable | null, maxBytes: number, onText?: (text: string) => void): CappedOutput {
  const kept: Uint8Array[] = [];
  const decoder = new TextDecoder();
  let bytes = 0;
  let seen = 0;
  stream?.on('data', (chunk: Uint8Array) => {
    seen += chunk.length;
    // One byte beyond the limit tells whether a character was cut there.
    const room = maxBytes + 1 - bytes;
    if (room <= 0) return;
    kept.push(chunk.subarray(0, room));
    const text = onText ? decoder.decode(chunk.subarray(0, Math.max(0, maxBytes - bytes)), { stream: true }) : '';
    if (text !== '') onText?.(text);
    bytes += Math.min(room, chunk.length);
  });
  stream?.on('error', () => undefined);
  return {
    text: () => new TextDecoder().decode(cutUtf8(Buffer.concat(kept), maxBytes)),
    truncated: () => seen > maxBytes,
  };
}
