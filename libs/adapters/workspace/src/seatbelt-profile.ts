import { keptAway, watched } from './sandbox-guard.ts';

export interface SeatbeltPlan {
  readonly root: string;
  readonly home: string;
  /** A folder for temporary files, of this run alone. */
  readonly temporary: string;
  readonly writes: boolean;
  /** Below the home folder, and yet readable. */
  readonly readable: readonly string[];
  readonly secret: readonly string[];
  readonly readOnly: readonly string[];
  /** The port of the proxy; without it there is no network. */
  readonly port?: number;
}

/** Services of the system that programs need to start, to find a user's name and to read preferences. None hands out a key or starts a program. */
const services = [
  ...['com.apple.system.opendirectoryd.libinfo', 'com.apple.system.opendirectoryd.membership'],
  ...['com.apple.system.logger', 'com.apple.system.notification_center', 'com.apple.logd', 'com.apple.diagnosticd'],
  ...['com.apple.system.DirectoryService.libinfo_v1', 'com.apple.bsd.dirhelper', 'com.apple.PowerManagement.control'],
] as const;

/** A string of the profile's language. https://reverse.put.as/wp-content/uploads/2011/09/Apple-Sandbox-Guide-v1.0.pdf */
function quoted(text: string): string {
  return `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`;
}

/** A pattern for a literal text; letters match in both cases, as the file system of macOS does. */
function literal(text: string): string {
  return [...text]
    .map((sign) => {
      const lower = sign.toLowerCase();
      const upper = sign.toUpperCase();
      if (lower !== upper && lower.length === 1 && upper.length === 1) return `[${lower}${upper}]`;
      // Within a raw string nothing is escaped; what stands for a quote may stand for more: it is refused more, never less.
      if (/["\\\n]/u.test(sign)) return '[^/]';
      return /[.^$*+?()[\]{}|]/u.test(sign) ? `\\${sign}` : sign;
    })
    .join('');
}

function pattern(source: string): string {
  return `(regex #"${source}")`;
}

/**
 * The profile for `sandbox-exec`: what is not allowed is refused, and of the rules that match the last counts. It means what the options of
 * bubblewrap mean: only the root and a temporary folder are written, a home folder is not read but for what compilers need, what runs unasked is not
 * written at any depth, whether it exists or not, and the network ends at the proxy. Kept apart from running it, so that its text is tested everywhere.
 */
export function seatbeltProfile(plan: SeatbeltPlan): string {
  const { root, home, temporary, readable, secret, readOnly, port } = plan;
  const subpath = (path: string): string => `(subpath ${quoted(path)})`;
  const below = literal(root);
  const lines = [
    '(version 1)',
    '(deny default)',
    '(allow process-exec process-fork)',
    '(allow process-info* (target same-sandbox))',
    '(allow signal (target same-sandbox))',
    '(allow sysctl-read)',
    '(allow user-preference-read)',
    `(allow mach-lookup ${services.map((name) => `(global-name ${quoted(name)})`).join(' ')})`,
    '(allow ipc-posix-sem)',
    '(allow pseudo-tty)',
    '(allow file-ioctl (literal "/dev/ptmx") (regex #"^/dev/ttys[0-9]*$"))',
    '(allow file-read*)',
    `(deny file-read* ${['/Users', '/private/tmp', '/private/var/tmp', '/private/var/folders', '/Volumes', '/private/var/root', '/Library/Keychains', '/private/var/db/dslocal', home].map(subpath).join(' ')})`,
    // A program asks what lies on the way to its folder; the names of what lies beside are not given.
    `(allow file-read-metadata ${['/Users', '/private/var/folders', '/private/tmp', home].map((path) => `(literal ${quoted(path)})`).join(' ')} ${pattern(`^${literal(home)}(/|$)`)})`,
    ...(readable.length > 0 ? [`(allow file-read* ${readable.map(subpath).join(' ')})`] : []),
    `(allow file-read* ${subpath(root)} ${subpath(temporary)})`,
    `(allow file-write* ${subpath(temporary)} (literal "/dev/null") (literal "/dev/zero") (literal "/dev/tty") (literal "/dev/ptmx") (regex #"^/dev/ttys[0-9]*$") (regex #"^/dev/fd/"))`,
    ...(plan.writes ? [`(allow file-write* ${subpath(root)})`] : []),
    // A repository, at any depth, and what runs unasked; no folder on the way is protected from being renamed, but what lies in it is called the same.
    `(deny file-write* ${pattern(`^${below}/(.*/)?${literal('.git')}(/|$)`)})`,
    ...[...keptAway, ...watched].map((name) => `(deny file-write* ${pattern(`^${below}/${literal(name)}(/|$)`)})`),
    ...(readOnly.length > 0 ? [`(deny file-write* ${readOnly.map(subpath).join(' ')})`] : []),
    // What lies in a folder would be written under another name if the folder were renamed.
    ...ancestors(readOnly, root).map((path) => `(deny file-write-unlink (literal ${quoted(path)}))`),
    ...(secret.length > 0 ? [`(deny file-read* file-write* ${secret.map(subpath).join(' ')})`] : []),
    '(deny file-write-setugid)',
    '(deny network*)',
    ...(port === undefined ? [] : [`(allow network-outbound (remote ip "localhost:${port}"))`]),
  ];
  return `${lines.join('\n')}\n`;
}

/** The folders on the way from the root to each path. */
function ancestors(paths: readonly string[], root: string): string[] {
  const found = new Set<string>();
  for (const path of paths) {
    const parts = path.slice(root.length + 1).split('/');
    for (let count = 1; count < parts.length; count += 1) found.add(`${root}/${parts.slice(0, count).join('/')}`);
  }
  return [...found];
}
