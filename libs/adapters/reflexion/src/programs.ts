import { posix } from 'node:path';
import { NootropicError, type RunRequest, type Runner, type SandboxPolicy } from '@nootropic/contracts';
import { readable, type ChangedFile } from './judging.ts';
import { foldersUp, type Project } from './project.ts';

export interface ProgramRequest {
  readonly argv: RunRequest['argv'];
  /** Relative to the root. Default the root. */
  readonly cwd?: string;
  readonly stdin?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
  /** Whether it may write in the workspace. Default no. */
  readonly writes?: boolean;
}

export type ProgramEnd =
  | { readonly exitCode: number | null; readonly stdout: string; readonly stderr: string }
  /** Why it did not come to an end by itself. */
  | { readonly unable: string };

/** Runs programs of the project for the judges: confined, without a network. */
export interface Programs {
  run(request: ProgramRequest): Promise<ProgramEnd>;
  /** The same in a copy of the workspace as it was before the attempt, which is gone afterwards. What it prints has the paths of the workspace itself. */
  runBefore(request: ProgramRequest): Promise<ProgramEnd>;
}

export interface ProgramsOptions {
  readonly runner: Runner;
  readonly project: Project;
  readonly changed: readonly ChangedFile[];
  readonly sandbox: SandboxPolicy;
  /** Whether they may run unconfined where nothing can confine them. */
  readonly unconfined: boolean;
  readonly signal: AbortSignal | undefined;
}

const maxBytes = 8 * 1024 * 1024;

/** Nothing coloured, nothing that waits for a person, nothing fetched, nothing left behind. */
const environment = {
  CI: '1',
  NO_COLOR: '1',
  FORCE_COLOR: '0',
  PYTHONDONTWRITEBYTECODE: '1',
  PYTHONUNBUFFERED: '1',
  CARGO_NET_OFFLINE: 'true',
  CARGO_TERM_COLOR: 'never',
  GOPROXY: 'off',
  GOTOOLCHAIN: 'local',
} as const;

/** More files than this are not copied to see what was broken before. */
const mostCopied = 20_000;
const tooMany = 97;

/**
 * Copies a workspace without what is installed or built and without files above 20 MB, puts back what the files held before, links what is installed, and runs a program there.
 * Arguments: root, folder below it, folders with node_modules, `--`, the program. Standard input: `w PATH CONTENT` or `d PATH`, in base64.
 */
const copyScript = String.raw`
set -u
root=$1; folder=$2; shift 2
copy=$(mktemp -d) || exit 98
copy=$(cd "$copy" && pwd -P)
trap 'rm -rf "$copy"' EXIT
trap 'exit 143' TERM INT
cd "$root" || exit 98
list() {
  find . \( -name node_modules -o -name .git -o -name .hg -o -name target -o -name .venv -o -name venv -o -name .tox -o -name .nx -o -name .next -o -name .cache -o -name coverage \) -prune -o \( -type f -size -20480k -o -type l \) "$@"
}
[ "$(list -print | head -n ${String(mostCopied + 1)} | wc -l)" -gt ${String(mostCopied)} ] && exit ${String(tooMany)}
list -print0 | tar --null -T - -cf - 2>/dev/null | tar -C "$copy" -xf - 2>/dev/null || exit 98
while [ "$1" != -- ]; do
  [ -e "$root/$1" ] && mkdir -p "$(dirname "$copy/$1")" && ln -s "$root/$1" "$copy/$1"
  shift
done
shift
while read -r kind name body; do
  path=$(printf %s "$name" | base64 -d)
  case $kind in
    w) mkdir -p "$(dirname "$copy/$path")"; rm -f "$copy/$path"; printf %s "$body" | base64 -d > "$copy/$path";;
    d) rm -f "$copy/$path";;
  esac
done
printf '%s\n' "$copy"
cd "$copy/$folder" || exit 98
"$@" < /dev/null
`;

function base64(text: string): string {
  return Buffer.from(text, 'utf8').toString('base64');
}

export function createPrograms({ runner, project, changed, sandbox, unconfined, signal }: ProgramsOptions): Programs {
  async function start(request: ProgramRequest, confined: boolean): Promise<ProgramEnd> {
    const { argv, cwd = '.', stdin, env = {}, timeoutMs, writes = false } = request;
    const result = await runner.run({
      ...{ argv, cwd, timeoutMs, maxBytes, env: { ...environment, ...env } },
      ...(confined && { sandbox: { ...sandbox, writes } }),
      ...(stdin !== undefined && { stdin }),
      ...(signal && { signal }),
    });
    if (result.timedOut) return { unable: `it took longer than ${String(timeoutMs / 1_000)} s` };
    return {
      exitCode: result.exitCode,
      stdout: readable(result.stdout, project.root),
      stderr: readable(result.stderr, project.root),
    };
  }

  async function run(request: ProgramRequest): Promise<ProgramEnd> {
    try {
      return await start(request, true);
    } catch (error) {
      const { code, message } = NootropicError.from(error);
      if (code === 'ABORTED') throw error;
      if (code !== 'SANDBOX_UNAVAILABLE' || !unconfined) return { unable: message };
    }
    try {
      return await start(request, false);
    } catch (error) {
      const { code, message } = NootropicError.from(error);
      if (code === 'ABORTED') throw error;
      return { unable: message };
    }
  }

  return {
    run,
    async runBefore({ argv, cwd = '.', env, timeoutMs, writes = false }) {
      const installed = foldersUp(posix.join(cwd, 'x')).flatMap((folder) =>
        ['node_modules', '.venv', 'venv'].map((name) => posix.join(folder, name)),
      );
      const stdin = changed
        .map(({ path, before }) =>
          before === undefined ? `d ${base64(path)}\n` : `w ${base64(path)} ${base64(before)}\n`,
        )
        .join('');
      const end = await run({
        argv: ['sh', '-c', copyScript, 'before', project.root, cwd, ...installed, '--', ...argv],
        ...{ stdin, writes, timeoutMs: timeoutMs * 2 },
        ...(env && { env }),
      });
      if ('unable' in end) return end;
      const line = end.stdout.indexOf('\n');
      const copy = end.stdout.slice(0, line);
      if (end.exitCode === tooMany) return { unable: 'the workspace is too large to be copied' };
      if (line < 0 || !copy.startsWith('/')) return { unable: 'the workspace could not be copied' };
      return {
        exitCode: end.exitCode,
        stdout: readable(end.stdout.slice(line + 1), copy),
        stderr: readable(end.stderr, copy),
      };
    },
  };
}
