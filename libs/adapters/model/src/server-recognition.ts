import { NootropicError, type ModelAbility } from '@nootropic/contracts';
import type { ServerConnection } from './server-connection.ts';
import { serverFailure } from './server-errors.ts';
import {
  fields,
  positive,
  serverProfiles,
  type AskServer,
  type ServerModelEntry,
  type ServerProfile,
} from './server-profiles.ts';
import { watchCall } from './server-watch.ts';

export type ServerWatch = Omit<Parameters<typeof watchCall>[0], 'open'>;

/** What a server shows of itself before a model of it is used. */
export interface RecognisedServer {
  readonly profile: ServerProfile;
  readonly entries: readonly ServerModelEntry[];
  readonly ask: AskServer;
}

/** A question that only tells servers apart may not hold up a load for long. */
const questionMs = 3_000;

/**
 * Finds out what kind of server it is: by the owner of its models, by its `server` header, and at last by routes that only one kind has.
 * Rejects with what the list of models rejects with; a server without a list counts as one of no known kind.
 */
export async function recogniseServer(connection: ServerConnection, watch: ServerWatch): Promise<RecognisedServer> {
  const { url } = connection;
  let server = '';
  const entries = await listEntries(connection, watch, (headers) => (server = headers.get('server') ?? ''));
  const root = url.replace(/\/v\d+$/, '');
  const ask: AskServer = async (path) => {
    try {
      return await watchCall<unknown>({
        ...watch,
        open: (signal) =>
          connection.json(`${root}${path}`, { signal: AbortSignal.any([signal, AbortSignal.timeout(questionMs)]) }),
      });
    } catch (error) {
      // What has no such route is another server, or an older one; only a caller who left is not to wait for more.
      if (NootropicError.is(error) && error.code === 'ABORTED' && watch.signals.some((each) => each?.aborted === true))
        throw error;
      return undefined;
    }
  };
  return { profile: await profileOf({ url, server, entries, ask }), entries, ask };
}

async function profileOf(seen: {
  readonly url: string;
  readonly server: string;
  readonly entries: readonly ServerModelEntry[];
  readonly ask: AskServer;
}): Promise<ServerProfile> {
  const named = (kind: ServerProfile['kind']) =>
    serverProfiles.find((profile) => profile.kind === kind) as ServerProfile;
  const known = serverProfiles.find(
    ({ owners, server }) =>
      seen.entries.some(({ owned_by }) => typeof owned_by === 'string' && owners.includes(owned_by)) ||
      (server !== undefined && seen.server.startsWith(server)),
  );
  if (known !== undefined) return known;
  if (new URL(seen.url).hostname === 'api.openai.com') return named('openai');
  // Only a server that does not say whose its models are is asked for more.
  if (seen.entries.some(({ owned_by }) => typeof owned_by === 'string' && owned_by !== '')) return named('other');
  for (const profile of serverProfiles) {
    for (const sign of profile.signs ?? []) if (sign.shows(fields(await seen.ask(sign.path)))) return profile;
  }
  return named('other');
}

async function listEntries(
  connection: ServerConnection,
  watch: ServerWatch,
  onAnswer: (headers: Headers) => void,
): Promise<ServerModelEntry[]> {
  try {
    return await watchCall<ServerModelEntry[]>({
      ...watch,
      open: (signal, onBytes) => readEntries(connection, { signal, onBytes, onAnswer }),
    });
  } catch (error) {
    const failure = serverFailure(error, connection.url);
    // A server may have no list of models and still serve them.
    if (failure.code === 'MODEL_NOT_FOUND' || failure.code === 'MODEL_UNSUPPORTED') return [];
    throw failure;
  }
}

async function readEntries(
  connection: ServerConnection,
  call: {
    readonly signal: AbortSignal;
    readonly onBytes?: () => void;
    readonly onAnswer?: (headers: Headers) => void;
  },
): Promise<ServerModelEntry[]> {
  const answer = fields(await connection.json(`${connection.url}/models`, call));
  const { data } = answer;
  return Array.isArray(data) ? (data as ServerModelEntry[]).filter((one) => typeof fields(one)['id'] === 'string') : [];
}

/** The entry that a name means, and what the server calls it. Throws `MODEL_NOT_FOUND` with the names that there are. */
export function chooseEntry(
  name: string,
  { entries, profile }: RecognisedServer,
  url: string,
): { readonly name: string; readonly entry: ServerModelEntry | undefined } {
  const exact = entries.find((entry) => entry.id === name);
  if (exact !== undefined || entries.length === 0) return { name, entry: exact };
  const only = entries[0];
  // llama-server holds one model and names it by its path: any name means that one.
  if (entries.length === 1 && only !== undefined && profile.kind === 'llama-server')
    return { name: only.id, entry: only };
  const known = entries
    .slice(0, 8)
    .map((entry) => entry.id)
    .join(', ');
  throw new NootropicError(
    'MODEL_NOT_FOUND',
    `${url} has no model ${name}. It has: ${known}${entries.length > 8 ? ', …' : ''}.`,
  );
}

/** What a model can do in any role, and its context; 0 where the server does not say. */
export async function describeEntry(
  server: RecognisedServer,
  entry: ServerModelEntry | undefined,
): Promise<{ readonly can: readonly ModelAbility[]; readonly contextLength: number }> {
  const { profile, ask } = server;
  const details = entry === undefined ? {} : ((await profile.details?.(ask, entry)) ?? {});
  const listed = [
    details.contextLength,
    entry?.meta?.n_ctx,
    entry?.max_model_len,
    entry?.context_length,
    entry?.parameters?.max_seq_len,
    entry?.meta?.n_ctx_train,
  ];
  return {
    can: details.can ?? profile.can,
    contextLength: listed.map(positive).find((value) => value !== undefined) ?? 0,
  };
}
