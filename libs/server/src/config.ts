import { mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { configSchema, NootropicError, type Config, type ConfigInput, type ConfigLayer } from '@nootropic/contracts';
import { applyEdits, modify, parse, printParseErrorCode, type ParseError } from 'jsonc-parser';
import { z } from 'zod';

/** One setting as the schema declares it. */
export interface Setting {
  /** The dotted path: `models.chat`. */
  readonly key: string;
  /** `NOOTROPIC_MODELS_CHAT`. */
  readonly variable: string;
  readonly description: string;
  readonly type: string;
  readonly choices?: readonly string[];
  readonly default?: unknown;
  /** JSON Schema of its value: what it may be, with its default. */
  readonly schema: Readonly<Record<string, unknown>>;
}

interface JsonSchema {
  readonly type?: string;
  readonly description?: string;
  readonly enum?: readonly string[];
  readonly default?: unknown;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
}

/** Every setting there is, in the order of the schema. */
export function listSettings(): Setting[] {
  const settings: Setting[] = [];
  const walk = (schema: JsonSchema, path: readonly string[]) => {
    for (const [name, child] of Object.entries(schema.properties ?? {})) {
      const next = [...path, name];
      if (child.properties) walk(child, next);
      else {
        settings.push({
          key: next.join('.'),
          variable: `NOOTROPIC_${next.map((part) => part.replace(/([a-z])([A-Z])/gu, '$1_$2').toUpperCase()).join('_')}`,
          description: child.description ?? '',
          type: child.type ?? 'string',
          ...(child.enum && { choices: child.enum }),
          ...(child.default !== undefined && { default: child.default }),
          schema: formOf(child),
        });
      }
    }
  };
  walk(z.toJSONSchema(configSchema, { io: 'input' }) as JsonSchema, []);
  return settings;
}

/** Without the words, which are given beside it, and without bounds that every whole number keeps. */
function formOf({ description: _description, ...schema }: JsonSchema): Record<string, unknown> {
  const bounds: readonly unknown[] = [Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER];
  return Object.fromEntries(
    Object.entries(schema)
      .filter(([name, value]) => !(['minimum', 'maximum'].includes(name) && bounds.includes(value)))
      .map(([name, value]) => [name, name === 'items' ? formOf(value as JsonSchema) : value]),
  );
}

export interface LoadedConfig {
  readonly config: Config;
  /** What each layer says, lowest first. */
  readonly layers: readonly { readonly layer: ConfigLayer; readonly values: ReadonlyMap<string, unknown> }[];
}

/** Reads all layers and checks the result. Rejects with `CONFIG_INVALID` or `CONFIG_UNREADABLE`; the message names the key and the layer. */
export async function loadConfig(
  file: string,
  env: NodeJS.ProcessEnv = process.env,
  flags: ConfigInput = {},
): Promise<LoadedConfig> {
  const settings = listSettings();
  const known = new Set(settings.map((setting) => setting.key));
  const user = flatten(parseFile(await readConfigFile(file), file), known);
  for (const key of user.keys()) {
    if (!known.has(key))
      throw new NootropicError('CONFIG_INVALID', `There is no setting "${key}", which ${file} sets.`, {
        hint: `Remove it from ${file}; \`nootropic config explain\` lists all settings.`,
      });
  }
  const environment = new Map<string, unknown>();
  for (const setting of settings) {
    const value = env[setting.variable];
    if (value !== undefined && value !== '') environment.set(setting.key, fromText(setting, value));
  }
  const defaults = new Map(
    settings.filter((setting) => setting.default !== undefined).map((setting) => [setting.key, setting.default]),
  );
  const layers = [
    { layer: 'default', values: defaults },
    { layer: 'user', values: user },
    { layer: 'environment', values: environment },
    { layer: 'flag', values: flatten(flags, known) },
  ] as const;
  const merged = new Map(layers.flatMap(({ values }) => [...values]));
  const parsed = configSchema.safeParse(unflatten(merged));
  if (parsed.success) return { config: parsed.data, layers };
  const issue = parsed.error.issues[0];
  const key = issue?.path.join('.') ?? '';
  const from = layers.findLast(({ values }) => values.has(key));
  throw new NootropicError(
    'CONFIG_INVALID',
    `${key}: ${issue?.message ?? 'not allowed'} (set by the ${from?.layer ?? 'user'} layer).`,
  );
}

export interface ExplainedSetting extends Setting {
  readonly value: unknown;
  /** The layer that won. */
  readonly layer: ConfigLayer | 'unset';
  readonly layers: readonly { readonly layer: ConfigLayer; readonly value: unknown }[];
}

/** A setting, its value, and which layer it comes from. Throws `CONFIG_INVALID` for a key that does not exist. */
export function explainSetting(loaded: LoadedConfig, key: string, settings = listSettings()): ExplainedSetting {
  const setting = findSetting(key, settings);
  const layers = loaded.layers
    .filter(({ values }) => values.has(key))
    .map(({ layer, values }) => ({ layer, value: values.get(key) }));
  const winner = layers.at(-1);
  return { ...setting, value: winner?.value, layer: winner?.layer ?? 'unset', layers };
}

/**
 * Writes one setting into the user's file, whose comments and order stay, and gives its value. A text is read as the type that the setting has, as a
 * person types it; another value is taken as it is; `undefined` removes the setting. The file is replaced whole, or not at all. Rejects with
 * `CONFIG_INVALID` before anything is written.
 */
export async function writeSetting(file: string, key: string, given: unknown): Promise<unknown> {
  const settings = listSettings();
  const setting = findSetting(key, settings);
  const before = (await readConfigFile(file)) || '{}\n';
  const values = flatten(parseFile(before, file), new Set(settings.map((each) => each.key)));
  const value = typeof given === 'string' ? fromText(setting, given) : given;
  if (value !== undefined) values.set(key, value);
  else if (!values.delete(key)) return undefined;
  const parsed = configSchema.safeParse(unflatten(values));
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    throw new NootropicError('CONFIG_INVALID', `${issue?.path.join('.') ?? key}: ${issue?.message ?? 'not allowed'}.`);
  }
  const edits = modify(before, key.split('.'), value, {
    formattingOptions: { insertSpaces: true, tabSize: 2, eol: '\n' },
  });
  await replaceFile(file, applyEdits(before, edits));
  return value;
}

function findSetting(key: string, settings: readonly Setting[]): Setting {
  const setting = settings.find((candidate) => candidate.key === key);
  if (!setting)
    throw new NootropicError('CONFIG_INVALID', `There is no setting "${key}".`, {
      hint: 'Run `nootropic config explain` for all settings.',
    });
  return setting;
}

/** What a person typed, as the type that the setting has. What does not fit is left as text, for the schema to refuse. */
function fromText(setting: Setting, text: string): unknown {
  if (setting.type === 'integer' || setting.type === 'number')
    return text.trim() !== '' && Number.isFinite(Number(text)) ? Number(text) : text;
  if (setting.type === 'array') return listFrom(text);
  if (setting.type === 'object') return jsonFrom(text);
  if (setting.type === 'boolean') return text === 'true' ? true : text === 'false' ? false : text;
  return text;
}

/** A list as a person types it: parts with commas between, or JSON where a part holds a comma itself. */
function listFrom(text: string): unknown {
  if (!text.trim().startsWith('['))
    return text
      .split(',')
      .map((part) => part.trim())
      .filter((part) => part !== '');
  return jsonFrom(text);
}

function jsonFrom(text: string): unknown {
  const errors: ParseError[] = [];
  const value: unknown = parse(text, errors, { allowTrailingComma: true });
  return errors.length === 0 ? value : text;
}

async function readConfigFile(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return '';
    throw new NootropicError('CONFIG_UNREADABLE', `${file} cannot be read: ${(cause as Error).message}`, { cause });
  }
}

function parseFile(text: string, file: string): Record<string, unknown> {
  if (text.trim() === '') return {};
  const errors: ParseError[] = [];
  const value: unknown = parse(text, errors, { allowTrailingComma: true });
  const [first] = errors;
  if (first) {
    const line = text.slice(0, first.offset).split('\n').length;
    throw new NootropicError('CONFIG_UNREADABLE', `${file}:${line} is not JSON: ${printParseErrorCode(first.error)}.`);
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new NootropicError('CONFIG_UNREADABLE', `${file} does not hold a JSON object.`);
  return value as Record<string, unknown>;
}

/** Values by their dotted path, down to the settings there are: what a setting holds is its own, also where it is an object. */
function flatten(value: object, known: ReadonlySet<string>, path: readonly string[] = []): Map<string, unknown> {
  return new Map(
    Object.entries(value).flatMap(([name, child]: [string, unknown]): [string, unknown][] => {
      if (child === undefined) return [];
      const next = [...path, name];
      return typeof child === 'object' && child !== null && !Array.isArray(child) && !known.has(next.join('.'))
        ? [...flatten(child, known, next)]
        : [[next.join('.'), child]];
    }),
  );
}

function unflatten(values: ReadonlyMap<string, unknown>): Record<string, unknown> {
  const root: Record<string, unknown> = {};
  for (const [key, value] of values) {
    const parts = key.split('.');
    const last = parts.pop() ?? key;
    let at = root;
    for (const part of parts) at = (at[part] ??= {}) as Record<string, unknown>;
    at[last] = value;
  }
  return root;
}

async function replaceFile(file: string, text: string): Promise<void> {
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  const part = `${file}.${process.pid}.part`;
  try {
    const handle = await open(part, 'w', 0o600);
    try {
      await handle.writeFile(text);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(part, file);
  } catch (cause) {
    await rm(part, { force: true });
    throw NootropicError.from(cause, 'CONFIG_UNREADABLE');
  }
}
