import { isAbsolute, resolve, sep } from 'node:path';
import type { OpenApiDocument } from '@nootropic/server';
import fc from 'fast-check';
import { jsonWithDepths, spoiled, valuesOf, wrongValues, type FuzzSchema, type KnownValues } from './fuzz-values.ts';

/** What is wrong with a request, if anything. */
export const fuzzKinds = [
  'valid',
  'spoiled',
  'anything',
  'no-json',
  'wrong-type',
  'wrong-method',
  'wrong-path',
  'wrong-key',
  'truncated',
  'half-open',
  'slow',
  'no-http',
] as const;
export type FuzzKind = (typeof fuzzKinds)[number];

export interface FuzzRequest {
  /** Of the operation that it is made from. */
  readonly operation: string;
  readonly kind: FuzzKind;
  readonly method: string;
  /** As it goes over the wire. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
}

export interface FuzzPlace {
  /** A folder of its own, the only one that requests may name. */
  readonly folder: string;
  readonly token: string;
  /** Name of the model. */
  readonly model: string;
}

/** Asked without a key alone: they end the host, or reach out of the folder of the run, into the keychain of the system. */
const spared: ReadonlySet<string> = new Set(['host.stop', 'keys.set', 'keys.remove']);
/** Cost far more than they show: programs are started, trees are read. */
const costly: ReadonlySet<string> = new Set([
  'doctor',
  'execute.run',
  'execute.languages',
  'index.refresh',
  'models.bench',
  'models.recommend',
]);

const shares: Readonly<Record<FuzzKind, number>> = {
  valid: 300,
  spoiled: 350,
  anything: 80,
  'no-json': 60,
  'wrong-type': 40,
  'wrong-method': 50,
  'wrong-path': 60,
  'wrong-key': 30,
  truncated: 12,
  'half-open': 8,
  slow: 5,
  'no-http': 5,
};

interface Operation {
  readonly id: string;
  readonly method: string;
  readonly path: string;
  readonly parameters: readonly {
    readonly name: string;
    readonly in: string;
    readonly schema: FuzzSchema;
    readonly required: boolean;
  }[];
  readonly body: FuzzSchema | undefined;
}

/** Requests made from every operation of the document: right ones, nearly right ones, and all kinds of wrong ones. */
export function fuzzRequests(document: OpenApiDocument, place: FuzzPlace): fc.Arbitrary<FuzzRequest> {
  const known = knownValues(place);
  const operations = operationsOf(document);
  return fc.oneof(
    ...operations.map((operation) => ({
      weight: costly.has(operation.id)
        ? 1
        : operation.id.includes('.') && /^(?:openai|anthropic|ollama|llamacpp)\./u.test(operation.id)
          ? 100
          : 30,
      arbitrary: requestsOf(operation, place, known),
    })),
  );
}

function operationsOf(document: OpenApiDocument): readonly Operation[] {
  return Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({
      id: operation.operationId ?? `${method} ${path}`,
      method: method.toUpperCase(),
      path,
      parameters: (operation.parameters ?? []).map(({ name, in: where, schema = {}, required = false }) => ({
        name,
        in: where,
        schema: schema as FuzzSchema,
        required,
      })),
      body: Object.values(operation.requestBody?.content ?? {})[0]?.schema as FuzzSchema | undefined,
    })),
  );
}

function knownValues({ folder, model }: FuzzPlace): KnownValues {
  return {
    workspace: [folder, `${folder}/src`, `${folder}/no-such-folder`],
    model: [model, model, 'default', 'no-such-model', `${model}:latest`],
    path: ['src/a.ts', 'src', `${folder}/src/a.ts`, 'no-such-file'],
    place: [`${folder}/src`],
    sessionId: ['no-such-session'],
    query: ['add', 'a function that adds'],
    symbol: ['add', 'src/a.ts:add'],
    kind: ['completions', 'chain', 'folder', 'note'],
    language: ['javascript'],
    code: ['console.log(1)'],
    // Longer answers show nothing more.
    max_tokens: [1, 2, 8],
    max_completion_tokens: [1, 4],
    max_output_tokens: [1, 4],
    n_predict: [1, 4],
    num_predict: [1, 4],
    n: [1, 2],
    delayMs: [31_536_000_000],
    timeoutMs: [1000],
    cron: ['0 0 1 1 *'],
    limit: [1, 10],
    days: [1],
    prompt: ['hello', ['hello', 'there']],
    input: ['hello', ['hello']],
    url: ['http://127.0.0.1:9/'],
    key: ['log.level', 'no.such.key'],
  };
}

function requestsOf(operation: Operation, place: FuzzPlace, known: KnownValues): fc.Arbitrary<FuzzRequest> {
  const { id, method } = operation;
  const body = operation.body === undefined ? fc.constant(undefined) : valuesOf(operation.body, known);
  const targets = fc.record(
    Object.fromEntries(operation.parameters.map(({ name, schema }) => [name, valuesOf(schema, known, name)])),
    { requiredKeys: operation.parameters.filter(({ required }) => required).map(({ name }) => name) },
  ) as fc.Arbitrary<Record<string, unknown>>;
  const keyed = { authorization: `Bearer ${place.token}`, 'content-type': 'application/json' };
  const kinds = spared.has(id)
    ? fc.constant<FuzzKind>('wrong-key')
    : fc.oneof(...fuzzKinds.map((kind) => ({ weight: shares[kind], arbitrary: fc.constant(kind) })));
  const dice = fc.record({ at: fc.nat(1_000_000), how: fc.nat(1_000_000), by: wrongValues });
  return fc.tuple(kinds, body, targets, dice).map(([kind, given, values, die]): FuzzRequest => {
    const clean = (value: unknown): unknown => harmless(value, place.folder);
    const spoils = kind === 'spoiled';
    const target = spoils && given === undefined ? (spoiled(values, die) as Record<string, unknown>) : values;
    const path = targetOf(operation, clean(target));
    const whole = given === undefined ? undefined : jsonWithDepths(clean(spoils ? spoiled(given, die) : given));
    const request = { operation: id, kind, method, path, headers: keyed, ...(whole !== undefined && { body: whole }) };
    switch (kind) {
      case 'anything':
        return { ...request, body: jsonWithDepths(clean(die.by)) };
      case 'no-json':
        return { ...request, body: notJson(whole ?? '{}', die) };
      case 'wrong-type':
        return { ...request, headers: { ...keyed, ...wrongTypes[die.at % wrongTypes.length] }, body: whole ?? '{}' };
      case 'wrong-method':
        return { ...request, method: methods[die.at % methods.length] ?? 'PUT' };
      case 'wrong-path':
        return { ...request, path: wrongPath(path, die) };
      case 'wrong-key':
        return { ...request, headers: wrongKeys[die.at % wrongKeys.length] ?? {} };
      case 'truncated':
      case 'half-open':
      case 'slow':
        return { ...request, body: whole ?? '{"a":1}' };
      default:
        return request;
    }
  });
}

/** No text that could name anything outside of the folder of the run, or a command: what is fuzzed is a real host. */
function harmless(value: unknown, folder: string): unknown {
  if (typeof value === 'string') return harmlessText(value, folder);
  if (Array.isArray(value)) return value.map((part) => harmless(part, folder));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, part]) => [key, isLong(key, part) ? 4 : harmless(part, folder)]),
  );
}

/** A hundred answers to one request are right, and take a hundred times as long. */
function isLong(key: string, value: unknown): boolean {
  return key === 'n' && typeof value === 'number' && value > 4 && value <= 128;
}

function harmlessText(text: string, folder: string): string {
  if (/^\s*[!~]/u.test(text)) return text.replace(/[!~]/u, 'x');
  const path = text.replace(/^(?:file:|hf:|ollama:|openai:)+(?:\/\/)?/u, '');
  const outside =
    (isAbsolute(path) || path.includes('..')) && !`${resolve(folder, path)}${sep}`.startsWith(`${folder}${sep}`);
  return outside ? `${folder}/outside` : text;
}

function targetOf({ path, parameters, method, body }: Operation, given: unknown): string {
  const values = typeof given === 'object' && given !== null ? (given as Record<string, unknown>) : {};
  const filled = path.replaceAll(/\{(?<name>[^}]+)\}/gu, (_all, name: string) => encoded(values[name] ?? 'x') || 'x');
  const inQuery = parameters.filter((parameter) => parameter.in === 'query');
  if (inQuery.length === 0 && (body !== undefined || method === 'POST')) return filled;
  const pairs = inQuery
    .filter(({ name }) => values[name] !== undefined)
    .map(({ name }) => `${encodeURIComponent(name)}=${encoded(values[name])}`);
  return pairs.length === 0 ? filled : `${filled}?${pairs.join('&')}`;
}

function encoded(value: unknown): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return encodeURIComponent((text ?? '').toWellFormed().slice(0, 4000));
}

const methods = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS', 'TRACE', 'PROPFIND', 'PURGE'];

const wrongTypes: readonly Readonly<Record<string, string>>[] = [
  { 'content-type': 'text/plain' },
  { 'content-type': 'application/x-www-form-urlencoded' },
  { 'content-type': 'multipart/form-data; boundary=x' },
  { 'content-type': '' },
  { 'content-type': 'application/json; charset=utf-16' },
  { 'content-type': 'application/jsonx' },
  { 'content-encoding': 'gzip' },
  { 'content-encoding': 'br' },
  { accept: 'image/png' },
  { expect: '100-continue' },
  { 'x-nootropic-class': 'no-such-class' },
  { 'x-nootropic-session': 'x'.repeat(5000) },
  { cookie: 'a=b; '.repeat(500) },
  { range: 'bytes=0-1' },
  { 'anthropic-version': '2023-06-01' },
];

const wrongKeys: readonly Readonly<Record<string, string>>[] = [
  {},
  { authorization: 'Bearer' },
  { authorization: 'Bearer ' },
  { authorization: 'Basic eDp5' },
  { authorization: `Bearer ${'x'.repeat(64)}`, 'content-type': 'application/json' },
  { authorization: `Bearer ${'x'.repeat(10_000)}` },
  { 'x-api-key': '\u00ff\u00fe' },
  { cookie: 'nootropic=x' },
];

type Die = { readonly at: number; readonly how: number };

function notJson(text: string, { at, how }: Die): string | Uint8Array {
  const cut = text.slice(0, at % Math.max(1, text.length));
  const choices: readonly (() => string | Uint8Array)[] = [
    () => cut,
    () => `${text}}`,
    () => `${cut}\u0000${text}`,
    () => `\ufeff${text}`,
    () => new Uint8Array([0xff, 0xfe, ...Buffer.from(text.slice(0, 50), 'utf16le')]),
    () => new Uint8Array([...Buffer.from(cut), 0xc3, 0x28, 0xff]),
    () => "{'a': 1}",
    () => '{"a": 1,}',
    () => '{"a": 01}',
    () => '{"model": NaN}',
    () => '',
    () => '[[[[',
    () => `{"__proto__": {"x": 1}, "constructor": ${text}}`,
    () => `{"\\u005f_proto__": {"x": 1}}`,
    () => `{"messages": [], "messages": ${text}}`,
    () => `${'{"a":'.repeat(1 + (at % 100_000))}`,
  ];
  return choices[how % choices.length]?.() ?? '';
}

function wrongPath(path: string, { at, how }: Die): string {
  const cut = 1 + (at % Math.max(1, path.length));
  const choices: readonly (() => string)[] = [
    () => `/${path}`,
    () => `${path}/`,
    () => `${path}/..`,
    () => `/../..${path}`,
    () => `${path.slice(0, cut)}%2e%2e%2f${path.slice(cut)}`,
    () => `${path.slice(0, cut)}%00${path.slice(cut)}`,
    () => `${path.slice(0, cut)}%${path.slice(cut)}`,
    () => `${path.slice(0, cut)}%ff%fe${path.slice(cut)}`,
    () => path.toUpperCase(),
    () => `${path}?${'a=b&'.repeat(at % 500)}`,
    () => `${path}?%`,
    () => `${path}#x`,
    () => `${path};x=y`,
    () => `/${'x/'.repeat(at % 2000)}`,
    () => `/${'x'.repeat(at % 15_000)}`,
    () => `${path.slice(0, cut)}\\${path.slice(cut)}`,
    () => `http://127.0.0.1${path}`,
    () => '*',
  ];
  return choices[how % choices.length]?.() ?? '/';
}
