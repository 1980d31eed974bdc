import type {
  ChangeOutcome,
  CheckResult,
  Config,
  FileChange,
  Journal,
  JournalChange,
  JournalStep,
  Reflexion,
  TurnEventBody,
} from '@nootropic/contracts';
import type { Leave } from './leave.ts';
import { createRepair, type Before } from './repair.ts';
import { reported } from './stoppable.ts';

export interface ChecksOptions {
  readonly config: Pick<Config['agent'], 'checks' | 'attempts'>;
  readonly journal: () => Promise<Journal>;
  readonly reflexion: () => Promise<Reflexion>;
  readonly leave: Leave;
  readonly scope: { readonly sessionId: string; readonly turnId: string };
  readonly trusted: boolean;
  readonly sandboxed: boolean;
  /** Whether programs may run where nothing confines them. */
  readonly mayRunUnconfined: boolean;
  /** What was answered, in this session, to the question whether the project's own programs may run unconfined; kept here. */
  readonly said: { programs?: boolean };
  readonly signal: AbortSignal;
}

export interface WrittenChange {
  readonly callId: string;
  readonly label: string;
  readonly step: JournalStep;
  /** What the changed paths held before. */
  readonly before: Before;
}

/** Judges changes that are on the disk, and takes back those that fail for the last time. */
export interface Checks {
  judge(written: WrittenChange): AsyncGenerator<TurnEventBody, ChangeOutcome>;
  /** Files whose last change does not pass; empty when all is well. */
  failing(): readonly string[];
}

const longestLesson = 700;

export function createChecks(options: ChecksOptions): Checks {
  const { config, scope, signal } = options;
  const repair = createRepair();
  const exists = new Map<string, boolean>();
  const unable = new Set<string>();

  const note = (changes: readonly JournalChange[]): void => {
    for (const { path, change, from } of changes) {
      exists.set(path, change !== 'deleted');
      if (from !== undefined) exists.set(from, false);
    }
  };

  const attempted = (): FileChange[] =>
    repair.paths.flatMap((path): FileChange[] => {
      const was = repair.before(path) !== undefined;
      const is = exists.get(path) ?? was;
      if (!was && !is) return [];
      return [{ path, change: !was ? 'created' : is ? 'modified' : 'deleted' }];
    });

  /** Whether the type checker, the linter and the tests of the project may run: they run its code. */
  async function* mayRunPrograms(callId: string): AsyncGenerator<TurnEventBody, boolean> {
    if (config.checks !== 'all' || (!options.sandboxed && !options.mayRunUnconfined)) return false;
    if (options.trusted && options.sandboxed) return true;
    if (options.said.programs === undefined && !options.leave.attended) {
      if (unable.has('programs')) return false;
      unable.add('programs');
      const why = options.trusted ? 'they cannot be confined here' : 'the folder is not trusted';
      const message = `Only the parser judges changes: the project’s own checks are not run, since ${why} and nobody is there to be asked.`;
      yield { type: 'notice', level: 'info', code: 'checks-limited', message };
      return false;
    }
    if (options.said.programs === undefined) {
      const reason = options.trusted
        ? 'They cannot be confined on this machine.'
        : 'The folder is not trusted, and they run its code.';
      const detail = 'Run the type checker, the linter and the tests of this workspace after each change.';
      const { decision } = yield* options.leave.ask({
        ...{ action: 'run', detail, reason, callId },
        sandboxed: options.sandboxed,
      });
      options.said.programs = decision !== 'deny';
    }
    return options.said.programs;
  }

  async function* results(
    { label, step }: WrittenChange,
    programs: boolean,
  ): AsyncGenerator<TurnEventBody, readonly CheckResult[]> {
    const [journal, reflexion] = await Promise.all([options.journal(), options.reflexion()]);
    return yield* reported(async (report: (event: TurnEventBody) => void) => {
      const judge = async (): Promise<CheckResult[]> => {
        const all: CheckResult[] = [];
        const attempt = { changes: attempted(), before: async (path: string) => repair.before(path), signal };
        for await (const result of reflexion.judge({ ...attempt, judges: programs ? 'all' : 'parse-only' })) {
          all.push(result);
          const { name, ok, output } = result;
          if (result.unable !== true) report({ type: 'check-result', name, ok, output, step: step.id });
          else if (!unable.has(name)) {
            unable.add(name);
            const message = `${name} could not judge the change${output === '' ? '.' : `: ${firstLine(output)}`}`;
            report({ type: 'notice', level: 'info', code: 'check-unable', message });
          }
        }
        return all;
      };
      if (!programs) return judge();
      // A test may write files too; whatever it changes can be taken back like the rest.
      const { result, step: made } = await journal.watch({ ...scope, label: `checks of ${label}` }, judge);
      if (made) {
        repair.add(made, new Map());
        for (const event of changeEvents(made)) report(event);
      }
      return result;
    });
  }

  /** Newest first, so that each finds the files as it left them. */
  async function* takeBack(): AsyncGenerator<TurnEventBody, readonly string[]> {
    const journal = await options.journal();
    const kept: string[] = [];
    for (const id of repair.steps.toReversed()) {
      const { restored, conflicts, lost, steps } = await journal.undo({ step: id });
      for (const change of restored) yield changeEvent(change);
      kept.push(...conflicts.map(({ path }) => path), ...lost);
      if (steps.length > 0) note(restored);
    }
    return [...new Set(kept)];
  }

  async function* revert(written: WrittenChange, failure: CheckResult): AsyncGenerator<TurnEventBody, ChangeOutcome> {
    const paths = repair.paths;
    const kept = yield* takeBack();
    const said = `${failure.name}: ${failure.output.trim()}`;
    const text = `\`${written.label}\` failed its checks ${config.attempts} times and was taken back. ${said}`;
    const lesson = await (
      await options.reflexion()
    ).learn({
      text: text.length > longestLesson ? `${text.slice(0, longestLesson)}…` : text,
      paths,
      sessionId: scope.sessionId,
    });
    yield { type: 'lesson', text: lesson.text, paths: [...lesson.paths] };
    repair.close();
    const back = `Taken back: ${paths.join(', ')} ${paths.length === 1 ? 'is' : 'are'} as before your failed changes.`;
    const content = [
      `${failure.name} still fails:\n${failure.output.trim()}`,
      kept.length === 0 ? back : `Taken back, but for what was changed meanwhile or not kept: ${kept.join(', ')}.`,
      'Do not make the same change again: read the files as they are now, and do it in another way.',
    ].join('\n\n');
    return { ok: false, state: 'reverted', content };
  }

  return {
    failing: () => repair.paths,
    async *judge(written) {
      const { step, before } = written;
      repair.add(step, before);
      note(step.changes);
      const told = summary(step);
      if (config.checks === 'off') {
        repair.close();
        return { ok: true, state: 'written', content: told };
      }
      const programs = yield* mayRunPrograms(written.callId);
      const all = yield* results(written, programs);
      const failure = all.find(({ ok, unable: not }) => !ok && not !== true);
      if (!failure) {
        repair.close();
        const passed = all.filter(({ ok, unable: not }) => ok && not !== true).map(({ name }) => name);
        const checks = passed.length === 0 ? 'Nothing here can check it.' : `Passed: ${passed.join(', ')}.`;
        return { ok: true, state: 'written', content: `${told} ${checks}` };
      }
      const failures = repair.failed(step.changes.map(({ path }) => path));
      if (failures >= config.attempts) return yield* revert(written, failure);
      const left = config.attempts - failures;
      const content = [
        `${told} It is on the disk, but ${failure.name} fails:\n${failure.output.trim()}`,
        `Mend it with another change. After ${left === 1 ? 'one more failure' : `${left} more failures`} it is taken back.`,
      ].join('\n\n');
      return { ok: false, state: 'failed-checks', content };
    },
  };
}

/** The events of a step, one for each path. */
export function changeEvents(step: JournalStep): TurnEventBody[] {
  return step.changes.map((change) => changeEvent(change, step.id));
}

function changeEvent({ path, change, from, added, removed }: JournalChange, step?: number): TurnEventBody {
  return {
    ...{ type: 'file-change', path, change, added, removed },
    ...(from !== undefined && { from }),
    ...(step !== undefined && { step }),
  };
}

/** What a step did, in a line for the model. */
export function summary({ changes }: JournalStep): string {
  if (changes.length === 0) return 'Nothing changed: the files hold this already.';
  const most = 30;
  const parts = changes.slice(0, most).map(({ path, change, from, added, removed }) => {
    const what = change === 'renamed' && from !== undefined ? `renamed ${from} to ${path}` : `${change} ${path}`;
    return `${what} (+${added} -${removed})`;
  });
  const more = changes.length > most ? `, and ${changes.length - most} more` : '';
  return `Done: ${parts.join(', ')}${more}.`;
}

function firstLine(text: string): string {
  return text.trim().split('\n')[0] ?? '';
}
