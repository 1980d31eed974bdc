import { createWriteStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { NootropicError, type Assistant } from '@nootropic/contracts';
import type { Command } from 'commander';
import { userPath, withAssistant, withCommonOptions, type Cli, type CommonOptions } from '../cli.ts';
import type { Finish } from '../program.ts';
import { formatBytes, formatNumber } from '../sizes.ts';
import { createTransferNote } from '../transfer-note.ts';

interface PutOptions extends CommonOptions {
  readonly title?: string;
  readonly name?: string;
}

export function addContextPut(parent: Command, cli: Cli, finish: Finish): void {
  const command = parent
    .command('put')
    .summary('take a long text in')
    .description('Takes a text file of any size into the store, or what comes through a pipe, and prints its id.')
    .argument('<file>', 'a text file; `-` reads standard input')
    .option('--title <title>', 'what to call it; default: the name of the file')
    .option('--name <name>', 'keep it under this name until it is removed; an entry of that name gives way');
  withCommonOptions(command, [
    ['nootropic context put build.log', 'a file'],
    ['journalctl -b | nootropic context put - --title boot', 'from a pipe'],
    ['id=$(nootropic context put --json big.txt | jq -r "select(.entry).entry.id")', 'in a script'],
  ]).action((file: string, options: PutOptions) => finish(() => put(cli, file, options)));
}

async function put(cli: Cli, file: string, options: PutOptions): Promise<void> {
  if (file !== '-') return store(cli, { path: userPath(cli, file) }, options);
  if (cli.surroundings.stdin.kind === 'terminal')
    throw new NootropicError('USAGE', 'Nothing comes through a pipe.', {
      hint: 'For example: nootropic context put - < build.log',
    });
  // The host may be another process, and a text of any size does not fit into a request.
  const folder = await mkdtemp(join(tmpdir(), 'nootropic-put-'));
  try {
    const path = join(folder, 'input');
    await pipeline(cli.surroundings.stdin.chunks(), createWriteStream(path, { mode: 0o600 }), { signal: cli.signal });
    await store(cli, { path, title: 'standard input', from: 'standard input' }, options);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function store(
  cli: Cli,
  file: { readonly path: string; readonly title?: string; readonly from?: string },
  options: PutOptions,
): Promise<void> {
  const input = {
    ...file,
    ...(options.title !== undefined && { title: options.title }),
    ...(options.name !== undefined && { name: options.name }),
  };
  await withAssistant(cli, async (assistant) => {
    const entry = await follow(cli, await assistant.contexts.put(input, { signal: cli.signal }), options);
    if (options.json === true) return;
    const facts = `${formatBytes(entry.bytes)}, ${formatNumber(entry.lines)} lines, about ${formatNumber(entry.tokens)} tokens`;
    await cli.out(`${entry.id}  ${cli.cell(entry.title)} (${facts}; ${formatBytes(entry.storedBytes)} stored)\n`);
  });
}

type PutEvent = Awaited<ReturnType<Assistant['contexts']['put']>> extends AsyncIterable<infer Item> ? Item : never;
type Stored = Extract<PutEvent, { type: 'stored' }>['entry'];

async function follow(cli: Cli, events: AsyncIterable<PutEvent>, options: CommonOptions): Promise<Stored> {
  const bar = cli.progress(options);
  const note = createTransferNote(cli.surroundings.now);
  try {
    for await (const event of events) {
      if (options.json === true) await cli.json(event);
      if (event.type === 'stored') return event.entry;
      bar.update(event.done, event.total, note(event.done, event.total));
    }
  } catch (error) {
    bar.clear();
    if (cli.signal.aborted && options.json !== true) await cli.talk('Stopped. Nothing of it is kept.\n');
    throw error;
  } finally {
    bar.clear();
  }
  cli.signal.throwIfAborted();
  throw new NootropicError('INTERNAL', 'The text was not taken in to its end.');
}
