/** One part of a saved page, as it was sent. */
interface Part {
  readonly headers: ReadonlyMap<string, string>;
  readonly body: string;
}

/**
 * The HTML of a page that a browser saved with all its parts in one file (MHTML, RFC 2557): the first part of type `text/html`.
 * `undefined` where there is none. `latin1` is the file with one character for each byte.
 */
export function htmlOfMhtml(latin1: string): string | undefined {
  const whole = partOf(latin1);
  const boundary = /boundary="?([^";\r\n]+)"?/iu.exec(whole.headers.get('content-type') ?? '')?.[1];
  const parts = boundary === undefined ? [whole] : whole.body.split(`--${boundary}`).slice(1).map(partOf);
  const page = parts.find(({ headers }) => /^text\/html\b/iu.test(headers.get('content-type') ?? ''));
  if (page === undefined) return undefined;
  const bytes = decoded(page);
  const charset = /charset="?([\w-]+)"?/iu.exec(page.headers.get('content-type') ?? '')?.[1] ?? 'utf-8';
  try {
    return new TextDecoder(charset).decode(bytes);
  } catch {
    return new TextDecoder().decode(bytes);
  }
}

function partOf(text: string): Part {
  const trimmed = text.replace(/^\r?\n/u, '');
  const border = /\r?\n\r?\n/u.exec(trimmed);
  const head = border === null ? trimmed : trimmed.slice(0, border.index);
  const headers = new Map<string, string>();
  for (const line of head.replace(/\r?\n[ \t]+/gu, ' ').split(/\r?\n/u)) {
    const colon = line.indexOf(':');
    if (colon > 0) headers.set(line.slice(0, colon).trim().toLowerCase(), line.slice(colon + 1).trim());
  }
  return { headers, body: border === null ? '' : trimmed.slice(border.index + border[0].length) };
}

function decoded({ headers, body }: Part): Buffer {
  const encoding = (headers.get('content-transfer-encoding') ?? '').toLowerCase();
  if (encoding === 'base64') return Buffer.from(body, 'base64');
  if (encoding !== 'quoted-printable') return Buffer.from(body, 'latin1');
  const text = body
    .replace(/=[ \t]{0,10}\r?\n/gu, '')
    .replace(/=([\da-f]{2})/giu, (_whole, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  return Buffer.from(text, 'latin1');
}
