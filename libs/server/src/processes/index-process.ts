import { createHash } from 'node:crypto';
import { constants, setPriority } from 'node:os';
import { createPace, defaultLimits, refreshIndex } from '@nootropic/context';
import { NootropicError } from '@nootropic/contracts';
import { createBuiltinEmbedder } from '@nootropic/model';
import { watchSockets } from '@nootropic/observability/socket-watch';
import { createParserPool, createTreeSitterParser, installedGrammar } from '@nootropic/parser';
import { createLocalSearchIndex } from '@nootropic/search';
import { createLocalFiles } from '@nootropic/workspace';
import type { FromIndexProcess, IndexProcessSettings, ToIndexProcess } from '../index-protocol.ts';

// What a person does comes first, at the disk too. Its parsers inherit it. Not the lowest there is: beside busy cores that leaves a hundredth of one,
// and a person who saved a file waits for this process. How much it works at all is kept by its pace.
try {
  setPriority(constants.priority.PRIORITY_BELOW_NORMAL);
} catch {
  // Not permitted here: the pace it keeps remains.
}
process.umask(0o077);
// Ctrl-C reaches the whole group: the host decides what ends.
process.on('SIGINT', () => undefined);
// Without a host there is nobody to index for; a batch is written whole or not at all.
process.on('disconnect', () => process.exit(0));

const settings = JSON.parse(process.argv[2] ?? '') as IndexProcessSettings;
const send = (message: FromIndexProcess): void => {
  if (process.connected) process.send?.(message, undefined, undefined, () => undefined);
};

// All that it reads lies on this machine: whatever else is in it, and whatever it reads, it reaches no network.
watchSockets({
  program: 'index',
  refuse: 'never',
  record: ({ host }) => send({ type: 'warning', message: `The index process was kept from reaching ${host}.` }),
});

const runs = new Map<number, AbortController>();
const asked = new Map<number, { resolve: (vectors: Float32Array[]) => void; reject: (error: Error) => void }>();
let pace = { inBackground: true, waitsFor: '' };
let lastAsked = 0;

function askHost(texts: readonly string[]): Promise<Float32Array[]> {
  lastAsked += 1;
  const id = lastAsked;
  return new Promise((resolve, reject) => {
    asked.set(id, { resolve, reject });
    send({ type: 'embed', id, texts });
  });
}

/** So many changed files are parsed in this process. */
const fewFiles = 8;

const inSource = import.meta.url.endsWith('.ts');
const pool = createParserPool({
  entry: new URL(inSource ? './parser-worker.ts' : './parser-worker.js', import.meta.url),
});
// For a file that was just saved, no process need be started.
const parser = createTreeSitterParser({
  grammar: (file) => (inSource ? installedGrammar(file) : new URL(`./grammars/${file}`, import.meta.url)),
});
const index = await createLocalSearchIndex({
  dir: settings.dir,
  dimensions: settings.dimensions,
  embedder: settings.embedder,
  vectors: settings.vectors,
  onWarning: (message) => send({ type: 'warning', message }),
});
const embedder =
  settings.ownModel === undefined ? { embed: askHost } : await createBuiltinEmbedder().load(settings.ownModel);
const ports = {
  files: await createLocalFiles({ root: settings.root }),
  index,
  embedder,
  clock: Date.now,
  hash: (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex'),
  limits: { ...defaultLimits, maxFileBytes: settings.maxFileBytes, filesAhead: 2 * pool.workers + 2 },
};

async function run({ id, rebuild, only }: ToIndexProcess & { readonly type: 'run' }): Promise<void> {
  const stopping = new AbortController();
  runs.set(id, stopping);
  try {
    const options = { signal: stopping.signal, rebuild, only };
    const keepPace = createPace({
      inBackground: () => pace.inBackground,
      waitsFor: () => pace.waitsFor,
      clock: Date.now,
    });
    const few = only !== undefined && only.length <= fewFiles;
    for await (const progress of refreshIndex({ ...ports, parser: few ? parser : pool, pace: keepPace }, options)) {
      send({ type: 'progress', id, progress });
      if (stopping.signal.aborted) break;
    }
    send({ type: 'ended', id });
  } catch (error) {
    const { code, message } = NootropicError.from(error);
    send({ type: 'failed', id, code, message });
  } finally {
    runs.delete(id);
  }
}

process.on('message', (given) => {
  const message = given as ToIndexProcess;
  switch (message.type) {
    case 'run':
      void run(message);
      break;
    case 'stop':
      runs.get(message.id)?.abort();
      break;
    case 'pace':
      pace = message;
      break;
    case 'vectors':
      asked.get(message.id)?.resolve([...message.vectors]);
      asked.delete(message.id);
      break;
    case 'no-vectors':
      asked.get(message.id)?.reject(new NootropicError(message.code, message.message));
      asked.delete(message.id);
      break;
  }
});
send({ type: 'ready' });
