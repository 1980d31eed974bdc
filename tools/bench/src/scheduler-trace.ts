import type { WorkClass } from '@nootropic/contracts';

/** A model of the simulated machine. Speeds are shares of the machine's. */
export interface SimulatedModel {
  readonly key: string;
  readonly bytes: number;
  readonly reloadSeconds: number;
  readonly speed: number;
}

const gib = 1024 ** 3;

/** Shapes and load times as measured with llama.cpp: 0.5B, 1.5B and 3B at four bits, and a small embedder. */
export const simulatedModels = {
  completion: { key: 'completion 0.5B', bytes: 0.9 * gib, reloadSeconds: 0.7, speed: 1 },
  chat: { key: 'chat 1.5B', bytes: 1.9 * gib, reloadSeconds: 1.6, speed: 0.4 },
  large: { key: 'chat 3B', bytes: 3.2 * gib, reloadSeconds: 3.2, speed: 0.2 },
  embedding: { key: 'embedding 0.1B', bytes: 0.3 * gib, reloadSeconds: 0.3, speed: 3 },
} as const satisfies Record<string, SimulatedModel>;

/** One call of the day. */
export interface TracedCall {
  readonly id: string;
  readonly workClass: WorkClass;
  readonly client: string;
  readonly model: SimulatedModel;
  /** Calls of a conversation share the beginning of their prompts. */
  readonly session: string;
  /** Tokens of the prompt, and how many of them are as in the conversation's call before. */
  readonly prompt: number;
  readonly common: number;
  /** Tokens written; of an embedding the texts, each of so many tokens. */
  readonly answer: number;
  readonly texts?: readonly number[];
  /** Milliseconds after which nobody wants it any more: the next keystroke, or the end of patience. */
  readonly wantedMs: number;
  /** Whether `wantedMs` is a keystroke: then it counts only if it was wanted for as long as its deadline. */
  readonly replaced: boolean;
}

/** Calls that follow each other: the next begins `gapMs` after the one before has ended, or after it began where `overlap` is set. */
export interface TracedChain {
  readonly at: number;
  readonly overlap: boolean;
  readonly calls: readonly { readonly gapMs: number; readonly call: TracedCall }[];
}

/** What goes on, and when another program takes one of the cores. Milliseconds from the start. */
export interface Trace {
  readonly name: string;
  readonly chains: readonly TracedChain[];
  readonly busy: readonly { readonly from: number; readonly to: number }[];
}

type Random = () => number;
const between = (random: Random, least: number, most: number): number => least + random() * (most - least);
const whole = (random: Random, least: number, most: number): number => Math.floor(between(random, least, most + 1));
const second = 1_000;
const minute = 60 * second;
/** After so long a person gives up, or does not look any more. */
const patience: Readonly<Record<WorkClass, number>> = {
  completion: 10 * second,
  chat: 5 * minute,
  agent: 60 * minute,
  embed: 24 * 60 * minute,
  batch: 24 * 60 * minute,
};

function call(from: Omit<TracedCall, 'wantedMs' | 'replaced'> & Partial<TracedCall>): TracedCall {
  return { wantedMs: patience[from.workClass], replaced: false, ...from };
}

/** Somebody types: a request every 0.2 to 0.4 s, each replacing the one before; the last is waited for. */
export function typingBurst(random: Random, place: { at: number; id: string; client?: string }): TracedChain {
  const { at, id, client = 'editor' } = place;
  const length = whole(random, 4, 24);
  let prompt = whole(random, 300, 900);
  // The first request of a burst is somewhere else in the file: most of its prompt is new.
  let common = Math.floor(prompt * between(random, 0, 0.8));
  const gaps = Array.from({ length }, () => between(random, 200, 400));
  const calls = gaps.map((gapMs, index) => {
    const next = gaps[index + 1];
    const typed = call({
      id: `${id}.${index}`,
      workClass: 'completion',
      client,
      model: simulatedModels.completion,
      session: `${client} file`,
      prompt,
      common,
      answer: whole(random, 6, 24),
      ...(next === undefined ? {} : { wantedMs: next, replaced: true }),
    });
    common = prompt;
    prompt += whole(random, 1, 3);
    return { gapMs: index === 0 ? 0 : gapMs, call: typed };
  });
  return { at, overlap: true, calls };
}

/** From and to, both included. */
type Range = readonly [from: number, to: number];

/** Calls on a prompt that grows by what was answered and what is asked next. */
interface Growing {
  readonly workClass: WorkClass;
  readonly turns: Range;
  /** Tokens of the first prompt, of what each further one adds, and of an answer. */
  readonly first: Range;
  readonly next: Range;
  readonly answer: Range;
  /** Seconds between an answer and the next call. */
  readonly gap: Range;
}

interface GrowingPlace {
  readonly at: number;
  readonly id: string;
  readonly model?: SimulatedModel;
  readonly client?: string;
}

function growing(random: Random, place: GrowingPlace & { readonly client: string }, of: Growing): TracedChain {
  const { at, id, client, model = simulatedModels.chat } = place;
  const { workClass } = of;
  let held = 0;
  const calls = Array.from({ length: whole(random, ...of.turns) }, (_, index) => {
    const prompt = held + whole(random, ...(index === 0 ? of.first : of.next));
    const answer = whole(random, ...of.answer);
    const turn = call({ id: `${id}.${index}`, workClass, client, model, session: id, prompt, common: held, answer });
    held = prompt + answer;
    return { gapMs: index === 0 ? 0 : between(random, ...of.gap) * second, call: turn };
  });
  return { at, overlap: false, calls };
}

export function conversation(random: Random, place: GrowingPlace): TracedChain {
  return growing(
    random,
    { client: 'window', ...place },
    { workClass: 'chat', turns: [1, 5], first: [600, 1_500], next: [60, 400], answer: [60, 350], gap: [20, 90] },
  );
}

/** A tool runs between two steps. */
export function agentRun(random: Random, place: GrowingPlace): TracedChain {
  return growing(
    random,
    { client: 'agent', ...place },
    { workClass: 'agent', turns: [12, 35], first: [1_500, 2_500], next: [80, 600], answer: [40, 220], gap: [0.1, 4] },
  );
}

/** Chunks of text, eight a call, one call after the other. */
export function indexRun(
  random: Random,
  place: { at: number; id: string; chunks: number; client?: string },
): TracedChain {
  const { at, id, chunks, client = 'index' } = place;
  const calls = Array.from({ length: Math.ceil(chunks / 8) }, (_, index) => {
    const texts = Array.from({ length: Math.min(8, chunks - index * 8) }, () => whole(random, 32, 256));
    return {
      gapMs: 0,
      call: call({
        id: `${id}.${index}`,
        workClass: 'embed',
        client,
        model: simulatedModels.embedding,
        session: id,
        prompt: texts.reduce((sum, tokens) => sum + tokens, 0),
        common: 0,
        answer: 0,
        texts,
      }),
    };
  });
  return { at, overlap: false, calls };
}

/** Eight hours: typing, questions, agents, an index run in the morning and after a merge, now and then the larger model, and builds. */
export function dayTrace(random: Random): Trace {
  const hours = 8;
  const end = hours * 60 * minute;
  const chains: TracedChain[] = [];
  for (let n = 0, at = 0; at < end; n += 1, at += between(random, 20, 400) * second)
    chains.push(typingBurst(random, { at, id: `type${n}` }));
  for (let n = 0, at = 2 * minute; at < end; n += 1, at += between(random, 4, 35) * minute)
    chains.push(conversation(random, { at, id: `ask${n}` }));
  for (let n = 0, at = 10 * minute; at < end; n += 1, at += between(random, 15, 75) * minute)
    chains.push(agentRun(random, { at, id: `agent${n}` }));
  for (let n = 0, at = 45 * minute; at < end; n += 1, at += between(random, 60, 120) * minute)
    chains.push(conversation(random, { at, id: `hard${n}`, model: simulatedModels.large }));
  chains.push(indexRun(random, { at: minute, id: 'index', chunks: 4_000 }));
  for (let n = 0, at = 90 * minute; at < end; n += 1, at += between(random, 30, 90) * minute)
    chains.push(indexRun(random, { at, id: `merge${n}`, chunks: whole(random, 40, 400) }));
  const busy = [];
  for (let at = 5 * minute; at < end; at += between(random, 5, 20) * minute)
    busy.push({ from: at, to: at + between(random, 10, 90) * second });
  return { name: 'a day of work', chains, busy };
}

/** A completion every two seconds, a question every thirty, on one model that they share, and an index run that never ends. */
export function mixedTrace(random: Random): Trace {
  const end = 10 * minute;
  const chains: TracedChain[] = [indexRun(random, { at: 0, id: 'index', chunks: 20_000 })];
  let prompt = 800;
  for (let at = 0, n = 0; at < end; at += 2 * second, n += 1) {
    chains.push({
      at,
      overlap: false,
      calls: [
        {
          gapMs: 0,
          call: call({
            id: `key${n}`,
            workClass: 'completion',
            client: 'editor',
            model: simulatedModels.completion,
            session: 'file',
            prompt: (prompt += 32),
            common: prompt - 32,
            answer: 16,
            wantedMs: 2 * second,
          }),
        },
      ],
    });
    if (prompt > 2_000) prompt = 800;
  }
  for (let at = 5 * second, n = 0; at < end; at += between(random, 25, 35) * second, n += 1) {
    const asked = whole(random, 100, 300);
    chains.push({
      at,
      overlap: false,
      calls: [
        {
          gapMs: 0,
          call: call({
            id: `chat${n}`,
            workClass: 'chat',
            client: 'window',
            model: simulatedModels.completion,
            session: `chat${n}`,
            prompt: asked,
            common: 0,
            answer: 80,
          }),
        },
      ],
    });
  }
  return { name: 'completions, questions and an index at once', chains, busy: [] };
}
