import type { ModelEvent, TokenCounts, TokenLogprob } from '@nootropic/contracts';

/** One streamed piece, as loosely as servers send it: every field may be missing, `null` or of a shape of its own. */
interface LooseChunk {
  readonly choices?: readonly LooseChoice[] | null;
  readonly usage?: LooseUsage | null;
  readonly timings?: { readonly cache_n?: number; readonly prompt_n?: number; readonly predicted_n?: number } | null;
  readonly prompt_progress?: { readonly total?: number; readonly processed?: number; readonly cache?: number } | null;
}

interface LooseChoice {
  readonly delta?: LooseDelta | null;
  readonly message?: LooseDelta | null;
  readonly finish_reason?: string | null;
  /** Of vLLM: the stop text that ended it, or the number of a token. */
  readonly stop_reason?: unknown;
  readonly logprobs?: { readonly content?: readonly LooseLogprob[] | null } | null;
}

interface LooseLogprob {
  readonly token?: unknown;
  readonly logprob?: unknown;
  readonly top_logprobs?: readonly LooseLogprob[] | null;
}

interface LooseDelta {
  readonly content?: unknown;
  readonly reasoning_content?: unknown;
  readonly reasoning?: unknown;
  readonly tool_calls?: readonly LooseCall[] | null;
}

interface LooseCall {
  readonly index?: number | null;
  readonly id?: string | null;
  readonly function?: { readonly name?: string | null; readonly arguments?: unknown } | null;
}

interface LooseUsage {
  readonly prompt_tokens?: number;
  readonly completion_tokens?: number;
  readonly prompt_tokens_details?: { readonly cached_tokens?: number | null } | null;
}

interface OpenCall {
  readonly index: number | undefined;
  id: string;
  name: string;
  text: string;
}

type FinishReason = Extract<ModelEvent, { type: 'finish' }>['reason'];

/** Turns the pieces of one chat answer into events. */
export interface ChatReader {
  read(chunk: unknown): ModelEvent[];
  /** The calls and the `finish`. `reason` replaces what the server said, for an abort. */
  finish(reason?: FinishReason): ModelEvent[];
  /** True when the server said why the answer ended. */
  readonly ended: boolean;
  /** Prompt tokens evaluated of how many, as far as it is known. */
  readonly progress: { readonly done: number; readonly total: number };
}

/**
 * Reads what servers that speak the OpenAI chat protocol really send: tool calls in pieces by index, without an index,
 * all under index 0 but with new ids, or whole with arguments as text or as an object; reasoning under two names; counts in
 * `usage`, in llama.cpp's `timings`, or nowhere, in which case each piece of text counts as one token.
 *
 * A tool call whose arguments are not a JSON object never becomes a call: what the model wrote is given as text.
 */
export function createChatReader(options: {
  readonly newId: () => string;
  readonly promptEstimate: number;
  /** Alternatives to give with each token; a server may send more. Default: all. */
  readonly alternatives?: number | undefined;
}): ChatReader {
  const calls: OpenCall[] = [];
  let usage: LooseUsage | undefined;
  let timings: LooseChunk['timings'];
  let said: string | undefined;
  let stop: string | undefined;
  let pieces = 0;
  let progressed = false;
  let progress = { done: 0, total: options.promptEstimate };

  function addCall(part: LooseCall | null): void {
    if (typeof part !== 'object' || part === null) return;
    const name = plainText(part.function?.name);
    const id = plainText(part.id);
    const index = typeof part.index === 'number' ? part.index : undefined;
    const last = calls.at(-1);
    let call: OpenCall | undefined;
    if (index !== undefined) call = calls.findLast((one) => one.index === index);
    else if (id !== '') call = calls.find((one) => one.id === id);
    else if (name === '') call = last;
    // A second call under an index already taken: it has an id and a name of its own.
    if (call !== undefined && id !== '' && call.id !== '' && id !== call.id && name !== '') call = undefined;
    if (call === undefined) {
      call = { index, id, name: '', text: '' };
      calls.push(call);
    }
    if (call.id === '') call.id = id;
    if (name !== '' && name !== call.name) call.name += name;
    const given = part.function?.arguments;
    if (typeof given === 'string') call.text += given;
    else if (typeof given === 'object' && given !== null) call.text = JSON.stringify(given);
  }

  return {
    get ended() {
      return said !== undefined;
    },
    get progress() {
      return progress;
    },
    read(raw) {
      if (typeof raw !== 'object' || raw === null) return [];
      const chunk = raw as LooseChunk;
      const events: ModelEvent[] = [];
      if (chunk.usage) usage = chunk.usage;
      if (chunk.timings) timings = chunk.timings;
      if (chunk.prompt_progress) {
        const processed = plainNumber(chunk.prompt_progress.processed) ?? 0;
        const total = plainNumber(chunk.prompt_progress.total) ?? progress.total;
        progress = { done: processed, total };
        const cached = progressed ? undefined : plainNumber(chunk.prompt_progress.cache);
        progressed = true;
        events.push({
          type: 'prompt-progress',
          done: processed,
          total,
          ...(cached !== undefined && { reused: cached }),
        });
      }
      const choice = chunk.choices?.[0];
      const delta = choice?.delta ?? choice?.message;
      if (delta) {
        const thought = textOf(delta.reasoning_content) || textOf(delta.reasoning);
        const text = textOf(delta.content);
        if (thought !== '') events.push({ type: 'reasoning', text: thought });
        const logprobs = logprobsOf(choice?.logprobs?.content, options.alternatives);
        if (text !== '') events.push({ type: 'text', text, ...(logprobs.length > 0 && { logprobs }) });
        const parts = Array.isArray(delta.tool_calls) ? (delta.tool_calls as readonly (LooseCall | null)[]) : [];
        for (const part of parts) addCall(part);
        const wrote = thought !== '' || text !== '' || parts.length > 0;
        if (wrote) {
          pieces += 1;
          if (progress.done < progress.total) progress = { done: progress.total, total: progress.total };
        }
      }
      if (typeof choice?.finish_reason === 'string') said = choice.finish_reason;
      if (typeof choice?.stop_reason === 'string') stop = choice.stop_reason;
      return events;
    },
    finish(reason) {
      const events: ModelEvent[] = [];
      let called = false;
      if (reason !== 'aborted') {
        const taken = new Set<string>();
        for (const call of calls) {
          const parsed = argumentsOf(call.text);
          if (parsed === undefined || call.name === '') {
            events.push({ type: 'text', text: `${call.name}(${call.text})` });
            continue;
          }
          const id = call.id === '' || taken.has(call.id) ? options.newId() : call.id;
          taken.add(id);
          called = true;
          events.push({ type: 'tool-call', call: { id, name: call.name, arguments: parsed } });
        }
      }
      const why = reason ?? (called ? 'tool-call' : said === 'length' ? 'length' : 'stop');
      const ended = { reason: why, ...(why === 'stop' && stop !== undefined && { stop }) };
      events.push({ type: 'finish', ...ended, tokens: countTokens({ usage, timings, pieces, progress }) });
      return events;
    },
  };
}

/** True for a piece that shows that the server works on the answer: after it, asking again could say something twice. */
export function saysSomething(raw: unknown): boolean {
  if (typeof raw !== 'object' || raw === null) return false;
  const { choices, prompt_progress: progress, usage } = raw as LooseChunk;
  const choice = choices?.[0];
  const delta = choice?.delta ?? choice?.message;
  return (
    Boolean(progress) ||
    Boolean(usage) ||
    typeof choice?.finish_reason === 'string' ||
    textOf(delta?.reasoning_content) !== '' ||
    textOf(delta?.reasoning) !== '' ||
    textOf(delta?.content) !== '' ||
    (Array.isArray(delta?.tool_calls) && delta.tool_calls.length > 0)
  );
}

/** The log-probabilities of a piece, in OpenAI's form, which Ollama uses too; none where there are none. */
export function logprobsOf(content: unknown, alternatives = Infinity): TokenLogprob[] {
  if (!Array.isArray(content)) return [];
  return (content as readonly LooseLogprob[]).flatMap(({ token, logprob, top_logprobs: top }) =>
    typeof token === 'string' && typeof logprob === 'number'
      ? [
          {
            token,
            logprob,
            top: logprobsOf(top)
              .slice(0, alternatives)
              .map((one) => ({ token: one.token, logprob: one.logprob })),
          },
        ]
      : [],
  );
}

function textOf(value: unknown): string {
  if (typeof value === 'string') return value;
  if (!Array.isArray(value)) return '';
  return value
    .map((part: unknown) => (typeof part === 'object' && part !== null && 'text' in part ? textOf(part.text) : ''))
    .join('');
}

/** `undefined` when the text is not a JSON object. No text at all means no arguments. */
function argumentsOf(text: string): Record<string, unknown> | undefined {
  if (text.trim() === '') return {};
  try {
    let value: unknown = JSON.parse(text);
    // Some servers encode the arguments twice.
    if (typeof value === 'string') value = JSON.parse(value);
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined;
  }
}

function countTokens(seen: {
  readonly usage: LooseUsage | undefined;
  readonly timings: LooseChunk['timings'];
  readonly pieces: number;
  readonly progress: { readonly done: number; readonly total: number };
}): TokenCounts {
  const { usage, timings, pieces, progress } = seen;
  const reused = plainNumber(timings?.cache_n) ?? plainNumber(usage?.prompt_tokens_details?.cached_tokens) ?? 0;
  const prompt = plainNumber(usage?.prompt_tokens);
  const read = plainNumber(timings?.prompt_n) ?? (prompt === undefined ? progress.done : Math.max(0, prompt - reused));
  return {
    read,
    reused,
    written: plainNumber(usage?.completion_tokens) ?? plainNumber(timings?.predicted_n) ?? pieces,
  };
}

function plainText(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

/** A count; `undefined` for what is none. */
function plainNumber(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0 ? Math.round(value) : undefined;
}
