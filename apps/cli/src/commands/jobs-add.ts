import { readFile } from 'node:fs/promises';
import { NootropicError, type Assistant, type JobKind } from '@nootropic/contracts';
import { Argument, type Command } from 'commander';
import {
  numberOption,
  userModelRef,
  userPath,
  withAssistant,
  withCommonOptions,
  workspaceOf,
  type Cli,
  type CommonOptions,
} from '../cli.ts';
import { shortJobId } from '../job-lines.ts';
import { modeOption } from '../mode-option.ts';
import type { Finish } from '../program.ts';
import { watchJob } from './jobs-watch.ts';

interface AddOptions extends CommonOptions {
  readonly payload?: string;
  readonly mode?: string;
  readonly model?: string;
  readonly priority: number;
  readonly delay?: number;
  readonly cron?: string;
  readonly attempts: number;
  readonly timeout: number;
  readonly key?: string;
  readonly webhook?: string;
  readonly label?: string;
  readonly watch?: boolean;
  /** False with `--no-start`. */
  readonly start: boolean;
}

type NewJob = Parameters<Assistant['jobs']['add']>[0];

/** Written down again, and checked against the contract's, because importing that would load its schemas for `--help`. */
const everyKind: Record<JobKind, true> = { turn: true, chain: true, completions: true, execute: true, index: true };
/** The secret is no option: every program of the user can read what stands on a command line. */
const secretName = 'NOOTROPIC_WEBHOOK_SECRET';

export function addJobsAdd(parent: Command, cli: Cli, finish: Finish): void {
  const command = parent
    .command('add')
    .summary('add a job')
    .description(
      'Adds a job, and starts the host where none runs: it works on the job in the background. `turn` takes the task as words; what the other kinds take is given as JSON with --payload.',
    )
    .addArgument(new Argument('<kind>', 'what is to be done').choices(Object.keys(everyKind)))
    .argument('[words...]', 'of a turn: the task or the question')
    .option('--payload <file>', 'the payload as JSON; `-` reads standard input')
    .addOption(modeOption())
    .option('-m, --model <ref>', 'of a turn: use this model')
    .option('--priority <n>', 'higher goes first, -100 to 100', numberOption('--priority', -100, 100), 0)
    .option('--delay <time>', 'run it not before this much time: 90, 10m, 2h or 1d', seconds)
    .option('--cron <line>', 'run it again and again: five fields, or six with seconds first')
    .option('--attempts <n>', 'runs before it is dead', numberOption('--attempts', 1, 50), 3)
    .option('--timeout <time>', 'how long one run may take', seconds, 3600)
    .option('--key <key>', 'add it only where no job with this key is there')
    .option('--webhook <url>', `tell this address when it has ended, signed with the secret in ${secretName}`)
    .option('--label <text>', 'what to call it in lists')
    .option('--watch', 'follow it to its end')
    .option('--no-start', 'only put it into the queue: the next host works on it');
  withCommonOptions(command, [
    ['nootropic jobs add turn "update the changelog" --mode auto-edit', 'a task for the agent'],
    ['nootropic jobs add index --cron "0 3 * * *"', 'the index of this folder, every night at three'],
    ['nootropic jobs add completions --payload batch.json --watch', 'many requests, their answers in order'],
  ]).action((kind: JobKind, words: string[], options: AddOptions) =>
    finish(() => add(cli, { kind, text: words.join(' ') }, options)),
  );
}

async function add(cli: Cli, what: { kind: JobKind; text: string }, options: AddOptions): Promise<number | void> {
  const job = await newJob(cli, what, options);
  const use = async (assistant: Assistant, where: string): Promise<number | void> => {
    const { job: made, added } = await assistant.jobs.add(job, { signal: cli.signal });
    if (options.json === true && options.watch !== true) return cli.json({ job: made, added });
    if (options.json !== true)
      await cli.talk(
        `${added ? 'Added' : 'There already:'} job ${shortJobId(made)}${where}. \`nootropic jobs watch ${shortJobId(made)}\` follows it.\n`,
      );
    if (options.watch === true) return watchJob(cli, assistant, { id: made.id, options });
    if (options.json !== true) await cli.out(`${made.id}\n`);
  };
  if (!options.start)
    return withAssistant(cli, (assistant, host) => use(assistant, host.remote ? '' : ', which waits for a host'));
  const host = await cli.loadHost();
  const { assistant, isNew, url } = await host.ensure({ byItself: true }, cli.signal);
  return use(assistant, isNew ? `, and started the host at ${url}` : '');
}

async function newJob(cli: Cli, what: { kind: JobKind; text: string }, options: AddOptions): Promise<NewJob> {
  const { kind, text } = what;
  const { cron, key, webhook, label, delay } = options;
  return {
    kind,
    payload: await payloadOf(cli, what, options),
    priority: options.priority,
    retry: { attempts: options.attempts },
    timeoutMs: options.timeout * 1000,
    label: label ?? text.slice(0, 200),
    ...(delay !== undefined && { delayMs: delay * 1000 }),
    ...(cron !== undefined && { cron }),
    ...(key !== undefined && { idempotencyKey: key }),
    ...(webhook !== undefined && { webhook: { url: webhook, secret: secretOf(cli) } }),
  };
}

async function payloadOf(
  cli: Cli,
  { kind, text }: { kind: JobKind; text: string },
  options: AddOptions,
): Promise<Record<string, unknown>> {
  const { payload, mode, model } = options;
  if (kind !== 'turn' && (text !== '' || mode !== undefined || model !== undefined))
    throw new NootropicError('USAGE', `A job of kind ${kind} takes no words, --mode or --model.`, {
      hint: 'Give its payload as JSON with --payload.',
    });
  const given = payload === undefined ? {} : await readPayload(cli, payload);
  if (kind !== 'turn' && kind !== 'index') {
    if (payload !== undefined) return given;
    throw new NootropicError('USAGE', `A job of kind ${kind} needs --payload.`, {
      hint: 'The guide to the host shows one for each kind.',
    });
  }
  if (kind === 'turn' && text === '' && given['text'] === undefined)
    throw new NootropicError('USAGE', 'There is no task.', {
      hint: 'For example: nootropic jobs add turn "fix the typos"',
    });
  return {
    workspace: await workspaceOf(cli, options),
    ...(text !== '' && { text }),
    ...(mode !== undefined && { mode }),
    ...(model !== undefined && { model: userModelRef(cli, model) }),
    ...given,
  };
}

async function readPayload(cli: Cli, file: string): Promise<Record<string, unknown>> {
  const text = await (file === '-' ? cli.surroundings.stdin.readAll() : readFile(userPath(cli, file), 'utf8')).catch(
    (cause: unknown) => {
      throw new NootropicError('PATH_NOT_FOUND', `${file} cannot be read.`, { cause });
    },
  );
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { ...value };
  } catch (cause) {
    throw new NootropicError('INPUT_INVALID', `The payload is not JSON: ${String(cause)}`, { cause });
  }
  throw new NootropicError('INPUT_INVALID', 'The payload is no JSON object.');
}

function secretOf(cli: Cli): string {
  const secret = cli.surroundings.env[secretName];
  if (secret !== undefined && secret !== '') return secret;
  throw new NootropicError('USAGE', `--webhook needs the secret to sign with, in ${secretName}.`, {
    hint: `Make one: export ${secretName}=whsec_$(openssl rand -base64 32)`,
  });
}

/** Seconds of `90`, `90s`, `10m`, `2h` or `1d`. */
function seconds(text: string): number {
  const [, number = '', unit = 's'] = /^(\d{1,8})([smhd])?$/u.exec(text) ?? [];
  const factor = { s: 1, m: 60, h: 3600, d: 86_400 }[unit] ?? 1;
  if (number !== '') return Number(number) * factor;
  throw new NootropicError('USAGE', `"${text}" is no time: give 90, 10m, 2h or 1d.`);
}
