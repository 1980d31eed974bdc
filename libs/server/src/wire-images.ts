import type { Image } from '@nootropic/contracts';
import { mediaTypeOf } from '@nootropic/core';

/** Characters of base64 that a picture of 5 MB has. */
const longest = 7_000_000;

/** A picture of a request, or why it is none. */
export type ReadImage = { readonly image: Image } | { readonly why: string };

/**
 * A picture that a request holds in base64, with or without the beginning of a data URL. What it is called is not believed: its kind is what
 * its bytes say.
 */
export function imageFromData(data: unknown): ReadImage {
  if (typeof data !== 'string') return { why: 'a picture is a string in base64' };
  const plain = data.replace(/^data:[^,]{0,100};base64,/u, '').replaceAll(/[\r\n\t ]/gu, '');
  if (plain.length > longest) return { why: 'a picture may have 5 MB' };
  if (plain.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/u.test(plain)) return { why: 'the picture is not in base64' };
  const mediaType = mediaTypeOf(plain);
  if (mediaType === undefined)
    return { why: 'images are taken as PNG, JPEG, WebP or GIF, and these bytes are none of them' };
  return { image: { mediaType, data: plain } };
}

/** A picture by its address: a data URL. Nothing is fetched for another program. */
export function imageFromUrl(url: unknown): ReadImage {
  if (typeof url === 'string' && url.startsWith('data:')) return imageFromData(url);
  return { why: 'images are not fetched here: send the picture itself, as `data:image/png;base64,…`' };
}
