/** What a project says of itself. It can only tighten what the user configured. */
export interface ProjectRules {
  readonly neverRemote: boolean;
  /** The workspace's absolute path with symbolic links resolved, so that a link does not lead round a rule. */
  readonly root?: string;
}

export interface RemoteQuestion {
  /** Folders of `models.neverRemote`; `/` is everywhere. */
  readonly folders: readonly string[];
  /** Absolute path; unset for a request that is about no folder. */
  readonly workspace: string | undefined;
  readonly project: ProjectRules | undefined;
}

/**
 * The rule that forbids models on other machines here, in words; `undefined` where none does. A folder covers itself and what is in it.
 * Paths with a drive letter are compared without regard to case.
 */
export function remoteRule({ folders, workspace, project }: RemoteQuestion): string | undefined {
  const paths = [workspace, project?.root].filter((path) => path !== undefined).map(canonical);
  const folder = folders.find((each) => {
    const rule = canonical(each);
    return rule === '' || paths.some((path) => path === rule || path.startsWith(`${rule}/`));
  });
  if (folder !== undefined) return `models.neverRemote names ${folder}`;
  return project?.neverRemote === true ? '.nootropic/config.json of this project says neverRemote' : undefined;
}

/** With `/` between and none at the end; `/` itself is empty. */
function canonical(path: string): string {
  const parts: string[] = [];
  for (const part of path.replaceAll('\\', '/').split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '' && part !== '.') parts.push(part);
  }
  const joined = `/${parts.join('/')}`;
  if (joined === '/') return '';
  return /^\/[a-z]:/iu.test(joined) ? joined.toLowerCase() : joined;
}

/** Whether a reference can only mean this machine, told by its scheme and its address, before anything is sent. */
export function isLocalRef(ref: string): boolean {
  const scheme = ref.slice(0, Math.max(0, ref.indexOf(':')));
  if (scheme === 'file' || scheme === 'builtin' || ref === 'none') return true;
  const address = /@(https?:\/\/(?!.*@https?:\/\/).*)$/isu.exec(ref)?.[1];
  // Without an address, Ollama is the one here; what it passes on to its own cloud says so in its name.
  if (address === undefined) return scheme === 'ollama' && !/[:-]cloud$/u.test(ref);
  if (!URL.canParse(address)) return false;
  const host = new URL(address).hostname;
  return host === 'localhost' || host.endsWith('.localhost') || host === '[::1]' || /^127\.\d+\.\d+\.\d+$/u.test(host);
}
