import { timed, type TimedAnswer } from './timed-answer.ts';

/** A server of the OpenAI API. */
export interface OpenaiServer {
  /** With `/v1` at its end. */
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface OpenaiAsk {
  readonly text: string;
  readonly maxTokens: number;
  readonly signal: AbortSignal;
  /** Default true. */
  readonly stream?: boolean;
}

interface Said {
  readonly choices?: readonly {
    readonly delta?: { readonly content?: string };
    readonly message?: { readonly content?: string };
  }[];
  readonly usage?: {
    readonly prompt_tokens: number;
    readonly completion_tokens: number;
    readonly prompt_tokens_details?: { readonly cached_tokens?: number };
  } | null;
  readonly error?: { readonly message: string };
}

/** Times a chat completion. Greedy, so that two runs do the same work. */
export async function timeOpenaiAnswer(server: OpenaiServer, ask: OpenaiAsk): Promise<TimedAnswer> {
  const { stream = true } = ask;
  const start = performance.now();
  const response = await fetch(`${server.url}/chat/completions`, {
    method: 'POST',
    signal: ask.signal,
    headers: { 'content-type': 'application/json', ...server.headers },
    body: JSON.stringify({
      model: 'default',
      messages: [{ role: 'user', content: ask.text }],
      max_tokens: ask.maxTokens,
      temperature: 0,
      seed: 1,
      stream,
      ...(stream && { stream_options: { include_usage: true } }),
    }),
  });
  if (!response.ok || response.body === null)
    throw new Error(`${server.url} answered ${response.status}: ${(await response.text()).slice(0, 500)}`);
  let firstMs = Number.NaN;
  let text = '';
  let usage: Said['usage'];
  const hear = ({ choices = [], usage: counted, error }: Said): void => {
    if (error) throw new Error(`${server.url}: ${error.message}`);
    usage = counted ?? usage;
    const content = choices[0]?.delta?.content ?? choices[0]?.message?.content ?? '';
    if (content !== '' && Number.isNaN(firstMs)) firstMs = performance.now() - start;
    text += content;
  };
  if (!stream) hear((await response.json()) as Said);
  else {
    let rest = '';
    for await (const piece of response.body.pipeThrough(new TextDecoderStream())) {
      const lines = (rest + piece).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines)
        if (line.startsWith('data: ') && line !== 'data: [DONE]') hear(JSON.parse(line.slice(6)) as Said);
    }
  }
  const reused = usage?.prompt_tokens_details?.cached_tokens ?? 0;
  const tokens = { read: (usage?.prompt_tokens ?? 0) - reused, reused, written: usage?.completion_tokens ?? 0 };
  return timed({ start, firstMs, tokens, text });
}
