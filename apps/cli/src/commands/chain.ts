import { readFile } from 'node:fs/promises';
import { NootropicError, type Assistant, type ChainEvent } from '@nootropic/contracts';
import { Option, type Command } from 'commander';
import { userModelRef, userPath, withAssistant, withCommonOptions, type Cli, type CommonOptions } from '../cli.ts';
import type { Finish } from '../program.ts';
import { readPipedText } from '../stdin-text.ts';

interface ChainOptions extends CommonOptions {
  readonly preset?: Preset;
  readonly file?: string;
  readonly model?: string[];
  readonly quiet?: boolean;
}

type ChainAsk = Parameters<Assistant['chains']['run']>[0];
type Preset = NonNullable<ChainAsk['preset']>;

/** Written down again, and checked against the contract's, because importing that would load its schemas for `--help`. */
const everyPreset: Record<Preset, true> = { 'draft-critique-revise': true, 'fan-out-vote': true };

export function addChain(parent: Command, cli: Cli, finish: Finish): void {
  const command = parent
    .command('chain')
    .summary('run models one after another, or side by side')
    .description(
      'Runs a chain: several requests, in which one takes what others wrote. The steps are shown while they run, on standard error; the result goes to standard output.',
    )
    .argument('[words...]', 'the input; without it, it is read from a pipe')
    .addOption(new Option('--preset <name>', 'a chain that is known').choices(Object.keys(everyPreset)))
    .option('-f, --file <file>', 'a chain of your own, as JSON: `steps`, and what else `/v1/chains` takes')
    .option('-m, --model <ref>', 'of a preset: a model that takes a part; may be given several times', collect, [])
    .option('-q, --quiet', 'only the result');
  withCommonOptions(command, [
    [
      'nootropic chain --preset draft-critique-revise "explain WAL mode"',
      'a draft, what is wrong with it, a better one',
    ],
    ['nootropic chain --preset fan-out-vote -m small -m large "is 91 prime?"', 'the answer that most give'],
    ['git diff | nootropic chain -f review.json', 'steps of your own'],
  ]).action((words: string[], options: ChainOptions) => finish(() => chain(cli, words.join(' '), options)));
}

function collect(value: string, before: string[]): string[] {
  return [...before, value];
}

async function chain(cli: Cli, words: string, options: ChainOptions): Promise<void> {
  const ask = await askOf(cli, words, options);
  await withAssistant(cli, async (assistant) => {
    const show = createStepPrinter(cli, options.quiet !== true && options.json !== true);
    let result: string | undefined;
    for await (const event of await assistant.chains.run(ask, { signal: cli.signal })) {
      if (options.json === true) await cli.json(event);
      else await show(event);
      if (event.type === 'chain-end') result = event.text;
    }
    cli.signal.throwIfAborted();
    if (result === undefined) throw new NootropicError('INTERNAL', 'The chain ended without a result.');
    if (options.json !== true) await cli.out(`${cli.clean(result).trimEnd()}\n`);
  });
}

async function askOf(cli: Cli, words: string, { preset, file, model = [] }: ChainOptions): Promise<ChainAsk> {
  if ((preset === undefined) === (file === undefined))
    throw new NootropicError('USAGE', 'A chain needs either --preset or --file.', {
      hint: `Presets: ${Object.keys(everyPreset).join(', ')}.`,
    });
  if (file !== undefined && model.length > 0)
    throw new NootropicError('USAGE', '--model goes with --preset; in a file each step names its own.');
  const given = file === undefined ? {} : await readChain(cli, file);
  const input = words !== '' ? words : ((await readPipedText(cli)) ?? given.input);
  if (preset && input === undefined)
    throw new NootropicError('USAGE', 'There is no input.', { hint: 'Give it as words, or through a pipe.' });
  return {
    ...given,
    ...(preset && { preset }),
    ...(input !== undefined && { input }),
    ...(model.length > 0 && { models: model.map((ref) => userModelRef(cli, ref)) }),
  };
}

async function readChain(cli: Cli, file: string): Promise<ChainAsk> {
  let text: string;
  try {
    text = await readFile(userPath(cli, file), 'utf8');
  } catch (cause) {
    throw new NootropicError('PATH_NOT_FOUND', `${file} cannot be read.`, { cause });
  }
  try {
    return JSON.parse(text) as ChainAsk;
  } catch (cause) {
    throw new NootropicError('INPUT_INVALID', `${file} is not JSON: ${String(cause)}`, { cause });
  }
}

/** Shows steps on standard error. Where several run at once the first is shown as it comes, the others when they end: their texts are not mixed. */
function createStepPrinter(cli: Cli, isShown: boolean): (event: ChainEvent) => Promise<void> {
  if (!isShown) return async () => {};
  const running: string[] = [];
  const models = new Map<string, string>();
  const { errorStyle } = cli;
  const head = (key: string, step: string): string =>
    errorStyle.bold(`# ${step}`) + errorStyle.dim(` ${cli.cleanTalk(models.get(key) ?? '')}\n`);
  let open: string | undefined;
  return async (event) => {
    if (event.type === 'chain-end') return;
    const { step, copy } = event;
    const key = `${step} ${String(copy)}`;
    const title = copy > 1 ? `${step} ${String(copy)}` : step;
    if (event.type === 'step-start') {
      running.push(key);
      models.set(key, event.model);
    } else if (event.type === 'step-text') {
      if (running[0] !== key) return;
      if (open !== key) await cli.talk(head(key, title));
      open = key;
      await cli.talk(errorStyle.dim(cli.cleanTalk(event.text)));
    } else {
      const text = open === key ? '' : `${head(key, title)}${errorStyle.dim(cli.cleanTalk(event.text))}`;
      const counts = `${String(event.tokensRead)} read, ${String(event.tokensReused)} reused, ${String(event.tokensWritten)} written`;
      await cli.talk(`${text}\n${errorStyle.dim(`  ${counts}`)}\n\n`);
      running.splice(running.indexOf(key), 1);
      open = undefined;
    }
  };
}
