import {
  exitCodes,
  NootropicError,
  type AgentMode,
  type Assistant,
  type KnownTurnEvent,
  type SendInput,
  type TurnEvent,
} from '@nootropic/contracts';
import { userModelRef, withAssistant, workspaceOf, type Cli, type CommonOptions } from './cli.ts';
import { eventJson } from './event-json.ts';
import { exitCodeOf, talkFailure } from './failure.ts';
import { imagesFrom } from './image-option.ts';
import { readPipedText } from './stdin-text.ts';
import { createTaskPrinter, type TaskPrinter } from './task-printer.ts';
import { askAtTerminal } from './terminal-approval.ts';

export interface RunOptions extends CommonOptions {
  readonly mode?: AgentMode;
  readonly model?: string;
  readonly agent?: string;
  readonly session?: string;
  readonly continue?: boolean;
  readonly verbose?: boolean;
  readonly image?: readonly string[];
}

/** Does one task and prints the turn. Gives the exit code. */
export async function runTask(cli: Cli, words: string, options: RunOptions): Promise<number> {
  const here = await workspaceOf(cli, options);
  const { text, attachments: piped = [] } = await taskFrom(cli, words);
  const attachments = [...piped, ...(await imagesFrom(cli, options.image))];
  return withAssistant(cli, async (assistant, host) => {
    const session = await sessionOf(assistant, here, options);
    // A session goes on in the folder it is about, wherever it is resumed from.
    const workspace = session !== undefined && options.cwd === undefined ? session.workspace : here;
    const attended =
      options.json !== true && cli.surroundings.stdin.kind === 'terminal' && cli.surroundings.stderr.isTTY;
    const { agent } = await host.config();
    const input: SendInput = {
      ...{ workspace, text, attended, mode: options.mode ?? agent?.mode ?? 'ask' },
      ...(attachments.length > 0 && { attachments }),
      ...(session !== undefined && { sessionId: session.id }),
      ...(options.model !== undefined && { model: userModelRef(cli, options.model) }),
      ...(options.agent !== undefined && { agent: options.agent }),
    };
    return followTask(cli, assistant, { input, options });
  });
}

/** Sends a task, and prints its turn; puts requests before the person, where the input says that one is there. Gives the exit code. */
export async function followTask(
  cli: Cli,
  assistant: Assistant,
  { input, options }: { readonly input: SendInput; readonly options: Pick<RunOptions, 'json' | 'verbose'> },
): Promise<number> {
  const json = options.json === true;
  const printer = createTaskPrinter(cli, { assistant, workspace: input.workspace, verbose: options.verbose === true });
  const outcome: Outcome = { code: undefined, refused: false, refusedCalls: new Set(), requests: new Map() };
  const answering = new Set<Promise<void>>();
  try {
    for await (const event of await assistant.send(input, { signal: cli.signal })) {
      note(outcome, event);
      if (json) await printJson(cli, event);
      else await printer.show(event);
      if (event.type === 'approval-request' && input.attended === true)
        answering.add(answer(cli, assistant, { event, printer }));
    }
  } finally {
    if (!json) await printer.close();
  }
  if (outcome.code === undefined) cli.signal.throwIfAborted();
  if (outcome.code === undefined) throw new NootropicError('INTERNAL', 'The turn broke off without an end.');
  return outcome.code === exitCodes.ok && outcome.refused ? exitCodes.denied : outcome.code;
}

async function printJson(cli: Cli, event: TurnEvent): Promise<void> {
  await cli.json(eventJson(event));
  const known = event as KnownTurnEvent;
  if (known.type === 'turn-error') await talkFailure(cli, known.error);
}

/** Puts a request to the person, and hands the answer on. A request that nobody waits for any more is no failure. */
async function answer(
  cli: Cli,
  assistant: Assistant,
  { event, printer }: { readonly event: TurnEvent; readonly printer: TaskPrinter },
): Promise<void> {
  const { requestId, sessionId } = event as KnownTurnEvent & { type: 'approval-request' };
  const ask = printer.ask(requestId);
  if (ask === undefined) return;
  const given = await askAtTerminal(cli, ask);
  await assistant.answer({ sessionId, requestId, ...given }).catch(() => undefined);
}

interface Outcome {
  code: number | undefined;
  /** Whether a call failed since nobody could be asked. */
  refused: boolean;
  readonly refusedCalls: Set<string>;
  /** The call that each request is about. */
  readonly requests: Map<string, string>;
}

/** What an event means for the exit code. A refusal that a call could do without, such as that of a check, is none. */
function note(outcome: Outcome, event: TurnEvent): void {
  const known = event as KnownTurnEvent;
  switch (known.type) {
    case 'approval-request':
      if (known.callId !== undefined) outcome.requests.set(known.requestId, known.callId);
      return;
    case 'approval-answer': {
      if (known.decision !== 'deny' || known.automatic !== true) return;
      const call = outcome.requests.get(known.requestId);
      if (call === undefined) outcome.refused = true;
      else outcome.refusedCalls.add(call);
      return;
    }
    case 'tool-result':
      outcome.refused ||= !known.ok && outcome.refusedCalls.has(known.callId);
      return;
    case 'turn-end':
      outcome.code =
        known.reason === 'aborted' ? exitCodes.interrupted : known.reason === 'done' ? exitCodes.ok : exitCodes.error;
      return;
    case 'turn-error':
      outcome.code = exitCodeOf(known.error.code);
      return;
    default:
      return;
  }
}

type Session = Awaited<ReturnType<Assistant['sessions']['list']>>[number];

async function sessionOf(assistant: Assistant, workspace: string, options: RunOptions): Promise<Session | undefined> {
  if (options.session !== undefined) return (await assistant.sessions.show({ id: options.session })).session;
  if (options.continue !== true) return undefined;
  return (await assistant.sessions.list()).find((session) => session.workspace === workspace);
}

async function taskFrom(cli: Cli, words: string): Promise<Pick<SendInput, 'text' | 'attachments'>> {
  const given = words.trim();
  const piped =
    given === '-' && cli.surroundings.stdin.kind === 'terminal'
      ? await cli.surroundings.stdin.readAll()
      : await readPipedText(cli);
  if (given !== '' && given !== '-')
    return { text: given, ...(piped !== undefined && { attachments: [{ kind: 'text', name: 'stdin', text: piped }] }) };
  if (piped !== undefined && piped.trim() !== '') return { text: piped.trim() };
  throw new NootropicError('USAGE', 'There is no task.', {
    hint: 'For example: nootropic run "rename parseBody to readBody"',
  });
}
