import { NootropicError, type Assistant } from '@nootropic/contracts';
import type { Cli } from './cli.ts';
import { nearestName } from './nearest-name.ts';

/** What to do where nothing is installed. It stands in every empty table of models. */
export const howToGetOne = 'nootropic models recommend';

/**
 * Does something with a model that a person named. Where there is no such model, the error says which one was probably meant,
 * or which there are, or how to get one.
 */
export async function withModelNamed<T>(
  { cli, assistant }: { cli: Cli; assistant: Assistant },
  name: string,
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    const error = NootropicError.from(cause);
    // A reference of a registry or a file is not a name that could be near another.
    const named = (error.code === 'MODEL_NOT_FOUND' || error.code === 'MODEL_REF_INVALID') && !name.includes(':');
    if (!named || cli.signal.aborted) throw error;
    const names = await installedNames(cli, assistant).catch(() => undefined);
    if (names === undefined) throw error;
    throw new NootropicError(error.code, error.message, { cause, hint: hintFor(name, names) });
  }
}

/** The names of the models that were imported or pulled. */
export async function installedNames(cli: Cli, assistant: Assistant): Promise<string[]> {
  const { stored } = await assistant.models.list(undefined, { signal: cli.signal });
  return stored.map((model) => model.name);
}

/** What to type instead of a name that does not exist. */
export function hintFor(name: string, names: readonly string[]): string {
  if (names.length === 0) return `No model is installed: \`${howToGetOne}\`.`;
  const near = nearestName(name, names);
  if (near !== undefined) return `Did you mean ${near}?`;
  const some = names.slice(0, 8).join(', ');
  return `There ${names.length === 1 ? 'is' : 'are'}: ${some}${names.length > 8 ? ' and others, see `nootropic models list`' : ''}.`;
}
