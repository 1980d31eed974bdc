import { NootropicError, workClasses, type ComputeGate, type TokenCounts } from '@nootropic/contracts';
import type { LlamaContext, Token } from 'node-llama-cpp';
import { alignWithHeld, type TokenTexts } from './model-process-alignment.ts';
import type { Job } from './model-process-held.ts';
import { gateSequence, type GatedSequence, type Loan } from './model-process-sequence.ts';
import { commonLength, type SavedStates } from './model-process-states.ts';

/** What a job is going to read, as far as that is known before. */
export interface Reading {
  /** The whole prompt; empty where only the library knows it. */
  readonly tokens: readonly Token[];
  /** The conversation it belongs to. */
  readonly session?: string | undefined;
  /** How many of the first tokens are the same in every conversation: instructions and tools. Asked only where it is worth keeping them. */
  readonly shared?: () => number;
}

/** The conversations of one context. */
export interface Sequences {
  /**
   * Lends a sequence to a job, the one that holds most of what it is going to read; what another state on the disk holds more of is
   * loaded first. Waits for one where all are lent: the most urgent first. A job whose sequence someone more urgent waits for gives it up
   * between two units of work: what it had read goes to a file and comes back, which costs a thousandth of reading it again.
   */
  use(
    job: Job,
    reading: Reading,
    /** @param prompt what is to be read, in the tokens that the sequence holds already wherever they say the same. */
    work: (gated: GatedSequence, loan: Loan, prompt: readonly Token[]) => Promise<void>,
  ): Promise<void>;
  /** Takes the memory now rather than at the first job. */
  wake(): Promise<void>;
  /** Sequences, and the tokens that they hold. */
  view(): { readonly sequences: number; readonly held: number; readonly busy: boolean };
  /** Gives up the context's memory where no job runs; the next job takes it again. What was read is kept on the disk. True when it was given up. */
  rest(): Promise<boolean>;
  /** Writes what is worth keeping to the disk. */
  keep(): Promise<void>;
}

export interface SequencesOptions {
  readonly open: () => Promise<LlamaContext>;
  readonly texts: TokenTexts;
  readonly gate: ComputeGate;
  /** Conversations kept over restarts. */
  readonly states: SavedStates | undefined;
  /** Where a conversation waits in a file while another uses its sequence. */
  readonly swap: SavedStates;
  readonly now: () => number;
}

interface Seat {
  readonly gated: GatedSequence;
  /** Of the conversation that it holds. */
  name: string;
  /** Tokens that are on the disk under this name. */
  kept: number;
  usedAt: number;
  holder: Holder | undefined;
}

interface Holder {
  readonly job: Job;
  since: number;
}

interface Waiter {
  readonly job: Job;
  readonly since: number;
  readonly reading: Reading;
  /** The one seat that will do, for who had it and gave it up. */
  readonly seat: Seat | undefined;
  readonly go: (seat: Seat) => void;
}

/** Fewer tokens than this are read as fast as they are loaded. */
const worthKeeping = 128;
/** After this long, a job gives its sequence to one of the same class that waits. */
const sliceMs = 2_000;
const none: TokenCounts = { read: 0, reused: 0, written: 0 };

export function createSequences(options: SequencesOptions): Sequences {
  const { gate, states, swap, texts, now } = options;
  const waiting: Waiter[] = [];
  let opened: Promise<{ context: LlamaContext; seats: Seat[] }> | undefined;
  let seats: Seat[] = [];
  let resting: Promise<unknown> = Promise.resolve();
  let names = 0;
  let users = 0;

  const open = async (): Promise<Seat[]> => {
    await resting;
    opened ??= options.open().then((context) => ({
      context,
      seats: Array.from({ length: context.totalSequences }, () => ({
        gated: gateSequence(context.getSequence(), gate),
        name: '',
        kept: 0,
        usedAt: 0,
        holder: undefined,
      })),
    }));
    opened.catch(() => (opened = undefined));
    seats = (await opened).seats;
    return seats;
  };

  const tokensOf = (seat: Seat): readonly number[] => seat.gated.sequence.contextTokens as readonly number[];

  /** Of the free seats the one with most of the prompt; where that is equal, the one with the least to lose, then the oldest. */
  const bestFree = (reading: Reading): Seat | undefined => {
    const free = seats.filter((seat) => seat.holder === undefined);
    const score = (seat: Seat) => {
      const held = tokensOf(seat);
      const common =
        reading.tokens.length === 0 ? held.length : commonLength(held, reading.tokens as readonly number[]);
      const own = reading.session !== undefined && seat.name === sessionName(reading.session) ? 1 : 0;
      return [own, common, common - held.length, -seat.usedAt] as const;
    };
    return free.reduce<Seat | undefined>(
      (best, seat) => (best === undefined || isMore(score(seat), score(best)) ? seat : best),
      undefined,
    );
  };

  const serveWaiting = (): void => {
    for (const waiter of [...waiting]) {
      const seat = waiter.seat ?? bestFree(waiter.reading);
      if (seat === undefined || seat.holder !== undefined) continue;
      waiting.splice(waiting.indexOf(waiter), 1);
      seat.holder = { job: waiter.job, since: now() };
      waiter.go(seat);
    }
  };

  const enter = async (job: Job, reading: Reading, own?: Seat): Promise<Seat> => {
    const turn = Promise.withResolvers<Seat>();
    const waiter: Waiter = { job, since: now(), reading, seat: own, go: turn.resolve };
    const leave = (): void => {
      const at = waiting.indexOf(waiter);
      if (at < 0) return;
      waiting.splice(at, 1);
      turn.reject(new NootropicError('ABORTED'));
    };
    job.signal.addEventListener('abort', leave, { once: true });
    waiting.push(waiter);
    waiting.sort((a, b) => urgency(a.job) - urgency(b.job) || a.since - b.since);
    if (job.signal.aborted) leave();
    serveWaiting();
    try {
      return await turn.promise;
    } finally {
      job.signal.removeEventListener('abort', leave);
    }
  };

  const leave = (seat: Seat): void => {
    seat.holder = undefined;
    seat.usedAt = now();
    serveWaiting();
  };

  /** Whether someone waits who should have the seat of this holder now. */
  const isWanted = (seat: Seat, { job, since }: Holder): boolean =>
    waiting.some((waiter) => {
      if (waiter.seat !== undefined && waiter.seat !== seat) return false;
      if (seats.some((other) => other.holder === undefined && waiter.seat === undefined)) return false;
      const difference = urgency(job) - urgency(waiter.job);
      return difference > 0 || (difference === 0 && now() - since >= sliceMs && now() - waiter.since >= sliceMs);
    });

  /** Gives the seat to who waits for it, and waits to have it back as it was. */
  const stepAside = async (seat: Seat, holder: Holder, loan: Loan): Promise<void> => {
    const { sequence } = seat.gated;
    const { name, kept } = seat;
    const parked = `${holder.job.jobId} ${name}`;
    const length = sequence.nextTokenIndex;
    await swap.save(sequence, parked);
    const state = swap.find(parked);
    // What could not be parked would have to be read again: then it is not given up.
    if (state?.tokens.length !== length) return;
    seat.name = '';
    seat.kept = length;
    leave(seat);
    try {
      await enter(holder.job, { tokens: [] }, seat);
      holder.since = now();
      seat.holder = holder;
      await keepSeat(seat);
      if (!(await swap.load(sequence, state)))
        throw new NootropicError('INTERNAL', 'What a model had read was lost while another used its place.');
    } finally {
      swap.drop(parked);
    }
    seat.name = name;
    seat.kept = kept;
    loan.resume();
  };

  const keepSeat = async (seat: Seat): Promise<void> => {
    const { sequence } = seat.gated;
    const length = sequence.nextTokenIndex;
    if (states === undefined || seat.name === '' || length < worthKeeping || length === seat.kept) return;
    await states.save(sequence, seat.name);
    seat.kept = length;
  };

  const commonAligned = (tokens: readonly Token[], held: ArrayLike<number>): number => {
    const own = Array.from(held) as Token[];
    return commonLength(own, alignWithHeld(tokens, own, texts));
  };

  /** The state that saves most reading: mostly the conversation's own, else one that begins alike. */
  const bestSaved = (tokens: readonly Token[], name: string) => {
    const state = states?.find(name);
    const own = state && { state, common: commonAligned(tokens, state.tokens) };
    const best = states?.best(tokens);
    return own !== undefined && own.common >= (best?.common ?? 0) ? own : best;
  };

  /** Makes the seat hold as much of the prompt as is known anywhere. */
  const prepare = async (seat: Seat, { tokens, session }: Reading): Promise<void> => {
    const { sequence } = seat.gated;
    const held = tokensOf(seat);
    const common = commonAligned(tokens, held);
    const name =
      session === undefined ? (common >= worthKeeping ? seat.name : `${(names += 1)}`) : sessionName(session);
    const saved = tokens.length === 0 ? undefined : bestSaved(tokens, name);
    const better = saved !== undefined && saved.common >= common + worthKeeping;
    // What it held of another conversation goes to the disk first.
    if (seat.name !== name && held.length - common >= worthKeeping) await keepSeat(seat);
    seat.name = name;
    if (better) {
      await states?.load(sequence, saved.state);
      seat.kept = sequence.nextTokenIndex;
    } else seat.kept = Math.min(seat.kept, common);
  };

  /** Where the instructions end, if they are worth a state of their own and have none. */
  const markOf = (seat: Seat, { tokens, shared }: Reading) => {
    if (states === undefined || shared === undefined) return undefined;
    const common = commonAligned(tokens, tokensOf(seat));
    if (tokens.length - common < 2 * worthKeeping) return undefined;
    const at = shared();
    if (at < worthKeeping || at <= common) return undefined;
    const key = `shared ${(tokens as readonly number[]).slice(0, at).join(',')}`;
    if (states.find(key) !== undefined) return undefined;
    return { at, reached: () => states.save(seat.gated.sequence, key) };
  };

  return {
    async use(job, reading, work) {
      let seat: Seat;
      users += 1;
      try {
        await open();
        seat = await enter(job, reading);
      } catch (error) {
        users -= 1;
        if (!job.signal.aborted) throw error;
        job.emit({ type: 'finish', reason: 'aborted', tokens: none });
        return;
      }
      const holder = seat.holder ?? { job, since: now() };
      try {
        await prepare(seat, reading);
        const mark = markOf(seat, reading);
        const loan: Loan = seat.gated.lend({
          ...job,
          onProgress: (progress) => job.emit({ type: 'prompt-progress', ...progress }),
          beforeUnit: async () => {
            if (isWanted(seat, holder)) await stepAside(seat, holder, loan);
          },
          ...(mark && { mark }),
        });
        await work(seat.gated, loan, alignWithHeld(reading.tokens, tokensOf(seat) as Token[], texts));
      } finally {
        users -= 1;
        if (seat.holder === holder) leave(seat);
      }
    },
    wake: async () => void (await open()),
    view: () => ({
      sequences: seats.length,
      held: seats.reduce((sum, seat) => sum + seat.gated.sequence.nextTokenIndex, 0),
      busy: seats.some((seat) => seat.holder !== undefined),
    }),
    async rest() {
      if (opened === undefined || users > 0) return false;
      const closing = opened;
      const rested = (async () => {
        for (const seat of seats) await keepSeat(seat);
        await (await closing).context.dispose();
      })();
      opened = undefined;
      // Who comes meanwhile waits until the memory is free, and opens it anew.
      resting = rested.catch(() => undefined);
      seats = [];
      await rested;
      return true;
    },
    async keep() {
      // A conversation without a name is nobody's to come back to.
      for (const seat of seats) if (seat.holder === undefined && isSession(seat.name)) await keepSeat(seat);
    },
  };
}

const sessionPrefix = 'session ';

function sessionName(session: string): string {
  return sessionPrefix + session;
}

function isSession(name: string): boolean {
  return name.startsWith(sessionPrefix);
}

function urgency(job: Job): number {
  return workClasses.indexOf(job.workClass);
}

function isMore(a: readonly number[], b: readonly number[]): boolean {
  for (const [index, value] of a.entries()) {
    const difference = value - (b[index] ?? 0);
    if (difference !== 0) return difference > 0;
  }
  return false;
}
