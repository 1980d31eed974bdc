import assert from 'node:assert/strict';
import type { LlamacppAnswer } from '@nootropic/contracts';
import { untilIdle, type StandardHost, type StandardScenario } from './standard-host.fixture.ts';

/** Asks as the clients of llama.cpp's server do: with plain JSON. */
interface Asking {
  post(path: string, body: unknown, signal?: AbortSignal): Promise<Response>;
  json<Answer>(path: string, body: unknown): Promise<Answer>;
}

function askingOf({ url, token }: StandardHost): Asking {
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${token}` };
  const post: Asking['post'] = (path, body, signal) =>
    fetch(`${url}${path}`, { method: 'POST', headers, body: JSON.stringify(body), ...(signal && { signal }) });
  return {
    post,
    async json<Answer>(path: string, body: unknown) {
      const response = await post(path, body);
      const text = await response.text();
      assert.equal(response.status, 200, text);
      return JSON.parse(text) as Answer;
    },
  };
}

function scenario(name: string, run: (asking: Asking, host: StandardHost) => Promise<void>): StandardScenario {
  return { name: `llama.cpp: ${name}`, run: (host) => run(askingOf(host), host) };
}

async function failsWith(response: Response, status: number, type: string): Promise<string> {
  const { error } = (await response.json()) as { error: { code: number; message: string; type: string } };
  assert.equal(response.status, status, error.message);
  assert.deepEqual([error.code, error.type], [status, type], error.message);
  return error.message;
}

type Piece = { readonly content: string; readonly stop: false };

async function piecesOf(response: Response): Promise<(Piece | LlamacppAnswer)[]> {
  assert.equal(response.status, 200);
  const text = await response.text();
  return [...text.matchAll(/^data: (.+)$/gmu)].map(([, data]) => JSON.parse(data ?? '') as Piece | LlamacppAnswer);
}

/** As llama.vscode asks at each pause of the person who types (its `createRequestPayload`). */
const gap = {
  input_prefix: 'function add(a, b) {\n',
  input_suffix: '\n}\n',
  input_extra: [{ text: 'export const zero = 0;\n', time: 12, filename: 'numbers.ts' }],
  prompt: '  return ',
  n_predict: 16,
  top_k: 40,
  top_p: 0.99,
  stream: false,
  samplers: ['top_k', 'top_p', 'infill'],
  cache_prompt: true,
  n_indent: 2,
  t_max_prompt_ms: 500,
  t_max_predict_ms: 1000,
};

const gaps: readonly StandardScenario[] = [
  scenario('infill', async ({ post }, { obedient }) => {
    const response = await post('/infill', gap);
    assert.equal(response.status, 200);
    assert.ok(Number(response.headers.get('x-nootropic-tokens-evaluated')) >= 0);
    const answer = (await response.json()) as LlamacppAnswer;
    assert.equal(answer.stop, true);
    assert.equal(answer.tokens_predicted, answer.timings.predicted_n);
    assert.ok(answer.tokens_predicted > 0 && answer.tokens_predicted <= 16);
    // What its status bar shows.
    assert.ok(answer.generation_settings.n_ctx > 0);
    assert.equal(answer.truncated, false);
    assert.ok(answer.tokens_cached > 0);
    for (const value of Object.values(answer.timings)) assert.ok(Number.isFinite(value) && value >= 0);
    assert.equal(answer.timings.prompt_n + answer.timings.cache_n, answer.tokens_evaluated);
    if (obedient) assert.match(answer.content, /^line0;/u);
  }),
  scenario('infill, streamed', async ({ post }) => {
    const pieces = await piecesOf(await post('/infill', { ...gap, stream: true }));
    const last = pieces.at(-1);
    assert.ok(last?.stop === true && pieces.slice(0, -1).every(({ stop }) => !stop));
    assert.equal(last.content, '');
    assert.equal(last.stop_type, 'limit');
    assert.notEqual(pieces.map(({ content }) => content).join(''), '');
  }),
  scenario('infill that only reads', async ({ json }) => {
    const extra = Array.from({ length: 3 }, (_, at) => ({
      text: `const n${at} = ${at};\n`,
      time: at,
      filename: `n${at}.ts`,
    }));
    const answer = await json<LlamacppAnswer>('/infill', {
      input_prefix: '',
      input_suffix: '',
      input_extra: extra,
      prompt: '',
      n_predict: 0,
      samplers: [],
      cache_prompt: true,
      t_max_prompt_ms: 500,
      t_max_predict_ms: 1,
    });
    assert.deepEqual([answer.content, answer.tokens_predicted], ['', 0]);
    assert.ok(answer.tokens_evaluated > 0);
  }),
  scenario('infill, twice', async ({ json }, { obedient }) => {
    await json('/infill', gap);
    const again = await json<LlamacppAnswer>('/infill', gap);
    if (!obedient) assert.ok(again.timings.cache_n > 0);
  }),
  scenario('infill, aborted', async ({ post }, host) => {
    const abort = new AbortController();
    const body = { ...gap, input_prefix: 'slowly ', n_predict: 2000, stream: true, t_max_predict_ms: 0 };
    const response = await post('/infill', body, abort.signal);
    const reader = response.body?.getReader();
    await reader?.read();
    abort.abort();
    await untilIdle(host);
  }),
];

const completions: readonly StandardScenario[] = [
  scenario('completion', async ({ json }, { obedient }) => {
    const answer = await json<LlamacppAnswer>('/completion', {
      prompt: 'The house is',
      n_predict: 8,
      temperature: 0,
      seed: 1,
    });
    assert.equal(answer.tokens_predicted, 8);
    assert.equal(answer.stop_type, 'limit');
    assert.equal(answer.prompt, 'The house is');
    if (obedient) assert.match(answer.content, /^line0;/u);
  }),
  scenario('completion, streamed, with progress', async ({ post }) => {
    const pieces = await piecesOf(
      await post('/completion', { prompt: 'The house is', n_predict: 8, stream: true, return_progress: true }),
    );
    const progress = pieces.flatMap((piece) => ('prompt_progress' in piece ? [piece.prompt_progress] : []));
    assert.ok(progress.length > 0);
    assert.equal(pieces.at(-1)?.stop, true);
  }),
  scenario('completion from tokens', async ({ json }) => {
    const { tokens } = await json<{ tokens: number[] }>('/tokenize', { content: 'The house is' });
    const answer = await json<LlamacppAnswer>('/completion', { prompt: tokens, n_predict: 4 });
    assert.equal(answer.prompt, 'The house is');
  }),
  scenario('completion, stops', async ({ json }) => {
    const ask = { prompt: 'The house is', n_predict: 24, temperature: 0 };
    const { content } = await json<LlamacppAnswer>('/completion', ask);
    const stop = content.trim().slice(4, 7);
    const cut = await json<LlamacppAnswer>('/completion', { ...ask, stop: [stop] });
    assert.deepEqual([cut.stop_type, cut.stopping_word], ['word', stop]);
    assert.ok(!cut.content.includes(stop));
  }),
  scenario('completion that took long enough', async ({ json }, { obedient }) => {
    if (!obedient) return;
    const slow = await json<LlamacppAnswer>('/completion', {
      prompt: 'slowly\n',
      n_predict: 400,
      t_max_predict_ms: 1,
      stop: ['word9'],
    });
    // It has no line end, so it goes on.
    assert.equal(slow.stop_type, 'word');
    const lines = await json<LlamacppAnswer>('/completion', {
      prompt: 'lines, slowly',
      n_predict: 400,
      t_max_predict_ms: 30,
    });
    assert.equal(lines.stop_type, 'limit');
    assert.ok(lines.content.includes('\n') && lines.tokens_predicted < 200);
  }),
];

const others: readonly StandardScenario[] = [
  scenario('tokens and back', async ({ json }, { obedient }) => {
    const content = 'const a = "ä";\n';
    const { tokens } = await json<{ tokens: number[] }>('/tokenize', { content });
    assert.ok(tokens.length > 0 && tokens.every((token) => Number.isInteger(token) && token >= 0));
    assert.equal((await json<{ content: string }>('/detokenize', { tokens })).content, content);
    if (!obedient) {
      const special = '<|im_end|>';
      assert.equal((await json<{ tokens: number[] }>('/tokenize', { content: special })).tokens.length, 1);
      const text = await json<{ tokens: number[] }>('/tokenize', { content: special, parse_special: false });
      assert.ok(text.tokens.length > 1);
    }
    const plain = 'const a = 1;';
    const named = await json<{ tokens: { id: number; piece: string }[] }>('/tokenize', {
      content: plain,
      with_pieces: true,
    });
    assert.equal(named.tokens.map(({ piece }) => piece).join(''), plain);
    assert.deepEqual(await json('/tokenize', { content: '' }), { tokens: [] });
  }),
  scenario('props', async (_asking, { url, token, chat }) => {
    const response = await fetch(`${url}/props`, { headers: { authorization: `Bearer ${token}` } });
    const props = (await response.json()) as Record<string, unknown> & {
      default_generation_settings: { n_ctx: number };
    };
    assert.equal(response.status, 200);
    assert.ok(props.default_generation_settings.n_ctx > 0);
    assert.equal(props['total_slots'], 1);
    assert.equal(props['model_alias'], chat);
    assert.ok(!/[\\/]/u.test(String(props['model_path'])));
    assert.equal(props['chat_template'], undefined);
  }),
  scenario('health', async (_asking, { url }) => {
    const response = await fetch(`${url}/health`);
    assert.deepEqual([response.status, await response.json()], [200, { status: 'ok' }]);
    assert.equal((await fetch(`${url}/props`)).status, 401);
  }),
  ...['/v1/rerank', '/rerank'].map((path) =>
    scenario(`rerank at ${path}`, async ({ json, post }, { reranking }) => {
      const documents = ['unrelated', 'open the session store', { text: 'the store' }];
      const ask = { query: 'open the session', documents };
      if (reranking === undefined) {
        await failsWith(await post(path, ask), 404, 'not_found_error');
        return;
      }
      const all = await json<{ results: { index: number; relevance_score: number }[]; usage: object }>(path, {
        ...ask,
        model: reranking,
      });
      assert.deepEqual(new Set(all.results.map(({ index }) => index)), new Set([0, 1, 2]));
      const scores = all.results.map(({ relevance_score: score }) => score);
      assert.deepEqual(
        scores,
        scores.toSorted((a, b) => b - a),
      );
      assert.equal(all.results[0]?.index, 1);
      const best = await json<{ results: { document?: { text: string } }[] }>(path, {
        ...ask,
        model: reranking,
        top_n: 1,
        return_documents: true,
      });
      assert.deepEqual(
        best.results.map(({ document }) => document?.text),
        ['open the session store'],
      );
    }),
  ),
  scenario('a model that is none', async ({ post }) => {
    const model = 'no-such-model';
    await failsWith(await post('/infill', { ...gap, model }), 404, 'not_found_error');
    await failsWith(await post('/completion', { prompt: 'x', model, stream: true }), 404, 'not_found_error');
    await failsWith(await post('/tokenize', { content: 'x', model }), 404, 'not_found_error');
  }),
  scenario('what does not fit', async ({ post }) => {
    const prompt = 'many words '.repeat(20_000);
    const response = await post('/completion', { prompt, n_predict: 4 });
    const { error } = (await response.clone().json()) as { error: { n_prompt_tokens: number; n_ctx: number } };
    await failsWith(response, 400, 'exceed_context_size_error');
    assert.ok(error.n_prompt_tokens > error.n_ctx && error.n_ctx > 0);
  }),
  scenario('numbers out of their range', async ({ post }) => {
    const wrong = [
      { n_predict: -2 },
      { n_predict: 1.5 },
      { n_discard: -1 },
      { n_keep: -2 },
      { top_k: -1 },
      { top_p: 1.1 },
      { min_p: -0.1 },
      { temperature: -1 },
      { seed: -2 },
      { t_max_predict_ms: -1 },
      { id_slot: -2 },
      { n_probs: 3 },
      { grammar: 'root ::= "a"' },
      { json_schema: {} },
    ];
    for (const part of wrong)
      for (const [path, body] of [
        ['/completion', { prompt: 'x' }],
        ['/infill', gap],
      ] as const) {
        const message = await failsWith(await post(path, { ...body, ...part }), 400, 'invalid_request_error');
        assert.match(message, new RegExp(`^${Object.keys(part).join('')}: `, 'u'));
      }
    await failsWith(await post('/detokenize', { tokens: [-1] }), 400, 'invalid_request_error');
    await failsWith(await post('/detokenize', { tokens: [2_000_000_000] }), 400, 'invalid_request_error');
    await failsWith(await post('/completion', { prompt: [2_000_000_000], n_predict: 1 }), 400, 'invalid_request_error');
    await failsWith(await post('/completion', {}), 400, 'invalid_request_error');
  }),
];

/** What clients of llama.cpp's own server ask of it, one by one. */
export const llamacppScenarios: readonly StandardScenario[] = [...gaps, ...completions, ...others];
