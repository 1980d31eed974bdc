import { stat } from 'node:fs/promises';
import { NootropicError } from '@nootropic/contracts';
import { userModelRef, withAssistant, type Cli } from './cli.ts';
import { hintFor, installedNames, withModelNamed } from './model-names.ts';

/** Settings that name a model. */
export const modelSettings: readonly string[] = [
  'models.chat',
  'models.completion',
  'models.embedding',
  'models.reranking',
  'models.fallback',
];

/** Schemes of servers: whether they have the model is only known when they are asked, and they may be off now. */
const servers = ['ollama', 'openai', 'builtin'];
/** Registries: a model of theirs runs only when it was pulled. */
const registries = ['hf'];

/**
 * The model that a person wrote into a setting, checked: a file must exist, a name must be that of an installed model, of which the whole name
 * is kept, since a start of it may not stay unique. Rejects with `MODEL_NOT_FOUND` or `MODEL_REF_INVALID` and what there is instead.
 */
export async function checkedModelSetting(cli: Cli, text: string): Promise<string> {
  const ref = userModelRef(cli, text.trim());
  if (ref === 'none' || ref.startsWith('needs:')) return ref;
  const scheme = /^([a-z][a-z-]*):/u.exec(ref)?.[1];
  if (scheme === 'file') {
    const found = await stat(ref.slice(5)).catch(() => undefined);
    if (found?.isFile()) return ref;
    throw new NootropicError('MODEL_NOT_FOUND', `There is no file ${ref.slice(5)}.`);
  }
  if (scheme !== undefined && servers.includes(scheme)) return ref;
  if (scheme !== undefined && registries.includes(scheme)) {
    throw new NootropicError('MODEL_REF_INVALID', `${ref} is not on this machine.`, {
      hint: `Get it with \`nootropic models pull ${ref}\`, then name it as \`nootropic models list\` shows it.`,
    });
  }
  try {
    return await (scheme === undefined ? installedName(cli, ref) : ofProvider(cli, ref, scheme));
  } catch (cause) {
    const error = NootropicError.from(cause);
    // Settings that cannot be loaded must not keep anybody from mending them.
    if (error.code !== 'CONFIG_INVALID') throw error;
    await cli.talk(
      `note: whether there is a model "${cli.cleanTalk(ref)}" could not be checked: ${cli.cleanTalk(error.message)}\n`,
    );
    return ref;
  }
}

async function installedName(cli: Cli, name: string): Promise<string> {
  return withAssistant(cli, (assistant) =>
    withModelNamed({ cli, assistant }, name, async () => {
      const names = await installedNames(cli, assistant);
      if (names.includes(name)) return name;
      const starting = names.filter((other) => other.startsWith(name));
      const [only] = starting;
      if (only !== undefined && starting.length === 1) return only;
      throw new NootropicError('MODEL_NOT_FOUND', `There is no installed model "${name}".`, {
        hint: hintFor(name, names),
      });
    }),
  );
}

async function ofProvider(cli: Cli, ref: string, scheme: string): Promise<string> {
  const providers = await withAssistant(cli, (assistant) => assistant.keys.list(undefined, { signal: cli.signal }));
  const provider = providers.find((one) => one.provider === scheme);
  if (provider === undefined) {
    throw new NootropicError('MODEL_REF_INVALID', `"${scheme}:" is neither a kind of model reference nor a provider.`, {
      hint: `There are file:PATH, ollama:NAME, openai:NAME@URL and ${providers.map((one) => `${one.provider}:NAME`).join(', ')}.`,
    });
  }
  if (!provider.enabled)
    await cli.talk(
      `note: ${scheme} may not be used yet: \`nootropic config set providers.enabled ${scheme}\` permits it. What is asked of it leaves this machine.\n`,
    );
  else if (provider.place === 'none')
    await cli.talk(`note: there is no key of ${scheme} yet: \`nootropic keys set ${scheme}\`.\n`);
  return ref;
}
