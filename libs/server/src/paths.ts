import { createHash } from 'node:crypto';
import { homedir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import envPaths from 'env-paths';

/** Where the program keeps its files. Everything it writes lies below one of these folders. */
export interface Paths {
  /** The user's configuration file. */
  readonly config: string;
  /** The session database. */
  readonly sessions: string;
  /** What models were used for. */
  readonly usage: string;
  /** Answers that are given again, where that is configured. */
  readonly answers: string;
  /** What models have read, so that they need not read it again. */
  readonly states: string;
  /** What loading models here took, against what was estimated. */
  readonly lessons: string;
  /** Keys of providers, where the system has no keychain. */
  readonly keys: string;
  readonly models: string;
  /** Long texts that the user put into the context store. */
  readonly contexts: string;
  /** What was read of the sources that the user added, one file for each workspace. */
  readonly sources: string;
  /** What agents changed, so that it can be taken back; one folder for each workspace. */
  readonly journals: string;
  /** Which folders the user trusts. */
  readonly trust: string;
  /** What was learnt from attempts that failed, one file for each workspace. */
  readonly learnt: string;
  /** Worktrees of repositories in which agents work; beside the other data, which no agent may touch. */
  readonly worktrees: string;
  readonly indexes: string;
  /** What the running host says of itself: process, address, version. */
  readonly host: string;
  /** The lock of the one host of this user. */
  readonly hostLock: string;
  /** The token of this user's host. */
  readonly token: string;
  /** Programs that have a key of their own; digests, no keys. */
  readonly clients: string;
  /** Jobs. */
  readonly jobs: string;
  /** What left the machine. */
  readonly egress: string;
  /** What was permitted and done, and beside it the anchor of its chain. */
  readonly audit: string;
  readonly auditAnchor: string;
  /** The tools of MCP servers as they were approved. */
  readonly mcpApprovals: string;
  /** Node's compile cache. */
  readonly compiled: string;
  readonly logs: string;
  /** Every file and folder that the program writes, and nothing that could be somebody else's. */
  readonly owned: readonly string[];
}

/**
 * `NOOTROPIC_HOME` moves everything into one folder. Without it, the folders are those of the system:
 * XDG on Linux, `~/Library` on macOS, `AppData` on Windows.
 */
export function resolvePaths(env: NodeJS.ProcessEnv = process.env): Paths {
  const home = env['NOOTROPIC_HOME'];
  const base = home
    ? {
        config: resolve(home, 'config'),
        data: resolve(home, 'data'),
        cache: resolve(home, 'cache'),
        log: resolve(home, 'logs'),
      }
    : envPaths('nootropic', { suffix: '' });
  const paths = {
    config: join(base.config, 'config.json'),
    sessions: join(base.data, 'sessions.db'),
    usage: join(base.data, 'usage.db'),
    answers: join(base.cache, 'answers.db'),
    states: join(base.cache, 'states'),
    lessons: join(base.cache, 'memory.json'),
    keys: join(base.data, 'keys.json'),
    models: join(base.data, 'models'),
    contexts: join(base.data, 'contexts', 'contexts.db'),
    sources: join(base.data, 'sources'),
    journals: join(base.data, 'journals'),
    trust: join(base.data, 'trust.json'),
    learnt: join(base.data, 'lessons'),
    worktrees: home ? resolve(home, 'worktrees') : join(dirname(base.data), 'nootropic-worktrees'),
    indexes: join(base.cache, 'indexes'),
    host: join(base.data, 'host.json'),
    hostLock: join(base.data, 'host.lock'),
    token: join(base.data, 'token'),
    clients: join(base.data, 'clients.db'),
    jobs: join(base.data, 'jobs.db'),
    egress: join(base.data, 'egress.db'),
    audit: join(base.data, 'audit.db'),
    auditAnchor: join(base.data, 'audit.anchor'),
    mcpApprovals: join(base.data, 'mcp.json'),
    compiled: join(base.cache, 'compiled'),
    logs: home ? base.log : join(base.log, 'nootropic'),
  };
  return {
    ...paths,
    owned: [
      paths.config,
      paths.sessions,
      `${paths.sessions}-wal`,
      `${paths.sessions}-shm`,
      ...[paths.usage, paths.answers, paths.clients, paths.jobs, paths.egress, paths.audit, paths.hostLock].flatMap(
        (path) => [path, `${path}-wal`, `${path}-shm`],
      ),
      paths.host,
      paths.token,
      paths.auditAnchor,
      paths.mcpApprovals,
      paths.states,
      paths.lessons,
      paths.keys,
      paths.models,
      dirname(paths.contexts),
      paths.sources,
      paths.journals,
      paths.trust,
      paths.learnt,
      paths.worktrees,
      paths.indexes,
      paths.compiled,
      paths.logs,
    ],
  };
}

/** The folder of a workspace's index. Two workspaces never share one; the name says nothing of the path. */
export function indexFolder(paths: Paths, root: string): string {
  return join(paths.indexes, basenameOf(root));
}

function basenameOf(root: string): string {
  return createHash('sha256').update(root).digest('hex').slice(0, 24);
}

/** The folder of what agents changed in a workspace. */
export function journalFolder(paths: Paths, root: string): string {
  return join(paths.journals, basenameOf(root));
}

/** The file with what was learnt in a workspace. */
export function learntFile(paths: Paths, root: string): string {
  return join(paths.learnt, `${basenameOf(root)}.db`);
}

/** What no tool of an agent may touch: everything that the program writes, and the user's own settings with all beside them. */
export function ownPaths(paths: Paths): string[] {
  const own = paths.owned.filter((path) => path !== paths.worktrees);
  return [...new Set([paths.config, paths.sessions, paths.answers].map((path) => dirname(path))), ...own];
}

/** The file with the sources of a workspace. */
export function sourcesFile(paths: Paths, root: string): string {
  return join(paths.sources, `${basenameOf(root)}.db`);
}

/** A path for a screen: the home folder as `~`. */
export function displayPath(path: string): string {
  const home = homedir();
  return path === home || path.startsWith(`${home}/`) ? `~${path.slice(home.length)}` : path;
}
