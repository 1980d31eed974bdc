import type { CompletionEvent, CompletionInput } from '@nootropic/contracts';
import { createTyping } from './typing.ts';
import type { Typing, TypingOptions, TypingPlace } from './typing-types.ts';

/** Time that goes on only when a test says so. */
export function createVirtualTime() {
  let now = 0;
  const timers = new Map<number, { readonly at: number; readonly run: () => void }>();
  let made = 0;
  /** Lets all that waits for promises run. */
  const settle = async (): Promise<void> => {
    for (let turn = 0; turn < 30; turn += 1) await Promise.resolve();
  };
  return {
    now: () => now,
    setTimer: (run: () => void, ms: number): (() => void) => {
      const id = (made += 1);
      timers.set(id, { at: now + ms, run });
      return () => timers.delete(id);
    },
    settle,
    async pass(ms: number): Promise<void> {
      const until = now + ms;
      await settle();
      for (;;) {
        const [next] = [...timers].filter(([, { at }]) => at <= until).sort(([, a], [, b]) => a.at - b.at);
        if (next === undefined) break;
        const [id, { at, run }] = next;
        timers.delete(id);
        now = at;
        run();
        await settle();
      }
      now = until;
      await settle();
    },
  };
}

export type VirtualTime = ReturnType<typeof createVirtualTime>;

/** What a scripted model says at a place: whole, or with an error's code. */
export type Says = (input: CompletionInput) => string | { readonly code: string; readonly why: string };

export interface AskedCompletion {
  readonly input: CompletionInput;
  stopped: boolean;
}

/** A host whose model says what a test wants: its first text after `firstMs`, then `pieceMs` for each piece of four characters. */
export function createScriptedHost(time: VirtualTime, says: Says, { firstMs = 100, pieceMs = 20 } = {}) {
  const asked: AskedCompletion[] = [];
  const wait = (ms: number, signal: AbortSignal): Promise<void> =>
    new Promise((resolve) => {
      const cancel = time.setTimer(resolve, ms);
      signal.addEventListener('abort', () => {
        cancel();
        resolve();
      });
    });
  async function* answer(input: CompletionInput, signal: AbortSignal): AsyncGenerator<CompletionEvent> {
    const mine: AskedCompletion = { input, stopped: false };
    asked.push(mine);
    signal.addEventListener('abort', () => (mine.stopped = true));
    const said = says(input);
    const counts = { tokensRead: 10, tokensReused: 0, tokensWritten: 0, contextMs: 1, totalMs: 1, context: [] };
    await wait(firstMs, signal);
    if (typeof said !== 'string') {
      yield { type: 'end', reason: 'nothing', text: '', model: '', ...said, ...counts };
      return;
    }
    for (let at = 0; at < said.length && !signal.aborted; at += 4) {
      yield { type: 'text', text: said.slice(at, at + 4) };
      await wait(pieceMs, signal);
    }
    if (signal.aborted) return;
    const tokensWritten = Math.ceil(said.length / 4);
    const empty = said === '' ? { why: 'Nothing to add.' } : {};
    yield {
      type: 'end',
      reason: said === '' ? 'nothing' : 'line',
      text: said,
      model: 'file:/a.gguf',
      ...empty,
      ...counts,
      tokensWritten,
    };
  }
  const complete: TypingOptions['complete'] = async (input, { signal }) => answer(input, signal);
  return { asked, complete };
}

/** An editor with one document, whose person types, deletes and moves; it asks as an editor does: after each change. */
export function createScriptedEditor(typing: Typing, start: { readonly prefix: string; readonly suffix: string }) {
  let { prefix, suffix } = start;
  let version = 1;
  const place = (): TypingPlace => ({
    ...{ workspace: '/w', path: 'src/a.ts', language: 'typescript' },
    ...{ version, prefix, suffix },
  });
  const changed = (removed: number, inserted: string): void => {
    version += 1;
    typing.changed({ path: 'src/a.ts', version, removed, inserted });
  };
  return {
    place,
    get text() {
      return prefix + suffix;
    },
    type(text: string) {
      prefix += text;
      changed(0, text);
      return typing.suggest(place());
    },
    /** Types a bracket, and the editor closes it. */
    typePair(open: string, close: string) {
      prefix += open;
      suffix = close + suffix;
      changed(0, open + close);
      return typing.suggest(place());
    },
    delete(count: number) {
      prefix = prefix.slice(0, -count);
      changed(count, '');
      return typing.suggest(place());
    },
    move(to: { readonly prefix: string; readonly suffix: string }) {
      ({ prefix, suffix } = to);
      return typing.suggest(place());
    },
    ask: (asked = false) => typing.suggest(place(), { asked }),
  };
}

export function startTyping(
  says: Says,
  options: Partial<TypingOptions> & {
    readonly prefix?: string;
    readonly suffix?: string;
    readonly firstMs?: number;
  } = {},
) {
  const { prefix = '', suffix = '', firstMs = 100, ...given } = options;
  const time = createVirtualTime();
  const host = createScriptedHost(time, says, { firstMs });
  const typing = createTyping({ complete: host.complete, now: time.now, setTimer: time.setTimer, ...given });
  return { time, host, typing, editor: createScriptedEditor(typing, { prefix, suffix }) };
}
