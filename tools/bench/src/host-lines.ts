import { join } from 'node:path';
import { compose } from '@nootropic/server';
import { agentTraces, type AgentTrace } from '@nootropic/testing';
import type { BenchContext, BenchLine, BenchRow } from './bench-line.ts';
import { startLlamaServer } from './llama-programs.ts';
import { timeOpenaiAnswer, type OpenaiServer } from './openai-client.ts';
import { benchShape, loadModel, openRuntime, textsOf, userMessage } from './our-runtime.ts';
import { quantile, ratioOf } from './paired-ratio.ts';
import { serveHost, serveNothing } from './served-host.ts';
import { fixedThreads, threadsText } from './speed-lines.ts';
import { timeAnswer, writeSpeed } from './timed-answer.ts';

/** Milliseconds that a request may cost more through the host, and the share of its speed that an answer must keep. */
const mostAdded = 1;
const leastSpeed = 0.97;

/** So many times the requests of one measure are sent before any is measured. */
const warmRounds = 15;

const median = (values: readonly number[]): number => quantile(values, 0.5);

/** A request of one token, whose prompt is held: what is left is the way through the host. */
export const hostRequestLine: BenchLine = {
  name: 'host-request',
  async measure(context) {
    const { place, signal, pairs, quick } = context;
    const path = await place.model('tiny');
    const load = { threads: 1, contextLength: 1024 };
    const text = textsOf('tiny', 31)(32);
    const requests = quick ? 15 : 60;
    await using host = await serveHost(context, { model: path, ...load });
    await using nothing = await serveNothing(signal);
    await using runtime = openRuntime();
    await using model = await loadModel(runtime, path, load);
    const manyOf = async (ask: () => Promise<{ readonly totalMs: number }>): Promise<number> => {
      const times: number[] = [];
      for (let request = 0; request < requests; request += 1) times.push((await ask()).totalMs);
      return median(times);
    };
    const ask = { text, maxTokens: 1, signal, stream: false };
    const throughHost = () => timeOpenaiAnswer(host, ask);
    const throughNothing = () => timeOpenaiAnswer(nothing, ask);
    const direct = () => timeAnswer(model, { messages: [userMessage(text)], maxTokens: 1 }, { signal });
    // A host lives for hours: what is measured is code that the engine has compiled, on all three ways.
    for (const way of [throughHost, throughNothing, direct])
      for (let request = 0; request < requests * warmRounds; request += 1) await way();
    const ways: number[] = [];
    const result = await pairs(
      async () => {
        ways.push(await manyOf(throughNothing));
        return manyOf(throughHost);
      },
      () => manyOf(direct),
    );
    const way = median(ways.slice(1));
    const added = result.subject - result.peer - way;
    return [
      {
        what: `a chat completion of one token through the host, median of ${requests}`,
        peer: 'the same model process without the host',
        unit: 'ms',
        better: 'lower',
        result,
        extras: [
          {
            text: `adds ${added.toFixed(2)} ms per request (at most ${mostAdded}) to the ${way.toFixed(2)} ms that a request over HTTP to a server that does nothing takes here`,
            holds: added <= mostAdded,
          },
        ],
      },
    ];
  },
};

export const hostSpeedLine: BenchLine = {
  name: 'host-speed',
  async measure(context) {
    const { place, signal, pairs, quick } = context;
    const shape = benchShape(context);
    const path = await place.model(shape);
    const threads = fixedThreads(context);
    const tokens = quick ? 96 : 192;
    const load = { threads, contextLength: 2048 };
    const text = textsOf(shape, 33)(16);
    const messages = [userMessage(text)];
    await using host = await serveHost(context, { model: path, ...load });
    await using runtime = openRuntime();
    await using model = await loadModel(runtime, path, load);
    const result = await pairs(
      () => writeSpeed((maxTokens) => timeOpenaiAnswer(host, { text, maxTokens, signal }), tokens),
      // Tokens are guessed on both sides alike: the host leaves it to the model process.
      () => writeSpeed((maxTokens) => timeAnswer(model, { messages, maxTokens, lookup: 'auto' }, { signal }), tokens),
    );
    return [
      {
        what: `generation through the host, as a stream, ${threadsText(threads)}`,
        peer: 'the same model process without the host',
        unit: 'tok/s',
        better: 'higher',
        target: leastSpeed,
        result,
      },
    ];
  },
};

const promptTokens = 96;
const answerTokens = 32;

/** How several clients at once are served. */
interface Served {
  /** Tokens written per second, all clients together. */
  readonly speed: number;
  /** Milliseconds to the first token: the median client, and the one that waited longest. */
  readonly firstMs: number;
  readonly lastMs: number;
}

export const hostClientsLine: BenchLine = {
  name: 'host-clients',
  async measure(context) {
    const { place, quick } = context;
    const shape = benchShape(context);
    const path = await place.model(shape);
    const peer = await place.llama();
    const rows: BenchRow[] = [];
    for (const clients of quick ? [1, 4] : [1, 4, 16]) {
      const about = `${clients === 1 ? '1 client' : `${clients} clients at once`}, each ${promptTokens} tokens in and ${answerTokens} out, ${threadsText(fixedThreads(context))}`;
      const row = { peer: `llama-server -np ${clients}`, about };
      if (typeof peer === 'string') {
        const result = { notMeasured: `no peer: ${peer}` };
        rows.push({ what: `throughput with ${about}`, peer: row.peer, unit: 'tok/s', better: 'higher', result });
        continue;
      }
      await using theirs = await startLlamaServer(peer, {
        ...{ model: path, threads: fixedThreads(context), slots: clients, context: 1024, signal: context.signal },
      });
      await using host = await serveHost(context, { model: path, threads: fixedThreads(context), contextLength: 1024 });
      rows.push(...(await clientRows(context, { clients, row, host, theirs: { url: `${theirs.url}/v1` } })));
    }
    return rows;
  },
};

async function clientRows(
  context: BenchContext,
  of: {
    readonly clients: number;
    readonly row: { readonly peer: string; readonly about: string };
    readonly host: OpenaiServer;
    readonly theirs: OpenaiServer;
  },
): Promise<BenchRow[]> {
  const { pairs, signal } = context;
  const { clients, row, host, theirs } = of;
  const texts = textsOf(benchShape(context), 40 + clients);
  const runs: { host: Served[]; theirs: Served[] } = { host: [], theirs: [] };
  const serve = async (server: OpenaiServer, into: Served[]): Promise<number> => {
    const start = performance.now();
    const answers = await Promise.all(
      Array.from({ length: clients }, () =>
        timeOpenaiAnswer(server, { text: texts(promptTokens), maxTokens: answerTokens, signal }),
      ),
    );
    const seconds = (performance.now() - start) / 1_000;
    const firsts = answers.map(({ firstMs }) => firstMs);
    const written = answers.reduce((sum, { tokens }) => sum + tokens.written, 0);
    const served = { speed: written / seconds, firstMs: median(firsts), lastMs: Math.max(...firsts) };
    into.push(served);
    return served.speed;
  };
  const result = await pairs(
    () => serve(host, runs.host),
    () => serve(theirs, runs.theirs),
  );
  // The first of each warmed up.
  const counted = runs.host.slice(1).map((mine, index) => ({ mine, other: runs.theirs.slice(1)[index] ?? mine }));
  const first = counted.map(({ mine, other }) => ({ subject: mine.firstMs, peer: other.firstMs }));
  const last = ratioOf(counted.map(({ mine, other }) => ({ subject: mine.lastMs, peer: other.lastMs })));
  return [
    { what: `throughput with ${row.about}`, peer: row.peer, unit: 'tok/s', better: 'higher', result },
    {
      what: `time to the first token with ${row.about}, median client`,
      peer: row.peer,
      unit: 'ms',
      better: 'lower',
      result: ratioOf(first, result),
      extras: [{ text: `of the client that waited longest: ${last.ratio.toFixed(2)} of theirs` }],
    },
  ];
}

/** What agents send, arranged and as it is: counts, which are the same on every machine. */
export const hostArrangeLine: BenchLine = {
  name: 'host-arrange',
  async measure(context) {
    const traces = agentTraces({ conversations: context.quick ? 2 : 3, steps: 4, rules: context.quick ? 8 : 24 });
    const rows: BenchRow[] = [];
    for (const trace of traces) {
      const arranged = await tokensOf(context, trace, true);
      const asSent = await tokensOf(context, trace, false);
      rows.push({
        what: `prompt tokens read for ${trace.requests.length} requests of an agent ${trace.agent}`,
        peer: 'the same requests as they were sent',
        unit: 'tokens',
        better: 'lower',
        target: 0.6,
        result: ratioOf([{ subject: arranged.read, peer: asSent.read }]),
        extras: [
          { text: `reused ${percent(arranged)} of the prompts instead of ${percent(asSent)}` },
          { text: trace.habit },
        ],
      });
    }
    return rows;
  },
};

interface PromptCounts {
  readonly read: number;
  readonly reused: number;
}

function percent({ read, reused }: PromptCounts): string {
  return `${Math.round((100 * reused) / Math.max(1, read + reused))} %`;
}

/** Prompt tokens of a trace in a host that has read nothing before. */
async function tokensOf(
  { place, signal }: BenchContext,
  { requests }: AgentTrace,
  arrange: boolean,
): Promise<PromptCounts> {
  const model = await place.model('tiny');
  await using folder = await place.folder();
  await using composed = await compose({
    env: { ...process.env, NOOTROPIC_HOME: join(folder.path, 'home') },
    flags: {
      log: { level: 'silent' },
      models: { chat: `file:${model}`, contextLength: 16_384, threads: 1, gpu: 'off' },
    },
  });
  const counts = { read: 0, reused: 0 };
  for (const { messages, tools } of requests) {
    const ask = { messages, tools, maxTokens: 1, temperature: 0, seed: 1, arrange };
    const { events } = await composed.gateway.chat(ask, { client: 'bench', signal });
    for await (const event of events) {
      if (event.type !== 'finish') continue;
      counts.read += event.tokens.read;
      counts.reused += event.tokens.reused;
    }
  }
  return counts;
}

/** What the host costs and gives, beside the model process alone and beside llama-server. */
export const hostLines: readonly BenchLine[] = [hostRequestLine, hostSpeedLine, hostClientsLine, hostArrangeLine];
