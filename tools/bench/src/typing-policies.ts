import { createTyping, type TypingAnswer } from '@nootropic/client';
import type { Model, ModelEvent } from '@nootropic/contracts';
import { createCompletions, type CompletionPorts } from '@nootropic/core';
import { createRecordingTelemetry } from '@nootropic/testing';
import type { VirtualTime } from './scheduler-clock.ts';
import type { SuggestionPolicy } from './typing-person.ts';
import type { ModelSlot } from './typing-slot.ts';

const workspace = '/replay';
const path = 'typed.ts';

/** The program's own: the engine of its editors, on the completions of its core, on a model in the slot. */
export function ourPolicy(time: VirtualTime, slot: ModelSlot): SuggestionPolicy {
  const { completions } = createCompletions(portsOn(time, slot));
  let version = 1;
  let later: ((shown: { text: string; cached: boolean }) => void) | undefined;
  const typing = createTyping({
    complete: (input, options) => completions.complete(input, options),
    now: time.now,
    setTimer: time.timer,
    onMore: ({ text }) => later?.({ text, cached: false }),
  });
  let wasted = 0;
  return {
    ask({ prefix, suffix, typed }, show, signal) {
      version += 1;
      if (typed !== '') typing.changed({ path, version, removed: 0, inserted: typed });
      later = (shown) => {
        if (!signal.aborted) show(shown);
      };
      const place = { workspace, path, language: 'typescript', version, prefix, suffix };
      void typing.suggest(place, { signal }).then((answer: TypingAnswer) => {
        if (answer.kind === 'none') return;
        const { text, from } = answer.suggestion;
        show({ text, cached: from === 'cache' || (from === 'running' && answer.suggestion.tookMs === 0) });
      });
    },
    wasted() {
      typing.rest();
      wasted += typing.takeReport().wastedTokens;
      return wasted;
    },
  };
}

/** As much of the ports as completions need. */
function portsOn(time: VirtualTime, slot: ModelSlot): CompletionPorts {
  const ref = 'file:/replay.gguf';
  const model = {
    info: { ref, name: 'replay', can: ['generate', 'infill'], contextLength: 4_096, dimensions: 0, local: true },
    infill,
  } as unknown as Model;
  async function* infill(...[request, options = {}]: Parameters<Model['infill']>): AsyncGenerator<ModelEvent> {
    const { prefix, begun = '', maxTokens = 64, stop = [] } = request;
    const { signal, workClass } = options;
    const pieces: string[] = [];
    const wake = { up: (): void => undefined };
    let count = 0;
    let stopped: string | undefined;
    const writing = slot.write(prefix + begun, {
      urgent: workClass === 'completion',
      ...(signal && { signal }),
      onToken(token) {
        count += 1;
        stopped = stop.find((each) => token.includes(each));
        pieces.push(stopped === undefined ? token : token.slice(0, token.indexOf(stopped)));
        wake.up();
        return stopped === undefined && count < maxTokens;
      },
    });
    let tokens: { readonly read: number; readonly written: number } | undefined;
    void writing.then((done) => {
      tokens = done;
      wake.up();
    });
    while (tokens === undefined || pieces.length > 0) {
      const piece = pieces.shift();
      if (piece !== undefined) {
        if (piece !== '' && signal?.aborted !== true) yield { type: 'text', text: piece };
      } else if (signal?.aborted === true) break;
      else
        await new Promise<void>((resolve) => {
          wake.up = resolve;
          signal?.addEventListener('abort', () => resolve(), { once: true });
        });
    }
    const reason =
      signal?.aborted === true ? 'aborted' : count >= maxTokens && stopped === undefined ? 'length' : 'stop';
    const counts = { read: tokens?.read ?? 0, reused: 0, written: count };
    yield { type: 'finish', reason, ...(stopped !== undefined && { stop: stopped }), tokens: counts };
  }
  const chosen = { ref, reason: 'the model in the slot', role: 'completion' as const, named: false };
  const ports: Pick<CompletionPorts, 'telemetry' | 'now' | 'isSecretPath'> = {
    telemetry: createRecordingTelemetry(),
    now: time.now,
    isSecretPath: () => false,
  };
  return {
    ...ports,
    models: {
      async *candidates() {
        yield chosen;
      },
      choose: async () => chosen,
      open: async () => ({ model, gaveUp: [] }),
    },
    runtimes: [],
    store: { list: async () => [] },
    residency: { view: () => [] },
    admission: { predict: () => 0 },
    config: { models: {} },
    knowledge: async () => ({ around: async () => ({ definitions: [] }) }),
  } as unknown as CompletionPorts;
}

/** What its settings are where nobody changed them. */
const peerSettings = {
  prefixLines: 256,
  suffixLines: 64,
  predict: 128,
  predictMs: 500,
  lineSuffix: 8,
  waitMs: 150,
  kept: 250,
} as const;

interface Kept {
  readonly id: number;
  readonly text: string;
}

/**
 * llama.vscode's, written anew from its source (https://github.com/ggml-org/llama.vscode, `src/completion.ts`, MIT): no debounce, one request at a time, which is
 * never cancelled; a cache of 250 texts by a hash of what is around the cursor, where the line may have been typed on; after each suggestion the next
 * one is computed, and what follows its first line is kept. Its server ends a text 500 ms after its first line, where the indentation falls, or at 128 tokens.
 */
export function llamaVscodePolicy(time: VirtualTime, slot: ModelSlot): SuggestionPolicy {
  const cache = new Map<string, Kept>();
  const written = new Map<number, number>();
  const shownIds = new Set<number>();
  let made = 0;
  let isBusy = false;

  const get = (key: string): Kept | undefined => {
    const found = cache.get(key);
    if (found === undefined) return undefined;
    cache.delete(key);
    cache.set(key, found);
    return found;
  };
  const put = (key: string, value: Kept): void => {
    cache.delete(key);
    cache.set(key, value);
    for (const oldest of cache.keys()) if (cache.size > peerSettings.kept) cache.delete(oldest);
  };
  const keyOf = (prefix: string, suffix: string, prompt: string): string => `${prefix}|${suffix}|${prompt}`;
  const cached = (prefix: string, suffix: string, prompt: string): Kept | undefined => {
    for (let end = prompt.length; end >= 0; end -= 1) {
      const found = get(keyOf(prefix, suffix, prompt.slice(0, end)));
      const cut = prompt.slice(end);
      if (found?.text.startsWith(cut) === true) return { id: found.id, text: found.text.slice(cut.length) };
    }
    return undefined;
  };
  const request = async (before: string, indent: number): Promise<Kept> => {
    const id = (made += 1);
    let text = '';
    let count = 0;
    let since: number | undefined;
    await slot.write(before, {
      urgent: true,
      onToken(token) {
        count += 1;
        text += token;
        since ??= time.now();
        const line = text.slice(text.lastIndexOf('\n') + 1);
        const falls = text.includes('\n') && /^\s*\S/u.test(line) && line.length - line.trimStart().length < indent;
        if (falls) text = text.slice(0, text.lastIndexOf('\n'));
        const isLong = text.includes('\n') && time.now() - since > peerSettings.predictMs;
        return !falls && !isLong && count < peerSettings.predict;
      },
    });
    written.set(id, count);
    return { id, text: text.replace(/\n+$/u, '') };
  };

  const ahead = async (place: { prefix: string; suffix: string; prompt: string }, kept: Kept): Promise<void> => {
    const { prefix, suffix, prompt } = place;
    const lines = kept.text.split('\n');
    const next =
      lines.length > 1
        ? { prefix: `${prefix}${prompt}${lines.slice(0, -1).join('\n')}\n`, prompt: lines.at(-1) ?? '' }
        : { prefix, prompt: prompt + (lines[0] ?? '') };
    const key = keyOf(lastLines(next.prefix, peerSettings.prefixLines), suffix, next.prompt);
    if (get(key) === undefined) {
      const indent = prompt.length - prompt.trimStart().length;
      const answer = await request(next.prefix + next.prompt, indent);
      if (answer.text.trim() !== '') put(key, answer);
    }
    if (lines.length > 1) {
      const after = keyOf(`${prefix}${prompt}${lines[0] ?? ''}\n`, suffix, '');
      if (get(after) === undefined) put(after, { id: kept.id, text: lines.slice(1).join('\n') });
    }
  };

  return {
    ask({ prefix: before, suffix: after }, show, signal) {
      void (async () => {
        while (isBusy) {
          await time.sleep(peerSettings.waitMs);
          if (signal.aborted) return;
        }
        isBusy = true;
        try {
          const start = before.lastIndexOf('\n') + 1;
          const linePrefix = before.slice(start);
          const rest = after.slice(0, Math.max(0, after.indexOf('\n')));
          if (rest.length > peerSettings.lineSuffix) return;
          const prompt = linePrefix.trim() === '' ? '' : linePrefix;
          const prefix = lastLines(before.slice(0, start), peerSettings.prefixLines);
          const suffix = `${after
            .split('\n')
            .slice(0, peerSettings.suffixLines + 1)
            .join('\n')}\n`;
          const known = cached(prefix, suffix, prompt);
          // Of a line of spaces only what stands above it is told: the text begins with its indentation.
          const told = prompt === '' ? before.slice(0, start) : before;
          const kept = known ?? (await request(told, linePrefix.length - linePrefix.trimStart().length));
          if (kept.text.trim() === '') return;
          if (known === undefined) put(keyOf(prefix, suffix, prompt), kept);
          if (!signal.aborted) {
            shownIds.add(kept.id);
            // Spaces that stand before the cursor already are not said again.
            const spaces = prompt === '' ? linePrefix.length : 0;
            const head = Math.min(spaces, kept.text.length - kept.text.trimStart().length);
            show({ text: kept.text.slice(head), cached: known !== undefined });
            if (rest.trim() === '') time.timer(() => void ahead({ prefix, suffix, prompt }, kept), 0);
          }
        } finally {
          isBusy = false;
        }
      })();
    },
    wasted() {
      let sum = 0;
      for (const [id, tokens] of written) if (!shownIds.has(id)) sum += tokens;
      return sum;
    },
  };
}

function lastLines(text: string, most: number): string {
  const lines = text.split('\n');
  return lines.length - 1 <= most ? text : lines.slice(-most - 1).join('\n');
}
