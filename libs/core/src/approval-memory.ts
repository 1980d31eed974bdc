import type { PermissionRule, PermissionSubject, PermissionVerdict } from '@nootropic/contracts';
import { plainPath } from './policy-paths.ts';
import { unknownWord } from './policy-command.ts';

export interface ApprovalMemoryOptions {
  /** SHA-256 in hex of a file of the workspace by its path from the root; `undefined` where there is none, or it cannot be read. */
  readonly hash: (path: string) => Promise<string | undefined>;
}

/**
 * What a person answered `always` to, in one session and one workspace; nothing of it outlives them. An approval is bound to what was shown, not to
 * a name: to all the words of a command, and to the content of the files of the project that the command runs (`package.json` for `npm test`, the
 * script for `./x.sh`). When one of them has changed, or has come or gone, it is asked again.
 */
export interface ApprovalMemory {
  /** Whether everything that `verdict` asks for was approved before, as it is now. Always false where the verdict offers nothing. */
  covers(subject: PermissionSubject, verdict: PermissionVerdict): Promise<boolean>;
  /** Keeps the answer `always`. With `rule`, one of the verdict's offers, all commands that begin with its words are meant. Default: exactly this one. Keeps nothing where the verdict offers nothing. */
  keep(subject: PermissionSubject, verdict: PermissionVerdict, rule?: PermissionRule): Promise<void>;
}

interface Approval {
  /** What was approved, and what it stands on. */
  readonly key: string;
  /** Whether more words may follow. */
  readonly isPrefix: boolean;
  readonly words: readonly string[];
}

/** Files in which projects write down what these programs run. */
const manifests: Readonly<Record<string, readonly string[]>> = {
  npm: ['package.json', '.npmrc'],
  npx: ['package.json', '.npmrc'],
  yarn: ['package.json', '.yarnrc.yml', '.yarnrc'],
  pnpm: ['package.json', '.npmrc', '.pnpmfile.cjs'],
  bun: ['package.json', 'bunfig.toml'],
  nx: ['package.json', 'nx.json'],
  make: ['Makefile', 'makefile', 'GNUmakefile'],
  gmake: ['Makefile', 'makefile', 'GNUmakefile'],
  just: ['justfile', '.justfile', 'Justfile'],
  cargo: ['Cargo.toml', 'build.rs', '.cargo/config.toml'],
  pytest: ['pyproject.toml', 'pytest.ini', 'setup.cfg', 'tox.ini', 'conftest.py'],
  tox: ['tox.ini', 'pyproject.toml', 'setup.cfg'],
  poetry: ['pyproject.toml'],
  uv: ['pyproject.toml'],
  rake: ['Rakefile'],
  bundle: ['Gemfile'],
  composer: ['composer.json'],
  gradle: ['build.gradle', 'build.gradle.kts', 'settings.gradle'],
  mvn: ['pom.xml'],
  deno: ['deno.json', 'deno.jsonc'],
  task: ['Taskfile.yml'],
  mix: ['mix.exs'],
  dotnet: ['Directory.Build.props'],
};

/** Programs whose first word that is no option is a file of code. */
const runsFile = /^(?:(?:ba|z|da|k|a)?sh|python[\d.]*|node|tsx|ts-node|perl|ruby|php|lua|deno|bun)$/u;

export function createApprovalMemory({ hash }: ApprovalMemoryOptions): ApprovalMemory {
  const kept: Approval[] = [];

  /** What is run from the folders that the line goes to: their files, and these folders themselves. */
  const standsOn = async (words: readonly string[], folders: readonly string[]): Promise<string> => {
    const files = folders.flatMap((folder) => codeFiles(words).map((file) => plainPath(`/${folder}/${file}`).slice(1)));
    const hashes = await Promise.all([...new Set(files)].map(async (file) => [file, (await hash(file)) ?? null]));
    return JSON.stringify({ folders, hashes });
  };

  const isCovered = async (words: readonly string[], folders: readonly string[]): Promise<boolean> => {
    const key = await standsOn(words, folders);
    return kept.some(
      (approval) =>
        approval.key === key &&
        (approval.isPrefix || approval.words.length === words.length) &&
        approval.words.every((word, index) => words[index] === word),
    );
  };

  return {
    async covers(subject, verdict) {
      if (!isOpen(verdict)) return false;
      const { asked, folders } = parts(subject, verdict);
      if (asked.length === 0) return false;
      for (const words of asked) if (!(await isCovered(words, folders))) return false;
      return true;
    },

    async keep(subject, verdict, rule) {
      if (!isOpen(verdict)) return;
      const { asked, folders } = parts(subject, verdict);
      const prefix = rule?.command?.split(' ');
      for (const words of asked) {
        const isMeant = prefix?.every((word, index) => words[index] === word) === true;
        const key = await standsOn(words, folders);
        if (isMeant && prefix !== undefined) kept.push({ key, isPrefix: true, words: prefix });
        else if (rule === undefined) kept.push({ key, isPrefix: false, words });
      }
    },
  };
}

function isOpen({ decision, offers }: PermissionVerdict): boolean {
  return decision === 'ask' && offers !== undefined && offers.length > 0;
}

/** What is asked for, each as words; and the folders that the line changes to on its way. */
function parts(
  subject: PermissionSubject,
  verdict: PermissionVerdict,
): { asked: readonly (readonly string[])[]; folders: readonly string[] } {
  if (subject.kind !== 'command') {
    const about = subject.kind === 'path' ? subject.path : subject.kind === 'host' ? subject.host : '';
    return { asked: [[subject.kind, subject.tool, about]], folders: [] };
  }
  const commands = verdict.commands ?? [];
  const folders = commands.reduce<string[]>(
    (found, { words }) =>
      words[0] === 'cd' && words[1] !== undefined ? [...found, `${found.at(-1)}/${words[1]}`] : found,
    [subject.cwd ?? '.'],
  );
  const asked = commands.filter(({ decision }) => decision === 'ask').map(({ words }) => words);
  return { asked: asked.some((words) => words.includes(unknownWord)) ? [] : asked, folders };
}

/** Files of the project that a command runs, as far as its words say. */
function codeFiles(words: readonly string[]): readonly string[] {
  const [program = '', ...rest] = words;
  const own = program.includes('/') ? [program] : [];
  const listed = Object.hasOwn(manifests, program) ? (manifests[program] ?? []) : [];
  const script = runsFile.test(program) ? rest.filter((word) => !word.startsWith('-')).slice(0, 1) : [];
  return [...own, ...listed, ...script].filter((file) => !file.startsWith('/') && !file.startsWith('~'));
}
