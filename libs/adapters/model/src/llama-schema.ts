import { NootropicError } from '@nootropic/contracts';
import type { GbnfJsonSchema } from 'node-llama-cpp';

type Schema = Readonly<Record<string, unknown>>;

/** Words that describe a value without limiting it. */
const remarks: ReadonlySet<string> = new Set([
  'title',
  'description',
  'default',
  'examples',
  'deprecated',
  'readOnly',
  'writeOnly',
  '$schema',
  '$id',
  '$comment',
]);
/** What the library's grammar enforces. A word it does not know it would pass over, or take the value to be `null`. */
const kept: ReadonlySet<string> = new Set([
  'type',
  'const',
  'enum',
  'oneOf',
  'properties',
  'required',
  'additionalProperties',
  'minProperties',
  'maxProperties',
  'items',
  'prefixItems',
  'minItems',
  'maxItems',
  'minLength',
  'maxLength',
  'format',
  '$ref',
  '$defs',
]);
const types: ReadonlySet<unknown> = new Set(['object', 'array', 'string', 'number', 'integer', 'boolean', 'null']);

/**
 * A JSON Schema in the form that the library makes grammars of. `anyOf` becomes `oneOf`, `definitions` becomes `$defs`.
 * With `strict`, what a grammar cannot enforce is refused (`INPUT_INVALID`), so that an answer always meets the whole schema;
 * without, it is left out: who asked checks the values anyway, as with a tool's arguments.
 */
export function toGrammarSchema(schema: Schema, strict: boolean): GbnfJsonSchema {
  const definitions = (schema['$defs'] ?? schema['definitions'] ?? {}) as Schema;
  return convert(schema, { strict, definitions, at: 'schema' }) as GbnfJsonSchema;
}

interface Place {
  readonly strict: boolean;
  readonly definitions: Schema;
  readonly at: string;
}

function convert(given: unknown, place: Place): Schema {
  if (typeof given !== 'object' || given === null || Array.isArray(given)) return anything(place);
  const schema = given as Schema;
  const result: Record<string, unknown> = {};
  for (const [word, value] of Object.entries(schema)) {
    const inner = { ...place, at: `${place.at}.${word}` };
    if (word === 'anyOf' || word === 'oneOf') result['oneOf'] = list(value).map((each) => convert(each, inner));
    else if (word === 'properties') result[word] = convertAll(value, inner);
    else if (word === '$defs' || word === 'definitions') result['$defs'] = convertAll(value, inner);
    else if (word === 'items') result[word] = convert(value, inner);
    else if (word === 'prefixItems') result[word] = list(value).map((each) => convert(each, inner));
    else if (word === 'additionalProperties') result[word] = typeof value === 'boolean' ? value : convert(value, inner);
    else if (word === '$ref') result[word] = reference(value, inner);
    else if ((word === 'const' && !isPlain([value])) || (word === 'enum' && !isPlain(list(value)))) {
      if (place.strict) throw refusal(inner.at, 'has values that cannot be enforced while the model writes');
    } else if (kept.has(word)) result[word] = value;
    else if (place.strict && !remarks.has(word)) throw refusal(inner.at, 'cannot be enforced while the model writes');
  }
  const { type } = result;
  if (type !== undefined && !list(Array.isArray(type) ? type : [type]).every((each) => types.has(each)))
    throw refusal(`${place.at}.type`, 'is no type of JSON');
  if (Array.isArray(type) && type.some((each) => each === 'object' || each === 'array')) return eachType(result, type);
  if (['type', 'const', 'enum', 'oneOf', '$ref'].every((word) => result[word] === undefined)) {
    if (result['properties'] !== undefined) result['type'] = 'object';
    else if (result['items'] !== undefined) result['type'] = 'array';
    else return anything(place);
  }
  return result;
}

/** The library knows several types at once only where none of them has parts. */
function eachType({ $defs, ...schema }: Schema, types: readonly unknown[]): Schema {
  const one = types.length === 1;
  const each = types.map((type) => ({ ...schema, type }));
  return { ...(one ? each[0] : { oneOf: each }), ...($defs !== undefined && { $defs }) };
}

/** Values that a grammar can spell: no objects and lists. */
function isPlain(values: readonly unknown[]): boolean {
  return values.every((each) => typeof each !== 'object' || each === null);
}

function convertAll(value: unknown, place: Place): Schema {
  if (typeof value !== 'object' || value === null) throw refusal(place.at, 'is not an object');
  return Object.fromEntries(
    Object.entries(value).map(([name, each]) => [name, convert(each, { ...place, at: `${place.at}.${name}` })]),
  );
}

function reference(value: unknown, place: Place): string {
  const name = typeof value === 'string' ? /^#\/(?:\$defs|definitions)\/([^/]+)$/.exec(value)?.[1] : undefined;
  if (name === undefined || !Object.hasOwn(place.definitions, name))
    throw refusal(place.at, 'points to nothing in $defs');
  return `#/$defs/${name}`;
}

function anything(place: Place): Schema {
  if (place.strict) throw refusal(place.at, 'does not say of what type the value is');
  return { type: ['string', 'number', 'boolean', 'null'] };
}

function list(value: unknown): unknown[] {
  return Array.isArray(value) ? (value as unknown[]) : [];
}

function refusal(at: string, why: string): NootropicError {
  return new NootropicError('INPUT_INVALID', `The JSON Schema cannot be used: ${at} ${why}.`);
}
