import {
  NootropicError,
  type Hook,
  type HookEvent,
  type Journal,
  type Runner,
  type TurnEventBody,
} from '@nootropic/contracts';
import { changeEvents } from './checks.ts';
import { plainOutput } from './plain-output.ts';

export interface HooksOptions {
  /** Those that are honoured, in the order in which they run. */
  readonly hooks: readonly Hook[];
  readonly runner: Runner;
  readonly journal: () => Promise<Journal>;
  readonly sandboxed: boolean;
  readonly root: string;
  readonly scope: { readonly sessionId: string; readonly turnId: string };
  readonly now: () => number;
  readonly signal: AbortSignal;
}

/** What the hooks of one event said together; the strictest decision counts. */
export interface HookAnswer {
  readonly decision: 'allow' | 'ask' | 'deny';
  readonly reason: string;
  /** For the model. */
  readonly context: string;
}

export interface Hooks {
  /** Whether any hook is for this event. */
  has(event: HookEvent): boolean;
  /** Runs the hooks of an event one after the other, in their order, until one denies. `tool` is what the matcher of a tool's hook looks at. */
  fire(event: HookEvent, facts: object, tool?: string): AsyncGenerator<TurnEventBody, HookAnswer>;
}

/** Exit code by which a hook denies; its reason is on standard error. */
const denies = 2;
const longestContext = 4000;

/**
 * Programs that are told what an agent does, and may forbid it: JSON on their standard input, and JSON or nothing on their standard output. A
 * hook can only tighten: what it allows is still judged by the rules. Before something is done it may only read; afterwards it may change
 * files, and what it changes is recorded. One that fails or answers nonsense is named in a notice and else passed over.
 */
export function createHooks(options: HooksOptions): Hooks {
  const { runner, sandboxed, scope, signal } = options;

  async function* runOne(hook: Hook, event: HookEvent, facts: object): AsyncGenerator<TurnEventBody, HookAnswer> {
    const failed = (why: string): TurnEventBody => ({
      type: 'notice',
      level: 'warning',
      code: 'hook-failed',
      message: `The hook ${hook.origin.path} for ${event} ${why} It is passed over.`,
    });
    // The user's own hook is the user's own program; one of a workspace runs confined or not at all.
    if (!sandboxed && hook.origin.scope === 'workspace') {
      yield failed('is not run, since programs cannot be confined on this machine.');
      return silent;
    }
    const writes = event.startsWith('After');
    const stdin = `${JSON.stringify({
      ...{ session_id: scope.sessionId, turn_id: scope.turnId, cwd: options.root, hook_event_name: event },
      ...{ timestamp: new Date(options.now()).toISOString(), ...facts },
    })}\n`;
    const run = () =>
      runner.run({
        argv: ['sh', '-c', hook.command],
        ...(sandboxed && { sandbox: { writes } }),
        ...{ stdin, timeoutMs: hook.timeoutMs ?? 60_000, signal },
      });
    try {
      const label = `hook ${hook.origin.path}`;
      const watched = writes
        ? await (await options.journal()).watch({ ...scope, label }, run)
        : { result: await run(), step: undefined };
      if (watched.step) yield* changeEvents(watched.step);
      const { exitCode, stdout, stderr, timedOut } = watched.result;
      if (exitCode === denies)
        return { decision: 'deny', reason: plainOutput(stderr).trim() || 'A hook denies it.', context: '' };
      if (timedOut) yield failed('took too long.');
      else if (exitCode !== 0) yield failed(`ended with ${exitCode === null ? 'a signal' : `code ${exitCode}`}.`);
      else {
        const answer = understand(stdout);
        if (answer) return answer;
        yield failed('answered with something else than the JSON that is asked for.');
      }
    } catch (cause) {
      const error = NootropicError.from(cause, 'COMMAND_FAILED');
      if (error.code === 'ABORTED' || error.code === 'DISK_FULL') throw error;
      yield failed(`could not be run: ${error.message}`);
    }
    return silent;
  }

  return {
    has: (event) => options.hooks.some((hook) => hook.event === event),
    async *fire(event, facts, tool) {
      let decision: HookAnswer['decision'] = 'allow';
      let reason = '';
      const context: string[] = [];
      for (const hook of options.hooks) {
        if (hook.event !== event || !matches(hook, tool)) continue;
        const answer = yield* runOne(hook, event, facts);
        if (answer.context !== '') context.push(answer.context);
        if (answer.decision === 'allow') continue;
        ({ decision, reason } = answer);
        if (decision === 'deny') break;
      }
      return { decision, reason, context: context.join('\n').slice(0, longestContext) };
    },
  };
}

const silent: HookAnswer = { decision: 'allow', reason: '', context: '' };

function matches({ matcher }: Hook, tool: string | undefined): boolean {
  if (matcher === undefined || matcher === '' || matcher === '*' || tool === undefined) return true;
  try {
    return new RegExp(`^(?:${matcher})$`, 'u').test(tool);
  } catch {
    // What cannot be read as an expression is a name.
    return matcher === tool;
  }
}

/** An answer of a hook. Nothing at all is an answer; what is no JSON is none. */
function understand(stdout: string): HookAnswer | undefined {
  const text = stdout.trim();
  if (text === '') return silent;
  try {
    const { decision, reason, additionalContext } = fieldsOf(JSON.parse(text));
    const words = textOf(reason);
    return {
      decision: ['deny', 'block'].includes(String(decision)) ? 'deny' : decision === 'ask' ? 'ask' : 'allow',
      reason: words === '' && decision !== undefined ? 'A hook says so.' : words,
      context: textOf(additionalContext),
    };
  } catch {
    return undefined;
  }
}

function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { ...value };
  throw new NootropicError('INPUT_INVALID', 'No JSON object.');
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? plainOutput(value).trim() : '';
}
