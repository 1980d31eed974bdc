import type { Machine, MachineState } from '@nootropic/contracts';
import { realTimer, type Clock, type Timer } from './clock.ts';
import type { Residency } from './residency.ts';

export type PressureStep = 'caches' | 'contexts' | 'unload' | 'exhausted' | 'relieved';

export interface PressureNote {
  readonly step: PressureStep;
  /** Bytes given back, as far as known. */
  readonly bytes: number;
  /** One sentence for a person. */
  readonly text: string;
}

export interface PressureLimits {
  /** Memory is short while less than this many bytes are available, given the total. Default: a sixteenth, at least 384 MiB, at most 2 GiB. */
  readonly low?: (total: number) => number;
  /** So many times `low` must be available again before memory counts as relieved. Default 1.5. */
  readonly relief?: number;
  /** Memory is short while work waited for it this share of the last ten seconds (Linux PSI). Default 0.1; half of it counts as relieved. */
  readonly pressure?: number;
}

export interface PressureOptions {
  readonly machine: Machine;
  readonly clock: Clock;
  readonly residency: Pick<Residency<AsyncDisposable>, 'evict' | 'view'>;
  /** Gives memory back without unloading: `ModelRuntime.shrink` of all runtimes. Resolves to the bytes. */
  readonly shrink: (step: 'caches' | 'contexts') => Promise<number>;
  readonly limits?: PressureLimits;
  /** Default: real time, which does not keep the program alive. */
  readonly timer?: Timer;
  readonly onStep?: (note: PressureNote) => void;
}

export interface PressureWatch {
  /** Looks now, and takes a step where memory is short. What a failed reading or step rejects with, it rejects with. */
  check(): Promise<void>;
  readonly short: boolean;
  [Symbol.dispose](): void;
}

const mib = 1024 * 1024;
/** Milliseconds between two looks: with nothing loaded or plenty of memory, and while it is short. */
const looks = { calm: 10_000, tight: 500 };
/** PSI is a mean over ten seconds and falls slowly: a step that it asked for gets this long to show. */
const psiSettlesMs = 5_000;
/** After so long without shortage the ladder begins at its foot again. */
const calmMs = 30_000;

/**
 * Watches the memory and gives some back when other programs need it, one step at a look, mildest first: what conversations have read
 * goes to the disk (`caches`), idle models give up their contexts (`contexts`), then models are unloaded one by one in the order of the
 * residency, never one that is generating. It begins below one bound and ends above a higher one, so that it does not swing.
 *
 * The interval shrinks with what is available, from 10 s to 0.5 s. The watch begins at once and ends when disposed.
 */
export function watchPressure(options: PressureOptions): PressureWatch {
  const { machine, clock, residency, shrink, onStep, timer = realTimer } = options;
  const {
    low = (total: number) => Math.min(2_048 * mib, Math.max(384 * mib, total / 16)),
    relief = 1.5,
    pressure: pressureBound = 0.1,
  } = options.limits ?? {};
  const ladder = ['caches', 'contexts', 'unload'] as const;
  let rung = 0;
  let short = false;
  let exhausted = false;
  let shortAt = -Infinity;
  let stepAt = -Infinity;
  let disposed = false;
  let cancel: (() => void) | undefined;
  let looking: Promise<void> | undefined;

  const judge = (state: MachineState) => {
    const bound = low(state.memoryTotal);
    const pressure = state.memoryPressure ?? 0;
    const available = state.memoryAvailable;
    return {
      scarce: available < bound,
      stalled: pressure > pressureBound,
      relieved: available >= bound * relief && pressure <= pressureBound / 2,
      /** 1 at the bound, larger with more room. */
      headroom: available / Math.max(1, bound),
    };
  };

  const note = (step: PressureStep, bytes: number, text: string): void => onStep?.({ step, bytes, text });

  const give = async (): Promise<boolean> => {
    const step = ladder[rung] ?? 'unload';
    rung = Math.min(rung + 1, ladder.length - 1);
    if (step === 'unload') {
      const gone = await residency.evict();
      if (gone === undefined) return false;
      note(
        'unload',
        gone.bytes,
        `Unloaded ${gone.what}: other programs need the memory. It loads again when it is used.`,
      );
      return true;
    }
    const bytes = await shrink(step);
    if (bytes <= 0) return give();
    const text =
      step === 'caches'
        ? 'Moved what conversations have read from memory to the disk: other programs need the memory.'
        : 'Freed the contexts of idle models: other programs need the memory.';
    note(step, bytes, text);
    return true;
  };

  const look = async (): Promise<number> => {
    const state = await machine.read();
    if (disposed) return looks.calm;
    const { scarce, stalled, relieved, headroom } = judge(state);
    const now = clock.now();
    if (short && relieved) {
      short = false;
      exhausted = false;
      note('relieved', 0, 'Memory is no longer short.');
    }
    if (scarce || stalled) short = true;
    if (short) shortAt = now;
    else if (now - shortAt > calmMs) rung = 0;
    if (residency.view().length === 0) return looks.calm;
    if (!short) return Math.min(looks.calm, Math.max(looks.tight, looks.tight + (headroom - 1) * 2_000));
    // Between the two bounds nothing more is given up; it waits for relief.
    const due = scarce || (stalled && now - stepAt >= psiSettlesMs);
    if (!due) return looks.tight;
    if (await give()) {
      stepAt = now;
      exhausted = false;
    } else if (!exhausted) {
      exhausted = true;
      note(
        'exhausted',
        0,
        'Memory is short, and all that could be given back is: the models that are left are at work.',
      );
    }
    return looks.tight;
  };

  const check = (): Promise<void> => {
    // One look at a time: a step may take longer than the interval.
    looking ??= (async () => {
      cancel?.();
      let next = looks.calm;
      try {
        next = await look();
      } finally {
        looking = undefined;
        if (!disposed) cancel = timer(() => void check().catch(() => undefined), next);
      }
    })();
    return looking;
  };

  check().catch(() => undefined);
  return {
    check,
    get short() {
      return short;
    },
    [Symbol.dispose]() {
      disposed = true;
      cancel?.();
    },
  };
}
