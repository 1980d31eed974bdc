import {
  NootropicError,
  type CommandOutcome,
  type CommandRequest,
  type Journal,
  type JournalStep,
  type Runner,
  type RunResult,
  type TurnEventBody,
} from '@nootropic/contracts';
import { changeEvents, summary } from './checks.ts';
import { wordsOf, type Leave } from './leave.ts';
import { plainOutput } from './plain-output.ts';
import { cutMiddle } from './prompt.ts';
import { reported } from './stoppable.ts';

export interface CommandActionOptions {
  readonly runner: Runner;
  readonly journal: () => Promise<Journal>;
  readonly leave: Leave;
  readonly scope: { readonly sessionId: string; readonly turnId: string };
  readonly sandboxed: boolean;
  /** Whether commands may run where nothing confines them. */
  readonly mayRunUnconfined: boolean;
  /** Hosts that commands in the sandbox may connect to. */
  readonly hosts: readonly string[];
  readonly now: () => number;
  readonly signal: AbortSignal;
}

const defaultTimeoutMs = 120_000;
/** Characters of output that the model is given: about 2,000 tokens. */
const shownOutput = 8000;
const longestLabel = 80;
const progressIntervalMs = 500;

/** Runs lines of the shell: each is judged, confined where that can be done, and recorded with all that it changed. */
export function createCommandAction(options: CommandActionOptions) {
  const { runner, leave, scope, sandboxed, hosts, now, signal } = options;

  return async function* run(request: CommandRequest): AsyncGenerator<TurnEventBody, CommandOutcome> {
    const { callId, line, cwd, timeoutMs = defaultTimeoutMs } = request;
    if (!sandboxed && !options.mayRunUnconfined)
      return refused('Programs cannot be confined on this machine, and without that none may run here.');
    const { given, words } = yield* leave.obtain(
      [{ kind: 'command', tool: 'run', line, ...(cwd !== undefined && { cwd }) }],
      () => ({
        ...{ action: 'run', callId, detail: line, sandboxed },
        ...(cwd !== undefined && cwd !== '.' && { paths: [cwd] }),
      }),
    );
    if (!given) return refused(words);

    const journal = await options.journal();
    const label = line.length > longestLabel ? `${line.slice(0, longestLabel - 1)}…` : line;
    const startedAt = now();
    try {
      const { result, step } = yield* reported(async (report: (event: TurnEventBody) => void) => {
        let shownAt = -Infinity;
        const onOutput = (text: string): void => {
          if (now() - shownAt < progressIntervalMs) return;
          shownAt = now();
          const note = plainOutput(text).trim().split('\n').at(-1)?.slice(0, 200) ?? '';
          report({ type: 'progress', task: 'run', done: now() - startedAt, total: timeoutMs, note });
        };
        return journal.watch({ ...scope, label }, () =>
          runner.run({
            argv: ['sh', '-c', line],
            ...(sandboxed && { sandbox: { hosts } }),
            ...(cwd !== undefined && { cwd }),
            ...{ timeoutMs, onOutput, signal },
          }),
        );
      });
      if (step) yield* changeEvents(step);
      return outcome(result, step, timeoutMs);
    } catch (cause) {
      return refused(wordsOf(NootropicError.from(cause, 'COMMAND_FAILED')));
    }
  };
}

function refused(content: string): CommandOutcome {
  return { ok: false, state: 'refused', exitCode: null, content };
}

function outcome(result: RunResult, step: JournalStep | undefined, timeoutMs: number): CommandOutcome {
  const { exitCode, timedOut, limit } = result;
  const ended = timedOut
    ? `Stopped after ${Math.round(timeoutMs / 1000)} s without an end.`
    : limit !== undefined
      ? `Stopped: it took more ${limit} than it may.`
      : exitCode === null
        ? 'A signal ended it.'
        : `Exit code ${exitCode}.`;
  const parts = [ended, ...output(result), ...(step ? [summary(step).replace(/^Done/u, 'Files')] : [])];
  return {
    ok: exitCode === 0 && !timedOut,
    state: timedOut ? 'timed-out' : 'ran',
    exitCode,
    content: parts.join('\n'),
  };
}

/** What the program wrote: its beginning and its end, where logs say what went wrong. */
function output({ stdout, stderr, truncated }: RunResult): string[] {
  const streams = [
    { name: 'Output', text: plainOutput(stdout).trimEnd() },
    { name: 'Errors', text: plainOutput(stderr).trimEnd() },
  ].filter(({ text }) => text !== '');
  if (streams.length === 0) return ['No output.'];
  const each = Math.floor(shownOutput / streams.length);
  const shown = streams.map(({ name, text }) => `${name}:\n${cutMiddle(text, each)}`);
  return truncated ? [...shown, '[More was written than is kept.]'] : shown;
}
