import type { BenchContext, BenchLine, BenchRow } from './bench-line.ts';
import { startLlamaServer, type LlamaServer } from './llama-programs.ts';
import { loadModel, openRuntime, textsOf } from './our-runtime.ts';
import { fixedThreads, threadsText } from './speed-lines.ts';

const shape = 'embedding-Q8_0';
const slots = 4;

export const embeddingLine: BenchLine = {
  name: 'embedding',
  async measure(context) {
    const { place, signal, pairs, quick } = context;
    const threads = fixedThreads(context);
    const kinds = [
      { tokens: 32, texts: quick ? 16 : 96, target: 1.15 },
      { tokens: 256, texts: quick ? 4 : 24, target: 1 },
    ];
    const rowOf = ({ tokens, target }: { tokens: number; target: number }): Omit<BenchRow, 'result'> => ({
      what: `embedding texts of ${tokens} tokens with a model of 26 million weights, ${threadsText(threads)}`,
      peer: 'llama-server /v1/embeddings, all texts in one request',
      unit: 'texts/s',
      better: 'higher',
      target,
    });
    const peer = await place.llama();
    if (typeof peer === 'string')
      return kinds.map((kind) => ({ ...rowOf(kind), result: { notMeasured: `no peer: ${peer}` } }));
    const path = await place.model(shape);
    const made = textsOf(shape, 10);
    await using runtime = openRuntime();
    await using model = await loadModel(runtime, path, { threads, role: 'embedding' });
    await using server = await startLlamaServer(peer, {
      model: path,
      threads,
      slots,
      context: 512,
      signal,
      args: ['--embeddings', '--pooling', 'mean', '--ubatch-size', '2048', '--batch-size', '2048'],
    });
    const rows: BenchRow[] = [];
    for (const kind of kinds) {
      const texts = () => Array.from({ length: kind.texts }, () => made(kind.tokens));
      const result = await pairs(
        () => perSecond(texts(), (each) => model.embed(each, { signal, workClass: 'embed' })),
        () => perSecond(texts(), (each) => embedByServer(server, each, context)),
      );
      rows.push({ ...rowOf(kind), result });
    }
    return rows;
  },
};

async function perSecond(
  texts: readonly string[],
  embed: (texts: readonly string[]) => Promise<readonly unknown[]>,
): Promise<number> {
  const start = performance.now();
  const vectors = await embed(texts);
  if (vectors.length !== texts.length) throw new Error(`${texts.length} texts gave ${vectors.length} vectors.`);
  return (texts.length / (performance.now() - start)) * 1_000;
}

async function embedByServer(
  server: LlamaServer,
  input: readonly string[],
  { signal }: BenchContext,
): Promise<readonly unknown[]> {
  const response = await fetch(`${server.url}/v1/embeddings`, {
    method: 'POST',
    signal,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ input, model: 'any' }),
  });
  if (!response.ok) throw new Error(`llama-server answered ${response.status}: ${await response.text()}`);
  return ((await response.json()) as { data: { embedding: number[] }[] }).data;
}
