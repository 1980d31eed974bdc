import type {
  Customizations,
  Files,
  Journal,
  Reflexion,
  Runner,
  RunRequest,
  SessionLog,
  ShellParser,
  Telemetry,
  Trust,
} from '@nootropic/contracts';
import type { Workplace } from './workplace.ts';

/** Files that a test may change. */
export interface ChangeableFiles extends Files {
  write(path: string, content: string | Uint8Array): void;
  remove(path: string): void;
}

export interface ProgramResult {
  readonly exitCode?: number;
  readonly stdout?: string;
  readonly stderr?: string;
}

type Program = (request: RunRequest) => ProgramResult | Promise<ProgramResult>;

/** The fakes that a workplace is made of; every test brings them along. */
export interface Fakes {
  createMemoryFiles(content: Readonly<Record<string, string>>, options: { readonly root: string }): ChangeableFiles;
  createFakeJournal(options: { readonly files: ChangeableFiles }): Journal;
  createFakeRunner(
    programs: Readonly<Record<string, Program>>,
    options: { readonly sandbox?: Awaited<ReturnType<Runner['sandbox']>> },
  ): Runner;
  createMemoryReflexion(): Reflexion;
  createMemoryCustomizations(): Customizations;
  createMemoryTrust(): Trust;
  createPlainShellParser(): ShellParser;
  createMemorySessionLog(): SessionLog;
  createRecordingTelemetry(): Telemetry;
}

export interface FakeWorkplace extends Workplace {
  readonly files: ChangeableFiles;
  readonly kept: { readonly journal: Journal; readonly reflexion: Reflexion };
  /** What was run, in order. */
  readonly ran: RunRequest[];
  /** The text of a file; `undefined` where there is none. */
  text(path: string): Promise<string | undefined>;
}

export interface FakeWorkplaceOptions {
  readonly files?: Readonly<Record<string, string>>;
  readonly reflexion?: Reflexion;
  readonly customizations?: Customizations;
  /** What a line of the shell does. */
  readonly shell?: (
    line: string,
    files: ChangeableFiles,
    request: RunRequest,
  ) => ProgramResult | Promise<ProgramResult>;
  readonly sandbox?: Awaited<ReturnType<Runner['sandbox']>>;
  /** Default `/w`. */
  readonly root?: string;
}

/** A workspace in memory in which everything can be done. */
export function fakeWorkplace(fakes: Fakes, options: FakeWorkplaceOptions = {}): FakeWorkplace {
  const { root = '/w', shell = () => ({}) } = options;
  const files = fakes.createMemoryFiles(options.files ?? { 'src/a.ts': 'one\ntwo\nthree\n' }, { root });
  const journal = fakes.createFakeJournal({ files });
  const reflexion = options.reflexion ?? fakes.createMemoryReflexion();
  const ran: RunRequest[] = [];
  const programs = {
    sh: async (request: RunRequest) => {
      ran.push(request);
      return shell(request.argv[2] ?? '', files, request);
    },
  };
  return {
    root,
    files,
    kept: { journal, reflexion },
    ran,
    runner: fakes.createFakeRunner(programs, options.sandbox ? { sandbox: options.sandbox } : {}),
    customizations: options.customizations ?? fakes.createMemoryCustomizations(),
    journal: async () => journal,
    reflexion: async () => reflexion,
    text: async (path) =>
      files.read(path).then(
        (bytes) => new TextDecoder().decode(bytes),
        () => undefined,
      ),
  };
}
