import { z } from 'zod';
import type { DesktopCommand } from '../shared/channels.ts';

/** What an address `nootropic://…` can ask for. */
export type DeepLink =
  { readonly type: 'open'; readonly folder: string } | { readonly type: 'command'; readonly command: DesktopCommand };

const linkLength = 30_000;
const folderSchema = z
  .string()
  .max(4096)
  .refine((path) => isAbsolutePath(path) && !hasControl(path));
const askSchema = z
  .string()
  .min(1)
  .max(20_000)
  .refine((text) => !hasControl(text.replaceAll(/[\n\t]/gu, '')));

/**
 * Reads an address that any page or program may have made. `open?folder=ABSOLUTE` asks a person whether to open that folder, `session/ID` shows a session,
 * `ask?text=…` puts a text into the field for questions, where a person sends it or does not. Everything else is `undefined`: no part of an address ever gets to
 * a command line, and nothing that it says is done without a person.
 */
export function readDeepLink(address: string): DeepLink | undefined {
  if (address.length > linkLength || !address.startsWith('nootropic://') || !URL.canParse(address)) return undefined;
  const url = new URL(address);
  if (url.username !== '' || url.password !== '' || url.port !== '' || url.hash !== '') return undefined;
  const names = [...url.searchParams.keys()];
  const only = (name: string): string | undefined =>
    names.length === 1 && names[0] === name && ['', '/'].includes(url.pathname)
      ? (url.searchParams.get(name) ?? undefined)
      : undefined;
  switch (url.hostname) {
    case 'open': {
      const folder = folderSchema.safeParse(only('folder'));
      return folder.success ? { type: 'open', folder: folder.data } : undefined;
    }
    case 'ask': {
      const text = askSchema.safeParse(only('text'));
      return text.success ? { type: 'command', command: { type: 'ask', text: text.data } } : undefined;
    }
    case 'session': {
      const id = z.uuid().safeParse(url.pathname.slice(1));
      return id.success && names.length === 0
        ? { type: 'command', command: { type: 'open-session', sessionId: id.data } }
        : undefined;
    }
    default:
      return undefined;
  }
}

/** Of the arguments of a start: the one address there is. Others are not looked at. */
export function deepLinkIn(args: readonly string[]): DeepLink | undefined {
  const found = args.filter((arg) => arg.startsWith('nootropic://'));
  return found.length === 1 ? readDeepLink(found[0] ?? '') : undefined;
}

/** Not a share of another machine: opening one sends the user's name and password there. */
function isAbsolutePath(path: string): boolean {
  return (path.startsWith('/') && !path.startsWith('//')) || /^[A-Za-z]:[\\/]/u.test(path);
}

function hasControl(text: string): boolean {
  return /[\p{Cc}\p{Cf}\u2028\u2029]/u.test(text);
}
