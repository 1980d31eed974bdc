import { NootropicError } from '@nootropic/contracts';

export interface BodyLimits {
  /** Of the body as it comes. */
  readonly bytes: number;
  /** Of JSON: arrays and objects within each other. */
  readonly depth: number;
  /** Of JSON: members of all objects together. */
  readonly keys: number;
}

/** Room for 20 MB of pictures in base64, and a text. */
export const bodyLimits: BodyLimits = { bytes: 30_000_000, depth: 64, keys: 100_000 };

/**
 * The text of a JSON body that keeps to the limits; empty where there is no body. The body must say that it is JSON: text, forms and files are what a
 * page of another site can send without asking first (https://fetch.spec.whatwg.org/#simple-header), so nothing is taken from them.
 * Throws `INPUT_INVALID` or `REQUEST_TOO_LARGE`.
 */
export async function readJsonText(request: Request, limits: BodyLimits = bodyLimits): Promise<string> {
  const bytes = await readBytes(request, limits.bytes);
  if (bytes.byteLength === 0) return '';
  const type = request.headers.get('content-type')?.split(';')[0]?.trim().toLowerCase();
  if (type !== 'application/json')
    throw new NootropicError('INPUT_INVALID', `A body of the type "${type ?? 'none'}" is not taken.`, {
      hint: 'Send JSON, with the header `Content-Type: application/json`.',
    });
  refuseDeep(bytes, limits);
  return bytes.toString('utf8');
}

async function readBytes(request: Request, most: number): Promise<Buffer> {
  const tooLarge = new NootropicError('REQUEST_TOO_LARGE', `A request may have ${most} bytes.`);
  const said = request.headers.get('content-length');
  if (Number(said ?? 0) > most) throw tooLarge;
  // No more than what is said can come: it is read at once, which is faster.
  if (said !== null) return Buffer.from(await request.arrayBuffer());
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of request.body ?? []) {
    size += chunk.byteLength;
    if (size > most) throw tooLarge;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** The value of a JSON text. Throws `INPUT_INVALID` for what is no JSON, and for keys with which the prototype of an object could be changed. */
export function parseJson(text: string): unknown {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new NootropicError('INPUT_INVALID', 'The body is not JSON.', { cause });
  }
  // Any character may be written by its number, so that the word alone does not tell.
  if (/__proto__|\\u/u.test(text)) refusePrototype(value);
  return value;
}

const quote = 0x22;
const backslash = 0x5c;

/** Counts before anything is made of the text: what is nested too deep would exhaust the stack of whoever walks it. */
export function refuseDeep(bytes: Uint8Array, limits: BodyLimits): void {
  let depth = 0;
  let keys = 0;
  for (let at = 0; at < bytes.length; at += 1) {
    const byte = bytes[at];
    if (byte === quote) {
      at += 1;
      while (at < bytes.length && bytes[at] !== quote) at += bytes[at] === backslash ? 2 : 1;
    } else if (byte === 0x5b || byte === 0x7b) {
      depth += 1;
      if (depth > limits.depth)
        throw new NootropicError('INPUT_INVALID', `The body is nested deeper than ${limits.depth} levels.`);
    } else if (byte === 0x5d || byte === 0x7d) depth -= 1;
    else if (byte === 0x3a) {
      keys += 1;
      if (keys > limits.keys)
        throw new NootropicError('INPUT_INVALID', `The body has more than ${limits.keys} members.`);
    }
  }
}

function refusePrototype(value: unknown): void {
  if (typeof value !== 'object' || value === null) return;
  if (Object.hasOwn(value, '__proto__'))
    throw new NootropicError('INPUT_INVALID', 'The body has a member "__proto__".');
  for (const part of Object.values(value)) refusePrototype(part);
}
