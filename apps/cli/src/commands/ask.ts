import {
  exitCodes,
  NootropicError,
  type Attachment,
  type KnownTurnEvent,
  type SendInput,
  type TurnEvent,
} from '@nootropic/contracts';
import type { Command } from 'commander';
import { userModelRef, withAssistant, withCommonOptions, workspaceOf, type Cli, type CommonOptions } from '../cli.ts';
import { eventJson } from '../event-json.ts';
import { exitCodeOf, talkFailure } from '../failure.ts';
import { imageOption, imagesFrom } from '../image-option.ts';
import { readPipedText } from '../stdin-text.ts';
import { createTurnPrinter } from '../turn-printer.ts';
import type { Finish } from '../program.ts';

export interface AskOptions extends CommonOptions {
  readonly model?: string;
  readonly session?: string;
  readonly verbose?: boolean;
  readonly image?: readonly string[];
}

export function addAsk(parent: Command, cli: Cli, finish: Finish): void {
  const command = parent
    .command('ask')
    .summary('ask a question about the code in this folder')
    .description(
      'Asks a question about the code in this folder and prints the answer, then the places it rests on.\nText piped in goes along with the question.',
    )
    .argument('[question...]', 'what to ask; `-` reads the question itself from standard input')
    .option(
      '-m, --model <ref>',
      'answer with this model: file:PATH, the name of an installed one, ollama:NAME[@URL], openai:NAME@URL, or none for passages only',
    )
    .option('-s, --session <id>', 'go on with this session: an id, a unique start of one, or `latest`')
    .addOption(imageOption())
    .option('--verbose', 'say which model answered and why, and the tokens, the time and the cost');
  withCommonOptions(command, [
    ['nootropic ask "where are sessions stored?"', 'an answer with its sources'],
    ['git diff | nootropic ask "what could break?"', 'with text from a pipe'],
    ['nootropic ask --model file:qwen.gguf "hi"', 'with a model file'],
    ['nootropic ask --image shot.png "what is wrong here?"', 'with a picture, for a model that sees'],
    ['nootropic ask --json "…" | jq -r .type', 'every event as a JSON line'],
  ]).action((words: string[], options: AskOptions) => finish(() => ask(cli, words.join(' '), options)));
}

/** Sends one question and prints the turn. Gives the exit code. */
export async function ask(cli: Cli, words: string, options: AskOptions): Promise<number> {
  const here = await workspaceOf(cli, options);
  const { text, attachments: piped } = await questionFrom(cli, words);
  const attachments = [...piped, ...(await imagesFrom(cli, options.image))];
  return withAssistant(cli, async (assistant) => {
    const { signal } = cli;
    // A session goes on about the folder it is about, wherever it is resumed from.
    const resumed = options.session !== undefined && options.cwd === undefined;
    const workspace = resumed ? (await assistant.sessions.show({ id: options.session ?? '' })).session.workspace : here;
    const input: SendInput = {
      workspace,
      text,
      ...(attachments.length === 0 ? {} : { attachments }),
      ...(options.session === undefined ? {} : { sessionId: options.session }),
      ...(options.model === undefined ? {} : { model: userModelRef(cli, options.model) }),
    };
    return printTurn(cli, await assistant.send(input, { signal }), options);
  });
}

async function printTurn(cli: Cli, events: AsyncIterable<TurnEvent>, options: AskOptions): Promise<number> {
  const json = options.json === true;
  const printer = createTurnPrinter(cli, { verbose: options.verbose === true });
  let code: number | undefined;
  try {
    for await (const event of events) {
      code = exitCodeAt(event) ?? code;
      if (!json) await printer.show(event);
      else {
        await cli.json(eventJson(event));
        if (event.type === 'turn-error')
          await talkFailure(cli, (event as KnownTurnEvent & { type: 'turn-error' }).error);
      }
    }
  } finally {
    if (!json) await printer.close();
  }
  if (code === undefined) cli.signal.throwIfAborted();
  if (code === undefined) throw new NootropicError('INTERNAL', 'The turn broke off without an end.');
  return code;
}

/** The exit code that an event ends the turn with; undefined while it goes on. */
function exitCodeAt(event: TurnEvent): number | undefined {
  const known = event as KnownTurnEvent;
  if (known.type === 'turn-end') return known.reason === 'aborted' ? exitCodes.interrupted : exitCodes.ok;
  if (known.type === 'turn-error') return exitCodeOf(known.error.code);
  return undefined;
}

async function questionFrom(cli: Cli, words: string): Promise<{ text: string; attachments: Attachment[] }> {
  const given = words.trim();
  const asked = given === '-' ? '' : given;
  const piped =
    given === '-' && cli.surroundings.stdin.kind === 'terminal'
      ? await cli.surroundings.stdin.readAll()
      : await readPipedText(cli);
  if (asked !== '')
    return { text: asked, attachments: piped === undefined ? [] : [{ kind: 'text', name: 'stdin', text: piped }] };
  if (piped !== undefined && piped.trim() !== '') return { text: piped.trim(), attachments: [] };
  throw new NootropicError('USAGE', 'There is no question.', {
    hint: 'For example: nootropic ask "where are sessions stored?"',
  });
}
