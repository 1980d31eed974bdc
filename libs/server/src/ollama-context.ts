import { messageSchema, NootropicError, type Message } from '@nootropic/contracts';
import { z } from 'zod';

/** Begins every context, so that numbers of another program are told from it: "noot". */
const mark = 0x6e6f6f74;
const bytesEach = 3;
const conversation = z.array(messageSchema).max(100_000);

/**
 * A conversation as the numbers that `/api/generate` gives and takes as `context`. Ollama's are tokens of the model; these are the bytes of the messages,
 * three to a number, since a conversation that was read back from tokens would not be read the same way again.
 */
export function writeContext(messages: readonly Message[]): number[] {
  const bytes = new TextEncoder().encode(JSON.stringify(messages));
  const numbers = [mark, bytes.length];
  for (let at = 0; at < bytes.length; at += bytesEach)
    numbers.push(((bytes[at] ?? 0) << 16) | ((bytes[at + 1] ?? 0) << 8) | (bytes[at + 2] ?? 0));
  return numbers;
}

/** @throws NootropicError `INPUT_INVALID` for numbers that `writeContext` did not give. */
export function readContext(numbers: readonly number[]): Message[] {
  const [first, length = 0, ...packed] = numbers;
  if (first === mark && packed.length === Math.ceil(length / bytesEach)) {
    const bytes = Uint8Array.from(packed.flatMap((number) => [number >> 16, number >> 8, number]));
    try {
      const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes.subarray(0, length));
      return conversation.parse(JSON.parse(text));
    } catch {
      // What cannot be read is refused below.
    }
  }
  throw new NootropicError('INPUT_INVALID', 'The context was not given by an answer of this host.', {
    hint: 'Send the numbers of `context` as they were, or leave them out.',
  });
}
