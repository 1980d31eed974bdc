import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { NootropicError, type Assistant } from '@nootropic/contracts';

export interface SoakLoadOptions {
  readonly url: string;
  readonly token: string;
  readonly assistant: Assistant;
  readonly random: () => number;
  /** A folder that it makes, fills and changes. */
  readonly workspace: string;
  readonly signal: AbortSignal;
}

export interface SoakLoad {
  prepare(): Promise<void>;
  /** One client, until the signal aborts. */
  run(): Promise<void>;
  /** From now on, for a while, requests may end in an error that says to try again. */
  expectTrouble(): void;
  /** How often each kind of request was served. */
  summary(): string;
  /** What should not have happened. */
  faults(): readonly string[];
}

const fileCount = 60;
const troubleMs = 20_000;
/** What a killed child, or a queue that is full for a moment, ends a request with: it can be tried again. */
const retriable = new Set(['MODEL_CRASHED', 'MODEL_DEGRADED', 'QUEUE_FULL', 'INDEX_UNAVAILABLE', 'STORE_BUSY']);

export function createSoakLoad({ url, token, assistant, random, workspace, signal }: SoakLoadOptions): SoakLoad {
  const served = new Map<string, number>();
  const faults: string[] = [];
  let troubleUntil = 0;
  let version = 0;

  const post = async (path: string, body: unknown, ending: AbortSignal = signal): Promise<Response> => {
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
    const response = await fetch(`${url}${path}`, {
      method: 'POST',
      headers,
      body: JSON.stringify(body),
      signal: ending,
    });
    if (response.ok) return response;
    const text = await response.text();
    const code = [...retriable].find((each) => text.toUpperCase().includes(each));
    throw new NootropicError(code === undefined ? 'INTERNAL' : 'MODEL_CRASHED', `${path}: ${response.status} ${text}`);
  };
  const saveFile = async (file: number): Promise<void> => {
    version += 1;
    const parts = Array.from(
      { length: 30 },
      (_, at) => `/** Part ${at} of ${file}. */\nexport function part${at}of${file}v${version}() {\n  return ${at};\n}`,
    );
    await writeFile(join(workspace, `file-${file}.ts`), `${parts.join('\n\n')}\n`);
  };
  const words = (count: number): string =>
    Array.from({ length: count }, () => `word${Math.floor(random() * 500)}`).join(' ');
  const chat = (stream: boolean) => ({
    messages: [{ role: 'user', content: words(20) }],
    max_tokens: 24,
    stream,
  });

  const kinds: Readonly<Record<string, () => Promise<void>>> = {
    async chat() {
      await (await post('/v1/chat/completions', chat(false))).json();
    },
    async stream() {
      const text = await (await post('/v1/chat/completions', chat(true))).text();
      if (text.includes('"error"')) throw new NootropicError('MODEL_CRASHED', text.slice(-300));
      if (!text.includes('[DONE]')) throw new Error(`a stream without its end: ${text.slice(-200)}`);
    },
    async dropped() {
      const drop = new AbortController();
      const response = await post('/v1/chat/completions', chat(true), AbortSignal.any([signal, drop.signal]));
      await response.body?.getReader().read();
      drop.abort();
    },
    async vectors() {
      await (await post('/v1/embeddings', { model: 'builtin:embedder', input: [words(30), words(5)] })).json();
    },
    async search() {
      await assistant.search({ workspace, query: `part ${Math.floor(random() * 30)}` }, { signal });
    },
    async exact() {
      await assistant.search(
        { workspace, query: `part3of${Math.floor(random() * fileCount)}v`, mode: 'exact' },
        { signal },
      );
    },
    async save() {
      await saveFile(Math.floor(random() * fileCount));
    },
    async turn() {
      const input = { workspace, text: `where is part ${Math.floor(random() * 30)}?` };
      let sessionId = '';
      for await (const event of await assistant.send(input, { signal })) {
        ({ sessionId } = event);
        if (event.type !== 'turn-error') continue;
        const { code, message } = event['error'] as { code: string; message: string };
        throw new NootropicError(retriable.has(code) ? 'MODEL_CRASHED' : 'INTERNAL', `${code}: ${message}`);
      }
      await assistant.sessions.remove({ id: sessionId });
    },
    async look() {
      await assistant.models.ps();
      await assistant.metrics();
      await assistant.host.status();
    },
  };

  return {
    async prepare() {
      await mkdir(workspace);
      for (let file = 0; file < fileCount; file += 1) await saveFile(file);
    },
    async run() {
      const names = Object.keys(kinds);
      while (!signal.aborted) {
        const name = names[Math.floor(random() * names.length)] ?? 'look';
        try {
          await kinds[name]?.();
          served.set(name, (served.get(name) ?? 0) + 1);
        } catch (cause) {
          if (signal.aborted) return;
          const error = NootropicError.from(cause);
          const isExpected = performance.now() < troubleUntil && retriable.has(error.code);
          if (isExpected) served.set('retriable', (served.get('retriable') ?? 0) + 1);
          else faults.push(`${name}: ${error.code} ${error.message.slice(0, 300)}`);
        }
      }
    },
    expectTrouble() {
      troubleUntil = performance.now() + troubleMs;
    },
    summary: () => [...served].map(([name, count]) => `${name} ${count}`).join(', '),
    faults: () => faults,
  };
}
