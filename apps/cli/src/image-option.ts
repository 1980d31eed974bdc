import { readFile, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { NootropicError, type Attachment, type Image } from '@nootropic/contracts';
import { Option } from 'commander';
import { userPath, type Cli } from './cli.ts';

/** Bytes that a picture may have. */
const largest = 5 * 2 ** 20;

/** Pictures that go along with a question. */
export function imageOption(): Option {
  return new Option(
    '--image <file>',
    'a picture for a model that sees: PNG, JPEG, WebP or GIF; may be given again',
  ).argParser((file: string, before: readonly string[] | undefined) => [...(before ?? []), file]);
}

/**
 * The pictures that files hold. Rejects with `PATH_NOT_FOUND`, `REQUEST_TOO_LARGE` above 5 MB, or `INPUT_INVALID` for a file that is no
 * picture of a kind that models take.
 */
export async function imagesFrom(cli: Cli, files: readonly string[] = []): Promise<Attachment[]> {
  return Promise.all(
    files.map(async (file) => {
      const path = userPath(cli, file);
      const found = await stat(path).catch(() => undefined);
      if (!found?.isFile()) throw new NootropicError('PATH_NOT_FOUND', `There is no file ${file}.`);
      if (found.size > largest)
        throw new NootropicError('REQUEST_TOO_LARGE', `${file} is larger than 5 MB.`, {
          hint: 'Make the picture smaller, or cut out the part that matters.',
        });
      const bytes = await readFile(path);
      const mediaType = mediaTypeOf(bytes);
      if (mediaType === undefined)
        throw new NootropicError('INPUT_INVALID', `${file} is no picture that models take.`, {
          hint: 'Send a PNG, JPEG, WebP or GIF.',
        });
      return { kind: 'image', name: basename(path), mediaType, data: bytes.toString('base64') };
    }),
  );
}

/** By the first bytes of each format. */
function mediaTypeOf(bytes: Buffer): Image['mediaType'] | undefined {
  const head = bytes.toString('latin1', 0, 12);
  if (head.startsWith('\u0089PNG\r\n\u001A\n')) return 'image/png';
  if (head.startsWith('\u00FF\u00D8\u00FF')) return 'image/jpeg';
  if (/^GIF8[79]a/u.test(head)) return 'image/gif';
  return head.startsWith('RIFF') && head.endsWith('WEBP') ? 'image/webp' : undefined;
}
