import { isWithin, type Reach } from './sandbox-places.ts';
import type { Guard } from './sandbox-guard.ts';

/** What bubblewrap is to set up. Paths are absolute and have their symbolic links resolved. */
export interface BwrapPlan {
  readonly root: string;
  readonly cwd: string;
  readonly home: string;
  readonly writes: boolean;
  readonly reach: Reach;
  readonly guard: Pick<Guard, 'readOnly' | 'held' | 'repositories' | 'secrets'>;
  /** The folder of the repository that the root is a part of. */
  readonly above?: string;
  /** The program's own files and folders. */
  readonly own: readonly { readonly path: string; readonly folder: boolean }[];
  /** Sockets that programs of the host listen on. */
  readonly sockets: readonly string[];
  /** Files that are shown at another place: the bridge to the network and its socket. */
  readonly shown: readonly { readonly from: string; readonly to: string }[];
  readonly features: BwrapFeatures;
  /** Bytes that one temporary folder may take of the memory. Default, and at most, 4 GB. */
  readonly temporaryBytes?: number;
  /** Descriptors. */
  readonly status: number;
  readonly filter?: number;
}

export interface BwrapFeatures {
  /** `--disable-userns`: from 0.8.0 on, where the program is not setuid. */
  readonly disableUserns: boolean;
  /** `--size`: from 0.7.0 on, where the program is not setuid. */
  readonly size: boolean;
  readonly setuid: boolean;
}

const mostTemporaryBytes = 4 * 1024 ** 3;

/**
 * Of /proc, what is writable to whoever is user 0 outside, with no privilege at all. bubblewrap covers these only where it finds the folder itself
 * writable, which /proc/sys never is: run by an administrator, a program could otherwise set what the kernel runs on a crash.
 */
const kernelSettings = ['sys', 'sysrq-trigger', 'irq', 'bus', 'mtrr', 'scsi', 'acpi', 'fs', 'pressure'].map(
  (name) => `/proc/${name}`,
);

/** Newest first: an option is known from its version on. https://github.com/containers/bubblewrap/releases */
export function bwrapFeatures(version: string, setuid: boolean): BwrapFeatures {
  const [major = 0, minor = 0] = (/(\d+)\.(\d+)/u.exec(version)?.slice(1) ?? []).map(Number);
  const from = (wanted: number): boolean => major > 0 || minor >= wanted;
  return { disableUserns: from(8) && !setuid, size: from(7) && !setuid, setuid };
}

/**
 * The options of bubblewrap, in the order in which they count: what is mounted later covers what was mounted before.
 * Only options that version 0.4.1 knows are used, but for those that `features` names.
 */
export function bwrapArguments(plan: BwrapPlan): string[] {
  const { root, home, reach, guard, features } = plan;
  const size = Math.min(mostTemporaryBytes, Math.ceil(plan.temporaryBytes ?? mostTemporaryBytes));
  const tmpfs = (path: string): string[] =>
    features.size ? ['--size', String(size), '--tmpfs', path] : ['--tmpfs', path];
  const readOnly = (path: string): string[] => ['--ro-bind', path, path];
  /** A folder is empty instead, a file cannot be opened: a device file of a file system without devices. */
  const hide = ({ path, folder }: { readonly path: string; readonly folder: boolean }): string[] =>
    folder ? ['--tmpfs', path, '--remount-ro', path] : ['--ro-bind', '/dev/null', path];
  const folders = reach.hidden.filter((place) => place.folder);
  const inside = (path: string): boolean => isWithin(path, root);
  const visible = (path: string): boolean =>
    inside(path) ||
    (plan.above !== undefined && isWithin(path, plan.above)) ||
    reach.readable.some((place) => isWithin(path, place)) ||
    !folders.some((place) => isWithin(path, place.path));
  const files = [...guard.secrets, ...plan.sockets].map((path) => ({ path, folder: false }));
  const all = [...plan.own, ...files].filter((place) => visible(place.path));
  const emptied = plan.own.filter((place) => place.folder);
  // What lies in a folder that is emptied is gone with it, and could not be hidden any more.
  const unseen = all.filter(
    ({ path }) =>
      !emptied.some(
        (place) => place.path !== path && isWithin(path, place.path) && inside(path) === inside(place.path),
      ),
  );
  const beside = unseen.filter((place) => !inside(place.path));
  const shallow = [...folders].sort((one, other) => one.path.length - other.path.length);
  return [
    ...(features.setuid ? ['--unshare-user-try'] : ['--unshare-user']),
    ...['--unshare-pid', '--unshare-ipc', '--unshare-uts', '--unshare-cgroup-try', '--unshare-net'],
    ...(features.disableUserns ? ['--disable-userns'] : []),
    ...['--die-with-parent', '--new-session', '--cap-drop', 'ALL'],
    ...['--ro-bind', '/', '/', '--dev', '/dev', '--proc', '/proc'],
    ...kernelSettings.flatMap((path) => ['--ro-bind-try', path, path]),
    ...shallow.filter((place) => !inside(place.path)).flatMap((place) => tmpfs(place.path)),
    ...reach.hidden.filter((place) => !place.folder && !inside(place.path)).flatMap(hide),
    ...['--dir', home],
    ...[...reach.readable, ...guard.repositories, ...(plan.above === undefined ? [] : [plan.above])].flatMap(readOnly),
    ...reach.secret.filter((place) => visible(place.path)).flatMap(hide),
    // The root may lie in one of these: they stay writable until it is there.
    ...beside.flatMap((place) => (place.folder ? tmpfs(place.path) : hide(place))),
    ...(plan.writes ? ['--bind', root, root] : readOnly(root)),
    ...reach.hidden.filter((place) => inside(place.path)).flatMap(hide),
    ...(plan.writes ? guard.held.flatMap((path) => ['--bind', path, path]) : []),
    ...(plan.writes ? guard.readOnly.flatMap(readOnly) : []),
    ...unseen.filter((place) => inside(place.path)).flatMap(hide),
    ...plan.shown.flatMap(({ from, to }) => ['--ro-bind', from, to]),
    ...['--chdir', plan.cwd, '--json-status-fd', String(plan.status)],
    ...(plan.filter === undefined ? [] : ['--seccomp', String(plan.filter)]),
    '--',
  ];
}
