import { asChatRequest, cloudErrorLine, cloudLines, isCloudGeneration } from './scripted-cloud-lines.ts';
import type { ServerHabits } from './scripted-server-habits.ts';

/** The part of `node:http` that the server needs; pass the module itself. */
export interface HttpModule {
  createServer(handler: (request: ServerRequest, response: ServerResponse) => void): HttpServer;
}

interface ServerRequest extends AsyncIterable<Uint8Array> {
  readonly method?: string | undefined;
  readonly url?: string | undefined;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
}

interface ServerResponse {
  readonly destroyed: boolean;
  writeHead(status: number, headers: Record<string, string>): unknown;
  write(text: string): unknown;
  end(text?: string): unknown;
  destroy(): unknown;
  on(event: 'close', listener: () => void): unknown;
}

interface HttpServer {
  listen(port: number, host: string, ready: () => void): unknown;
  address(): unknown;
  close(done: () => void): unknown;
  closeAllConnections(): void;
}

/**
 * What goes wrong with an answer.
 *
 * - `cut`: the connection breaks after half of the pieces; `end-early`: it ends there in good order
 * - `drop`: the headers, then the connection breaks
 * - `garbage`: a line that is not JSON among the pieces; `error-event`: an error object among them
 * - `stall`: the headers, then nothing; `stall-midway`: half of the pieces, then nothing
 * - `html`: a web page with status 200; `redirect`: to another host
 * - `no-usage`, `no-done`, `no-stream` (one JSON object in place of a stream): servers that leave parts of the protocol out
 * - `split-arguments`, `object-arguments`, `no-index`: ways in which servers send the arguments of tool calls
 * - a number: this HTTP status with an error body
 */
export type ServerFault =
  | 'cut'
  | 'drop'
  | 'end-early'
  | 'garbage'
  | 'error-event'
  | 'stall'
  | 'stall-midway'
  | 'html'
  | 'redirect'
  | 'no-usage'
  | 'no-done'
  | 'no-stream'
  | 'split-arguments'
  | 'object-arguments'
  | 'no-index'
  | number;

export interface ScriptedAnswer {
  /** Pieces in the order in which they are sent. */
  readonly text?: readonly string[];
  /** The log-probability of each piece of text, given where the request asks for them. */
  readonly logprobs?: readonly number[];
  readonly reasoning?: readonly string[];
  readonly toolCalls?: readonly {
    readonly id: string;
    readonly name: string;
    readonly arguments: Readonly<Record<string, unknown>> | string;
  }[];
  readonly finish?: 'stop' | 'length';
  readonly usage?: { readonly prompt: number; readonly cached: number; readonly written: number };
  readonly fault?: ServerFault;
  /** Milliseconds before each piece. Default 0. */
  readonly pieceDelayMs?: number;
  /** The sentence in an error body. */
  readonly message?: string;
  /** Further headers of an error. */
  readonly headers?: Readonly<Record<string, string>>;
}

export interface RecordedRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** The parsed JSON body; `undefined` without one. */
  readonly body: Readonly<Record<string, unknown>> | undefined;
}

export interface ScriptedServerOptions {
  readonly http: HttpModule;
  /** Answers a chat, completion or infill request. Default: the text `ok`. */
  readonly answer?: (request: RecordedRequest) => ScriptedAnswer;
  /** Names of the models. Default `['tiny']`. */
  readonly models?: readonly string[];
  /** The `owned_by` of the models, by which clients know the kind of server. Default `llamacpp`. */
  readonly owner?: string;
  readonly contextLength?: number;
  /** Says, as llama-server and as Ollama, that its models take pictures. Default false. */
  readonly sees?: boolean;
  /** How a server of a certain kind does it. Takes the place of `owner`. */
  readonly habits?: ServerHabits;
  /** Answers requests other than for generation too late to matter: a server that hangs as a whole. */
  readonly deaf?: () => boolean;
}

export interface ScriptedServer {
  /** `http://127.0.0.1:PORT`; the OpenAI protocol is below `/v1`, Ollama's below `/api`. */
  readonly url: string;
  readonly requests: readonly RecordedRequest[];
  /** Generations that were begun and not yet ended by either side. */
  readonly running: number;
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * The answer of a model that does as it is told: it calls the first tool offered, meets a schema with one text property, and otherwise says
 * sixty words, one token each, that end at the limit or before a stop text.
 */
export function obedientAnswer(request: RecordedRequest): ScriptedAnswer {
  const body = asChatRequest(request).body ?? {};
  const options = (body['options'] ?? {}) as Record<string, unknown>;
  const tools = body['tools'] as readonly { readonly function: { readonly name: string } }[] | undefined;
  if (tools?.[0] !== undefined)
    return {
      toolCalls: [
        {
          id: 'call-1',
          name: tools[0].function.name,
          // Anthropic's models are asked for JSON through a tool of this name.
          arguments: tools[0].function.name === 'json' ? { answer: 'yes' } : { query: 'x' },
        },
      ],
    };
  if (body['response_format'] !== undefined || body['format'] !== undefined) return { text: ['{"answer":', ' "yes"}'] };
  const limit = Number(body['max_tokens'] ?? body['n_predict'] ?? options['num_predict'] ?? 60);
  const stops = (body['stop'] ?? options['stop'] ?? []) as readonly string[];
  const words: string[] = [];
  for (let n = 0; n < 60; n += 1) {
    if (words.length === limit) return { text: words, finish: 'length' };
    const said = `${words.join('')}word${n} `;
    const end = Math.min(...stops.map((stop) => said.indexOf(stop)).filter((at) => at >= 0));
    // Words shown already stay; of the last one, what lies before the stop text.
    if (Number.isFinite(end)) return { text: [said.slice(0, end)], finish: 'stop' };
    words.push(`word${n} `);
  }
  return { text: words, finish: 'stop' };
}

/** A picture that a model was sent: its kind, where the protocol tells it, and its bytes in base64. */
export interface SentImage {
  readonly mediaType?: string;
  readonly data: string;
}

/** The pictures of a recorded request, in the words of any of the protocols, in their order. */
export function sentImages({ body }: RecordedRequest): SentImage[] {
  const found: SentImage[] = [];
  const fromUrl = (url: unknown): void => {
    const [, mediaType = '', data = ''] = /^data:([^;]+);base64,(.*)$/su.exec(String(url)) ?? [];
    found.push({ mediaType, data });
  };
  const look = (value: unknown): void => {
    if (Array.isArray(value)) return value.forEach(look);
    if (typeof value !== 'object' || value === null) return;
    const part = value as Readonly<Record<string, unknown>>;
    const nested = (part['image_url'] ?? part['source'] ?? part['inlineData']) as Readonly<Record<string, unknown>>;
    if (part['type'] === 'image_url') fromUrl(nested['url']);
    else if (part['type'] === 'input_image') fromUrl(part['image_url']);
    else if (part['type'] === 'image')
      found.push({ mediaType: String(nested['media_type']), data: String(nested['data']) });
    else if (part['inlineData'] !== undefined)
      found.push({ mediaType: String(nested['mimeType']), data: String(nested['data']) });
    else if (part['role'] === 'user' && Array.isArray(part['images']))
      found.push(...part['images'].map((data) => ({ data: String(data) })));
    else Object.values(part).forEach(look);
  };
  look(body);
  return found;
}

/** Length of every embedding that the server gives. */
export const scriptedDimensions = 16;

/** A model server on loopback that says what it is told to: the OpenAI protocol with llama.cpp's additions, and Ollama's. */
export async function startScriptedServer(options: ScriptedServerOptions): Promise<ScriptedServer> {
  const requests: RecordedRequest[] = [];
  let running = 0;
  const server = options.http.createServer((request, response) => {
    void serve(request, response);
  });

  async function serve(request: ServerRequest, response: ServerResponse): Promise<void> {
    const decoder = new TextDecoder();
    let text = '';
    try {
      for await (const chunk of request) text += decoder.decode(chunk, { stream: true });
    } catch {
      return;
    }
    const recorded: RecordedRequest = {
      method: request.method ?? 'GET',
      path: request.url ?? '/',
      headers: request.headers,
      body: text === '' ? undefined : (JSON.parse(text) as Record<string, unknown>),
    };
    requests.push(recorded);
    const why = options.habits?.refuses?.(recorded.path, recorded.body ?? {});
    if (why !== undefined) {
      json(response, 400, { error: { message: why, type: 'invalid_request_error' } });
    } else if (isGeneration(recorded.path)) {
      running += 1;
      response.on('close', () => (running -= 1));
      await generate(recorded, response, options.answer?.(recorded) ?? { text: ['ok'] });
    } else if (options.deaf?.() !== true) {
      inform(recorded, response, options);
    }
  }

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  return {
    url: `http://127.0.0.1:${port}`,
    requests,
    get running() {
      return running;
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(resolve));
    },
  };
}

function isGeneration(path: string): boolean {
  return (
    ['/v1/chat/completions', '/v1/completions', '/infill', '/api/chat', '/api/generate'].includes(path) ||
    isCloudGeneration(path)
  );
}

/** `head` is a status, or one with further headers. */
function json(
  response: ServerResponse,
  head: number | { readonly status: number; readonly headers: Readonly<Record<string, string>> },
  body: unknown,
): void {
  const { status, headers } = typeof head === 'number' ? { status: head, headers: {} } : head;
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  response.end(JSON.stringify(body));
}

async function generate(request: RecordedRequest, response: ServerResponse, answer: ScriptedAnswer): Promise<void> {
  const { fault } = answer;
  const ollama = request.path.startsWith('/api/');
  const cloud = isCloudGeneration(request.path);
  if (typeof fault === 'number') {
    const message = answer.message ?? `scripted ${fault}`;
    const body = ollama ? { error: message } : { error: { message, type: 'scripted', code: fault } };
    json(response, { status: fault, headers: answer.headers ?? {} }, body);
    return;
  }
  if (fault === 'html') {
    response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' });
    response.end('<!doctype html><title>Router</title><h1>Welcome to your router</h1>');
    return;
  }
  if (fault === 'redirect') {
    response.writeHead(307, { location: 'http://elsewhere.invalid/v1/chat/completions' });
    response.end();
    return;
  }
  if (fault === 'no-stream' || request.body?.['stream'] === false) {
    json(response, 200, wholeAnswer(request, answer));
    return;
  }
  const lines = ollama
    ? ollamaLines(request, answer)
    : request.path === '/infill'
      ? infillLines(answer)
      : cloud
        ? cloudLines(request, answer, usage(answer))
        : openaiLines(request, answer);
  response.writeHead(200, { 'content-type': ollama ? 'application/x-ndjson' : 'text/event-stream' });
  response.write(ollama ? '' : ': scripted\n\n');
  if (fault === 'drop') {
    await pause(5);
    response.destroy();
    return;
  }
  const half = Math.ceil(lines.length / 2);
  for (const [at, line] of lines.entries()) {
    if (fault === 'stall' || (fault === 'stall-midway' && at === half)) return;
    if (fault === 'garbage' && at === half) response.write(ollama ? '{"broken":\n' : 'data: {"broken":\n\n');
    if (fault === 'error-event' && at === half) {
      response.write(
        ollama
          ? '{"error":"the runner stopped"}\n'
          : `data: ${JSON.stringify(cloud ? cloudErrorLine(request) : { error: { message: 'the runner stopped' } })}\n\n`,
      );
      response.end();
      return;
    }
    if (at === half && fault === 'cut') {
      await pause(5);
      response.destroy();
      return;
    }
    if (at === half && fault === 'end-early') break;
    if ((answer.pieceDelayMs ?? 0) > 0) await pause(answer.pieceDelayMs ?? 0);
    if (response.destroyed) return;
    response.write(ollama ? `${JSON.stringify(line)}\n` : `data: ${JSON.stringify(line)}\n\n`);
  }
  if (!ollama && !cloud && fault !== 'no-done' && fault !== 'end-early' && request.path !== '/infill')
    response.write('data: [DONE]\n\n');
  response.end();
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

function openaiLines(request: RecordedRequest, answer: ScriptedAnswer): unknown[] {
  const model = request.body?.['model'];
  const chat = request.path.endsWith('/chat/completions');
  const chunk = (choice: unknown, more: object = {}): unknown => ({
    id: 'scripted',
    object: 'chat.completion.chunk',
    created: 0,
    model,
    choices: choice === undefined ? [] : [choice],
    ...more,
  });
  const finish = answer.finish ?? ((answer.toolCalls?.length ?? 0) > 0 ? 'tool_calls' : 'stop');
  const lines: unknown[] = [];
  if (!chat) {
    for (const text of answer.text ?? []) lines.push(chunk({ index: 0, text, finish_reason: null }));
    lines.push(chunk({ index: 0, text: '', finish_reason: finish }, usageOf(answer)));
    return lines;
  }
  const delta = (fields: object): unknown => chunk({ index: 0, delta: fields, finish_reason: null });
  lines.push(delta({ role: 'assistant', content: null }));
  for (const text of answer.reasoning ?? []) lines.push(delta({ reasoning_content: text }));
  for (const [at, text] of (answer.text ?? []).entries())
    lines.push(chunk({ index: 0, delta: { content: text }, finish_reason: null, ...logprobOf(request, answer, at) }));
  for (const [index, call] of (answer.toolCalls ?? []).entries()) {
    const text = typeof call.arguments === 'string' ? call.arguments : JSON.stringify(call.arguments);
    if (answer.fault === 'object-arguments') {
      lines.push(delta({ tool_calls: [{ function: { name: call.name, arguments: call.arguments } }] }));
    } else if (answer.fault === 'no-index') {
      lines.push(
        delta({ tool_calls: [{ id: call.id, type: 'function', function: { name: call.name, arguments: '' } }] }),
      );
      lines.push(delta({ tool_calls: [{ function: { arguments: text } }] }));
    } else if (answer.fault === 'split-arguments') {
      lines.push(
        delta({ tool_calls: [{ index, id: call.id, type: 'function', function: { name: call.name, arguments: '' } }] }),
      );
      for (const piece of text) lines.push(delta({ tool_calls: [{ index, function: { arguments: piece } }] }));
    } else {
      lines.push(
        delta({
          tool_calls: [{ index, id: call.id, type: 'function', function: { name: call.name, arguments: text } }],
        }),
      );
    }
  }
  lines.push(chunk({ index: 0, delta: {}, finish_reason: finish }));
  if (answer.fault !== 'no-usage') lines.push(chunk(undefined, usageOf(answer)));
  return lines;
}

function logprobOf(request: RecordedRequest, answer: ScriptedAnswer, at: number): object {
  const token = answer.text?.[at];
  const logprob = answer.logprobs?.[at];
  if (logprob === undefined || !request.body?.['logprobs']) return {};
  return { logprobs: { content: [{ token, logprob, top_logprobs: [{ token, logprob }] }] } };
}

function usageOf(answer: ScriptedAnswer): object {
  if (answer.fault === 'no-usage') return {};
  const { prompt, cached, written } = usage(answer);
  return {
    usage: {
      prompt_tokens: prompt,
      completion_tokens: written,
      total_tokens: prompt + written,
      prompt_tokens_details: { cached_tokens: cached },
    },
  };
}

function usage(answer: ScriptedAnswer): NonNullable<ScriptedAnswer['usage']> {
  return (
    answer.usage ?? {
      prompt: 8,
      cached: 0,
      written: (answer.text?.length ?? 0) + (answer.reasoning?.length ?? 0) + (answer.toolCalls?.length ?? 0),
    }
  );
}

function infillLines(answer: ScriptedAnswer): unknown[] {
  const { prompt, cached, written } = usage(answer);
  return [
    ...(answer.text ?? []).map((content) => ({ index: 0, content, stop: false })),
    {
      index: 0,
      content: '',
      stop: true,
      stop_type: answer.finish === 'length' ? 'limit' : 'eos',
      tokens_predicted: written,
      timings: { prompt_n: prompt - cached, cache_n: cached },
    },
  ];
}

function ollamaLines(request: RecordedRequest, answer: ScriptedAnswer): unknown[] {
  const model = request.body?.['model'];
  const chat = request.path === '/api/chat';
  const line = (message: object, more: object = {}): unknown => ({
    model,
    created_at: '1970-01-01T00:00:00Z',
    ...(chat
      ? { message: { role: 'assistant', content: '', ...message } }
      : { response: 'content' in message ? message.content : '' }),
    done: false,
    ...more,
  });
  const { prompt, written } = usage(answer);
  return [
    ...(answer.reasoning ?? []).map((thinking) => line({ thinking })),
    ...(answer.text ?? []).map((content) => line({ content })),
    ...(answer.toolCalls ?? []).map((call) =>
      line({ tool_calls: [{ function: { name: call.name, arguments: call.arguments } }] }),
    ),
    line(
      {},
      {
        done: true,
        done_reason: answer.finish ?? 'stop',
        ...(answer.fault === 'no-usage' ? {} : { prompt_eval_count: prompt, eval_count: written }),
      },
    ),
  ];
}

function wholeAnswer(request: RecordedRequest, answer: ScriptedAnswer): unknown {
  return {
    id: 'scripted',
    object: 'chat.completion',
    model: request.body?.['model'],
    choices: [
      {
        index: 0,
        finish_reason: answer.finish ?? 'stop',
        message: { role: 'assistant', content: (answer.text ?? []).join('') },
      },
    ],
    ...usageOf(answer),
  };
}

/** Routes that only a server of a certain kind has. Says whether it answered. */
function informByHabits(request: RecordedRequest, response: ServerResponse, options: ScriptedServerOptions): boolean {
  const { models = ['tiny'], contextLength = 4096, habits } = options;
  if (habits === undefined) return false;
  const own = habits.routes?.(models, contextLength)[request.path];
  const headers = habits.header === undefined ? {} : { server: habits.header };
  if (own !== undefined) {
    json(response, { status: 200, headers }, own);
  } else if (habits.tokenize?.path === request.path) {
    const text = request.body?.[habits.tokenize.field];
    if (typeof text !== 'string') json(response, 422, { detail: `Field required: ${habits.tokenize.field}` });
    else json(response, 200, habits.tokenize.answer(words(text).map((_, at) => at)));
  } else if (request.path === '/v1/models') {
    const data = models.map((id) => ({
      id,
      object: 'model',
      ...(habits.owner !== undefined && { created: 0, owned_by: habits.owner }),
      ...habits.entry?.(id, contextLength),
    }));
    json(response, { status: 200, headers }, { object: 'list', data });
  } else {
    return false;
  }
  return true;
}

/** The requests that generate nothing. */
function inform(request: RecordedRequest, response: ServerResponse, options: ScriptedServerOptions): void {
  const { models = ['tiny'], owner = 'llamacpp', contextLength = 4096, habits } = options;
  if (informByHabits(request, response, options)) return;
  if (habits !== undefined && request.path === '/tokenize') {
    json(response, 404, { error: { message: 'no such route: /tokenize' } });
    return;
  }
  const body = request.body ?? {};
  const inputs =
    typeof body['input'] === 'string'
      ? [body['input']]
      : Array.isArray(body['input'])
        ? (body['input'] as string[])
        : [];
  switch (request.path) {
    case '/v1/models':
      json(response, 200, {
        object: 'list',
        data: models.map((id) => ({
          id,
          object: 'model',
          created: 0,
          owned_by: owner,
          meta: { n_ctx: contextLength },
        })),
      });
      return;
    case '/props':
      if (options.sees === true) json(response, 200, { modalities: { vision: true, audio: false } });
      else json(response, 404, { error: { message: 'no such route: /props' } });
      return;
    case '/v1/embeddings':
      json(response, 200, {
        object: 'list',
        data: inputs.map((text, index) => ({ object: 'embedding', index, embedding: embedding(text) })).reverse(),
      });
      return;
    case '/v1/rerank': {
      const query = words(String(body['query']));
      const documents = Array.isArray(body['documents']) ? (body['documents'] as string[]) : [];
      const results = documents.map((document, index) => ({
        index,
        relevance_score: words(document).filter((word) => query.includes(word)).length,
      }));
      json(response, 200, { results: results.sort((a, b) => b.relevance_score - a.relevance_score) });
      return;
    }
    case '/tokenize':
      json(response, 200, { tokens: words(String(body['content'])).map((_, at) => at) });
      return;
    case '/detokenize':
      json(response, 200, { content: (body['tokens'] as number[]).map((token) => `word${token}`).join(' ') });
      return;
    case '/api/version':
      json(response, 200, { version: '0.14.0' });
      return;
    case '/api/tags':
      json(response, 200, {
        models: models.map((name) => ({ name, model: name, size: 1000, digest: '0', details: { family: 'llama' } })),
      });
      return;
    case '/api/show':
      if (!models.includes(String(body['model']))) {
        json(response, 404, { error: `model '${String(body['model'])}' not found` });
        return;
      }
      json(response, 200, {
        details: { family: 'llama' },
        capabilities: ['completion', 'tools', 'thinking', 'insert', 'embedding', ...(options.sees ? ['vision'] : [])],
        model_info: {
          'general.architecture': 'llama',
          'llama.context_length': contextLength,
          'llama.embedding_length': scriptedDimensions,
          'llama.block_count': 2,
          'llama.attention.head_count': 4,
          'llama.attention.head_count_kv': 2,
        },
      });
      return;
    case '/api/embed':
      json(response, 200, { model: body['model'], embeddings: inputs.map(embedding) });
      return;
    default:
      informAsCloud(request, response, { models, contextLength });
  }
}

/** Descriptions of models, and Google's embeddings. */
function informAsCloud(
  request: RecordedRequest,
  response: ServerResponse,
  { models, contextLength }: { readonly models: readonly string[]; readonly contextLength: number },
): void {
  const [, version, name = '', action] = /^\/(v1|v1beta)\/models\/([^:?]+)(?::(\w+))?/.exec(request.path) ?? [];
  if (version === undefined) {
    json(response, 404, { error: { message: `no such route: ${request.path}` } });
  } else if (!models.includes(decodeURIComponent(name))) {
    json(response, 404, { error: { message: `The model ${name} does not exist`, type: 'not_found_error' } });
  } else if (action === 'batchEmbedContents' || action === 'embedContent') {
    const body = request.body ?? {};
    const asked = (body['requests'] ?? [body]) as readonly { content: { parts: readonly { text: string }[] } }[];
    const embeddings = asked.map(({ content }) => ({ values: embedding(content.parts[0]?.text ?? '') }));
    json(response, 200, action === 'embedContent' ? { embedding: embeddings[0] } : { embeddings });
  } else if (version === 'v1beta') {
    json(response, 200, { name: `models/${name}`, inputTokenLimit: contextLength });
  } else {
    json(response, 200, { id: name, object: 'model', type: 'model', max_input_tokens: contextLength });
  }
}

function words(text: string): string[] {
  return text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];
}

/** Counts of words by a hash of each, so that like texts have like vectors. */
function embedding(text: string): number[] {
  const vector = new Array<number>(scriptedDimensions).fill(0.01);
  for (const word of words(text)) {
    let hash = 7;
    for (const letter of word) hash = (hash * 31 + (letter.codePointAt(0) ?? 0)) % 65_521;
    const at = hash % scriptedDimensions;
    vector[at] = (vector[at] ?? 0) + 1;
  }
  return vector;
}
