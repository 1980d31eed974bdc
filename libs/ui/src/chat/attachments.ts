import { NootropicError, type Attachment } from '@nootropic/contracts';
import { strings } from '../strings.ts';

const imageTypes = ['image/png', 'image/jpeg', 'image/webp', 'image/gif'] as const;
const mostImageBytes = 5_000_000;
const mostTextBytes = 1_000_000;

/** A file that a person pasted or dropped, as the assistant takes it. Throws `INPUT_INVALID` with the reason where it does not. */
export async function attachmentOf(
  file: File,
  model: { readonly name: string; readonly sees: boolean },
): Promise<Attachment> {
  const words = strings.chat.composer;
  const name = file.name || 'image';
  const mediaType = imageTypes.find((type) => type === file.type);
  if (mediaType) {
    if (!model.sees) throw new NootropicError('INPUT_INVALID', words.cannotSee(model.name));
    if (file.size > mostImageBytes) throw new NootropicError('INPUT_INVALID', words.tooLarge(name));
    return { kind: 'image', name, mediaType, data: base64(new Uint8Array(await file.arrayBuffer())) };
  }
  if (file.size > mostTextBytes) throw new NootropicError('INPUT_INVALID', words.tooLarge(name));
  const bytes = new Uint8Array(await file.arrayBuffer());
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    if (!text.includes('\0')) return { kind: 'text', name, text };
  } catch {
    // Not UTF-8: told below.
  }
  throw new NootropicError('INPUT_INVALID', words.noText(name));
}

function base64(bytes: Uint8Array): string {
  const pieces: string[] = [];
  for (let at = 0; at < bytes.length; at += 0x8000)
    pieces.push(String.fromCharCode(...bytes.subarray(at, at + 0x8000)));
  return btoa(pieces.join(''));
}
