import { connect, createTyping } from '@nootropic/client';
import { completionRoom, mayBeMany, placeCompletion } from '@nootropic/context';
import type { Assistant, CompletionEvent, CompletionInput, Model } from '@nootropic/contracts';
import type { BenchLine } from './bench-line.ts';
import { benchShape, loadModel, openRuntime } from './our-runtime.ts';
import { quantile, ratioOf } from './paired-ratio.ts';
import { serveHost } from './served-host.ts';
import { fixedThreads, threadsText } from './speed-lines.ts';
import { typedHunks, type TypedHunk } from './typing-hunks.ts';

/** From the cache, and from a key that does not go on until the model serves the next; in milliseconds. */
const most = { cache: 5, cancel: 75, ratio: 1.5 };

async function* oneText(text: string): AsyncGenerator<CompletionEvent> {
  yield { type: 'text', text };
  yield {
    ...{ type: 'end', reason: 'line', text, model: 'file:/known.gguf', context: [] },
    ...{ tokensRead: 0, tokensReused: 0, tokensWritten: 1, contextMs: 0, totalMs: 0 },
  };
}

/** A full cache and a long file: what an answer that needs no model takes. */
export const typingCacheLine: BenchLine = {
  name: 'typing-cache',
  async measure({ quick }) {
    const known = 'a.call(with, many, words) + and(others, after, them) + to.be(typed, one, by, one);';
    const file = 'const line = of(a, file, that, is, long);\n'.repeat(quick ? 200 : 4_000);
    const times: number[] = [];
    const rounds = quick ? 10 : 260;
    using typing = createTyping({ complete: async () => oneText(known), settings: () => ({ ahead: false }) });
    let version = 1;
    for (let round = 0; round < rounds; round += 1) {
      const prefix = `${file}const round${String(round)} = `;
      const place = { workspace: '/w', path: 'a.ts', language: 'typescript', suffix: `\n${file}` };
      await typing.suggest({ ...place, prefix, version: (version += 1) }, { asked: true });
      for (let typed = 1; typed <= 20; typed += 1) {
        const asked = { ...place, prefix: prefix + known.slice(0, typed), version: (version += 1) };
        const since = performance.now();
        typing.changed({ path: 'a.ts', version, removed: 0, inserted: known[typed - 1] ?? '' });
        const answer = await typing.suggest(asked);
        times.push(performance.now() - since);
        if (answer.kind !== 'suggestion' || answer.suggestion.from !== 'cache') throw new Error('It was not known.');
      }
    }
    const p95 = quantile(times, 0.95);
    return [
      {
        what: `a suggestion from the cache with ${Math.min(rounds, 250)} texts in it, in a file of ${Math.round(file.length / 500)} kB, p95 of ${times.length} keys`,
        peer: `the limit of ${most.cache} ms`,
        unit: 'ms',
        better: 'lower',
        target: 1,
        result: ratioOf([{ subject: p95, peer: most.cache }]),
        extras: [{ text: `p50 ${quantile(times, 0.5).toFixed(2)} ms, longest ${Math.max(...times).toFixed(1)} ms` }],
      },
    ];
  },
};

type Ask = (
  input: CompletionInput,
  signal: AbortSignal,
) => Promise<{ readonly firstMs: number; readonly tokens: number }>;

/** Every third key of a hunk, with the file as short as the model reads all of it. */
function keysOf(hunks: readonly TypedHunk[], count: number): CompletionInput[] {
  const keys: CompletionInput[] = [];
  for (const { path, before, text, after } of hunks) {
    const head = before.slice(-600);
    const prefix = head.slice(head.indexOf('\n') + 1);
    for (let at = 3; at < text.length && at < 60; at += 3)
      keys.push({
        ...{ workspace: '/', path, prefix: prefix + text.slice(0, at), suffix: after.slice(0, 120) },
        ...{ lines: 'auto', purpose: 'show', maxTokens: 8 },
      });
    if (keys.length >= count) break;
  }
  return keys.slice(0, count);
}

/** The first text through the host beside the same model without it; then how soon the next is served after one that was cancelled. */
export const typingHostLine: BenchLine = {
  name: 'typing-host',
  async measure(context) {
    const { place, signal, pairs, quick } = context;
    const path = await place.model(benchShape(context));
    const load = { threads: fixedThreads(context), contextLength: 2_048 };
    await using folder = await place.folder();
    await using host = await serveHost(context, { model: path, ...load });
    await using runtime = openRuntime();
    await using model = await loadModel(runtime, path, load);
    const assistant = connect({ url: host.url.replace(/\/v1$/u, ''), token: tokenOf(host.headers) });
    const hunks = await typedHunks(context, 12);
    const keys = keysOf(hunks, quick ? 12 : 40).map((key) => ({ ...key, workspace: folder.path }));
    const through = throughHost(assistant);
    const bare = withoutHost(model);
    const p95Of = async (ask: Ask, into: number[]): Promise<number> => {
      const times: number[] = [];
      for (const key of keys) times.push((await ask(key, signal)).firstMs);
      into.push(...times);
      return quantile(times, 0.95);
    };
    const seen = { host: [] as number[], bare: [] as number[] };
    const result = await pairs(
      () => p95Of(through, seen.host),
      () => p95Of(bare, seen.bare),
      { pairs: quick ? 1 : 3 },
    );
    const cancelled = await afterCancel({ ask: through, keys, signal });
    const about = `${keys.length} places while real code is typed, ${threadsText(load.threads)}`;
    const parts = (times: readonly number[]): string =>
      `p50 ${quantile(times, 0.5).toFixed(0)}, p95 ${quantile(times, 0.95).toFixed(0)} ms`;
    return [
      {
        what: `time to the first text of a completion, p95: ${about}`,
        peer: 'the same model process without the host',
        unit: 'ms',
        better: 'lower',
        target: most.ratio,
        result,
        extras: [{ text: `host ${parts(seen.host)}; without it ${parts(seen.bare)}` }],
      },
      {
        what: 'a key that does not go on from what is written: how much later the next completion begins than alone, median',
        peer: `the limit of ${most.cancel} ms`,
        unit: 'ms',
        better: 'lower',
        target: 1,
        result: ratioOf([{ subject: Math.max(0, cancelled), peer: most.cancel }]),
      },
    ];
  },
};

function tokenOf(headers: Readonly<Record<string, string>>): string {
  return (headers.authorization ?? '').replace(/^Bearer /u, '');
}

function throughHost(assistant: Assistant): Ask {
  return async (input, signal) => {
    const since = performance.now();
    let firstMs: number | undefined;
    let tokens = 0;
    for await (const event of await assistant.completions.complete({ ...input, editor: 'bench' }, { signal })) {
      firstMs ??= performance.now() - since;
      if (event.type === 'end') tokens = event.tokensRead;
    }
    return { firstMs: firstMs ?? Number.NaN, tokens };
  };
}

/** The same request as the host makes of it. */
function withoutHost(model: Model): Ask {
  return async (input, signal) => {
    const { prefix, begun, suffix } = placeCompletion(input.prefix, input.suffix, completionRoom(undefined, 2_048));
    const stop = mayBeMany(input.prefix, input.suffix) ? {} : { stop: ['\n'] };
    const since = performance.now();
    let firstMs: number | undefined;
    let tokens = 0;
    const asked = { prefix, begun, suffix, maxTokens: input.maxTokens ?? 48, ...stop };
    for await (const event of model.infill(asked, { workClass: 'completion', client: 'bench', signal })) {
      if (event.type === 'text' || event.type === 'finish') firstMs ??= performance.now() - since;
      if (event.type === 'finish') tokens = event.tokens.read;
    }
    return { firstMs: firstMs ?? Number.NaN, tokens };
  };
}

/** Milliseconds that the first text of a place comes later when a long completion of another place was cancelled by the same key. */
async function afterCancel({
  ask,
  keys,
  signal,
}: {
  readonly ask: Ask;
  readonly keys: readonly CompletionInput[];
  readonly signal: AbortSignal;
}): Promise<number> {
  const later: number[] = [];
  for (const key of keys.slice(0, 12)) {
    await ask(key, signal);
    const alone = (await ask(key, signal)).firstMs;
    const stop = new AbortController();
    const long = ask({ ...key, lines: 'many', maxTokens: 64 }, AbortSignal.any([signal, stop.signal])).catch(
      () => undefined,
    );
    await new Promise((resolve) => setTimeout(resolve, alone + 60));
    stop.abort();
    later.push((await ask(key, signal)).firstMs - alone);
    await long;
  }
  return quantile(later, 0.5);
}
