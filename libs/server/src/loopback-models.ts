/** Programs that serve models on this machine, with the port that each takes by default. */
const servers = [
  { name: 'Ollama', port: 11434, path: '/api/tags', kind: 'ollama' },
  { name: 'llama-server', port: 8080, path: '/v1/models', kind: 'openai' },
  { name: 'LM Studio', port: 1234, path: '/v1/models', kind: 'openai' },
  { name: 'vLLM', port: 8000, path: '/v1/models', kind: 'openai' },
  { name: 'Jan', port: 1337, path: '/v1/models', kind: 'openai' },
] as const;

const answerWithinMs = 250;

export interface LoopbackModel {
  readonly server: string;
  readonly ref: string;
}

/** Models that a server on this machine offers now. Asks the usual ports of the loopback, and nothing else; one that does not answer at once is passed over. */
export async function findLoopbackModels(
  fetcher: typeof fetch = fetch,
  signal?: AbortSignal,
): Promise<LoopbackModel[]> {
  const found = await Promise.all(
    servers.map(async ({ name, port, path, kind }): Promise<LoopbackModel[]> => {
      try {
        const limit = AbortSignal.timeout(answerWithinMs);
        const response = await fetcher(`http://127.0.0.1:${port}${path}`, {
          signal: signal ? AbortSignal.any([signal, limit]) : limit,
          redirect: 'error',
        });
        if (!response.ok) return [];
        const names = modelNames(await response.json());
        return names.map((model) => ({
          server: name,
          ref: kind === 'ollama' ? `ollama:${model}` : `openai:${model}@http://127.0.0.1:${port}/v1`,
        }));
      } catch {
        return [];
      }
    }),
  );
  return found.flat();
}

function modelNames(body: unknown): string[] {
  if (typeof body !== 'object' || body === null) return [];
  const list = 'models' in body ? body.models : 'data' in body ? body.data : [];
  if (!Array.isArray(list)) return [];
  return list.flatMap((item: unknown) => {
    if (typeof item !== 'object' || item === null) return [];
    const name = 'name' in item ? item.name : 'id' in item ? item.id : undefined;
    return typeof name === 'string' && name !== '' ? [name] : [];
  });
}

/** The ways to a model that exist on this machine, one line each, best first. */
export async function waysToModel(fetcher: typeof fetch = fetch, signal?: AbortSignal): Promise<string[]> {
  const found = await findLoopbackModels(fetcher, signal);
  return [
    ...found.slice(0, 3).map(({ server, ref }) => `--model ${ref}   (${server} is running on this machine)`),
    '--model file:PATH   (a GGUF file, for this question)',
    'nootropic models import PATH   (a GGUF file, for good)',
    ...(found.length === 0
      ? ['--model ollama:NAME or openai:NAME@URL   (a model server; none was found on this machine)']
      : []),
  ];
}
