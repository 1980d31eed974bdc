import { fewPerFile, nearestWritten, type BenchKnowledge, type FoundPlace } from './bench-knowledge.ts';

/** One way of looking for what a question means. */
export interface AskMethod {
  readonly name: 'text' | 'vectors' | 'vectors as floats' | 'fused' | 'fused with graph';
  ask(question: string, limit: number): Promise<readonly FoundPlace[]>;
}

/** Results taken from one list, before those of one file are limited. */
const listLength = 100;

/** What ranking knows of other places: chunks of the same file, and commits. */
const noGraph = { coherence: 0, history: 0 };

/** Text and vectors by themselves, as the index gives them, and what the program makes of both. */
export function askMethods(open: BenchKnowledge): readonly AskMethod[] {
  const { index, embedder, knowledge, written } = open;
  const withoutGraph = open.weighted(noGraph);
  const vectorOf = async (question: string): Promise<Float32Array> => {
    const [vector] = await embedder.embed([question]);
    if (vector === undefined) throw new Error('The embedder gave no vector.');
    return vector;
  };
  const places = (hits: Awaited<ReturnType<typeof index.query>>): FoundPlace[] =>
    hits.map(({ path, chunk: { startLine, endLine } }) => ({ path, startLine, endLine }));
  return [
    {
      name: 'text',
      ask: async (text, limit) => fewPerFile(places(await index.query({ text }, listLength)), limit),
    },
    {
      name: 'vectors',
      ask: async (question, limit) =>
        fewPerFile(places(await index.query({ vector: await vectorOf(question) }, listLength)), limit),
    },
    {
      name: 'vectors as floats',
      ask: async (question, limit) => fewPerFile(nearestWritten(written, await vectorOf(question), listLength), limit),
    },
    { name: 'fused', ask: (question, limit) => withoutGraph.search(question, { limit }) },
    { name: 'fused with graph', ask: (question, limit) => knowledge.search(question, { limit }) },
  ];
}
