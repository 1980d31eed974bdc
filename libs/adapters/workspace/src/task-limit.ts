import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { mkdir, readdir, rmdir, writeFile } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';

/** How the kernel itself is told how many processes and threads there may be: what stands before the sandbox's command, and before the program's. */
export interface TaskLimit {
  readonly outer: readonly string[];
  readonly inner: readonly string[];
  release(): Promise<void>;
}

const none: TaskLimit = { outer: [], inner: [], release: () => Promise.resolve() };
/** Where the controller `pids` hangs: in the second version of cgroups, and in the first. */
const places = ['/sys/fs/cgroup', '/sys/fs/cgroup/pids'] as const;

/**
 * A user's processes are counted for each user namespace (`RLIMIT_NPROC`, Linux 5.14 on); those of an administrator never are, and get a cgroup of their
 * own where one can be made. It is a wall far behind the watchdog: it keeps a fork bomb from taking the whole machine until it is seen.
 */
export async function taskLimit(tasks: number, prlimit: string | undefined): Promise<TaskLimit> {
  if (process.getuid?.() !== 0)
    return prlimit === undefined ? none : { ...none, inner: [prlimit, `--nproc=${tasks}`, '--'] };
  for (const place of places) {
    if (!hasTasks(place)) continue;
    const folder = `${place}/nootropic-${process.pid}-${randomBytes(6).toString('hex')}`;
    try {
      await mkdir(folder);
    } catch {
      continue;
    }
    await removeForsaken(place);
    const release = (): Promise<void> => remove(folder);
    try {
      await writeFile(`${folder}/pids.max`, String(tasks));
      const enter = 'echo $$ > "$0/cgroup.procs" && exec "$@"';
      return { outer: ['/bin/sh', '-c', enter, folder], inner: [], release };
    } catch {
      await release();
    }
  }
  return none;
}

/** What was killed is in its cgroup until the kernel has put it away. */
async function remove(folder: string): Promise<void> {
  for (let turn = 0; turn < 20; turn += 1) {
    const isGone = await rmdir(folder).then(
      () => true,
      (error: NodeJS.ErrnoException) => error.code !== 'EBUSY',
    );
    if (isGone) return;
    await pause(50);
  }
}

/** Those of programs that were killed before they could remove them. */
async function removeForsaken(place: string): Promise<void> {
  for (const name of await readdir(place)) {
    const pid = /^nootropic-(\d+)-[0-9a-f]{12}$/u.exec(name)?.[1];
    if (pid !== undefined && !existsSync(`/proc/${pid}`)) await rmdir(`${place}/${name}`).catch(() => undefined);
  }
}

function hasTasks(place: string): boolean {
  try {
    if (existsSync(`${place}/cgroup.subtree_control`))
      return readFileSync(`${place}/cgroup.subtree_control`, 'utf8').split(/\s/u).includes('pids');
    return place.endsWith('/pids') && existsSync(`${place}/cgroup.procs`);
  } catch {
    return false;
  }
}
