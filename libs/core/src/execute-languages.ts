import type { ExecuteInput, ExecuteLanguage } from '@nootropic/contracts';

/** How programs of a language are run: what is needed, the file that the code is put into, and the lines for `sh`. */
export interface LanguageRun {
  /** Each a choice of programs, the first that is there counts. All must be there. */
  readonly needs: readonly (readonly string[])[];
  /** What to install where something is missing. */
  readonly hint: string;
  file(code: string): string;
  /** Words of the command that compiles. `found`: the programs that are there, in the order of `needs`. */
  compile?(program: ProgramPlan): readonly string[];
  /** Words of the command that runs it; the arguments are put after them. */
  run(program: ProgramPlan): readonly string[];
}

export interface ProgramPlan {
  readonly found: readonly string[];
  readonly file: string;
  readonly code: string;
  readonly input: Pick<ExecuteInput, 'files'>;
  /** Mebibytes. */
  readonly memory: number;
}

/** Share of the memory that a virtual machine may use for its objects: it collects them only when this is full, and needs memory of its own. */
const heapShare = 0.6;

/** One compiler thread and one collector: a virtual machine of the size of the machine would not fit. */
const smallJava = (memory: number): string[] => [
  `-Xmx${Math.max(8, Math.floor(memory * heapShare))}m`,
  ...['-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-XX:-UsePerfData', '-Xshare:auto'],
];

const also = ({ input }: ProgramPlan, ending: RegExp): string[] =>
  input.files
    .map(({ path }) => path)
    .filter((path) => ending.test(path))
    .map((path) => `./${path}`);

function native(compilers: readonly string[], options: { file: string; sources: RegExp; flags: readonly string[] }) {
  return {
    needs: [compilers],
    file: () => options.file,
    compile: (program: ProgramPlan) => [
      ...[program.found[0] ?? '', ...options.flags, '-o', './main.out', `./${program.file}`],
      ...[...also(program, options.sources), '-lm', '-pthread'],
    ],
    run: () => ['./main.out'],
  };
}

/** Every language. `node` is the program that this one runs on. */
export function executableLanguages(node: string): Readonly<Record<ExecuteLanguage, LanguageRun>> {
  const script = (file: string): Omit<LanguageRun, 'hint'> => ({
    needs: [[node]],
    file: () => file,
    run: ({ found }) => [found[0] ?? '', '--disable-warning=ExperimentalWarning', `./${file}`],
  });
  return {
    python: {
      needs: [['python3', 'python']],
      hint: 'Install Python 3: the package `python3`.',
      file: () => 'main.py',
      run: ({ found, file }) => [found[0] ?? '', '-u', `./${file}`],
    },
    javascript: { ...script('main.js'), hint: 'It runs on the Node of this program.' },
    typescript: { ...script('main.ts'), hint: 'It runs on the Node of this program.' },
    java: {
      needs: [['javac'], ['java']],
      hint: 'Install a Java development kit: the package `default-jdk-headless`.',
      file: (code) => `${publicClass(code) ?? 'Main'}.java`,
      compile: (program) => [
        ...[
          'javac',
          '-J-Xmx256m',
          '-J-XX:+UseSerialGC',
          '-J-XX:TieredStopAtLevel=1',
          '-proc:none',
          '-encoding',
          'UTF-8',
        ],
        ...['-d', './classes', `./${program.file}`, ...also(program, /\.java$/u)],
      ],
      run: ({ code, memory }) => ['java', ...smallJava(memory), '-cp', './classes:.', mainClass(code)],
    },
    cpp: {
      ...native(['g++', 'clang++'], {
        ...{
          file: 'main.cpp',
          sources: /\.(?:cpp|cc|cxx)$/u,
          flags: ['-std=c++20', '-O2', '-fdiagnostics-color=never'],
        },
      }),
      hint: 'Install a C++ compiler: the package `g++` or `clang`.',
    },
    c: {
      ...native(['gcc', 'clang', 'cc'], {
        ...{ file: 'main.c', sources: /\.c$/u, flags: ['-std=c17', '-O2', '-fdiagnostics-color=never'] },
      }),
      hint: 'Install a C compiler: the package `gcc` or `clang`.',
    },
    bash: {
      needs: [['bash']],
      hint: 'Install the package `bash`.',
      file: () => 'main.sh',
      run: ({ file }) => ['bash', `./${file}`],
    },
  };
}

function publicClass(code: string): string | undefined {
  return /^\s*public\s+(?:(?:final|abstract|sealed|non-sealed|strictfp)\s+)*(?:class|record|enum|interface)\s+(\w+)/mu.exec(
    code,
  )?.[1];
}

/** The class that `main` stands in: the public one, else the last one that begins before it. */
function mainClass(code: string): string {
  const before = code.slice(0, Math.max(0, code.search(/\bvoid\s+main\s*\(/u)));
  const last = [...before.matchAll(/\b(?:class|record|enum|interface)\s+(\w+)/gu)].at(-1)?.[1];
  const name = publicClass(code) ?? last ?? 'Main';
  const folder = /^\s*package\s+([\w.]+)\s*;/mu.exec(code)?.[1];
  return folder === undefined ? name : `${folder}.${name}`;
}
