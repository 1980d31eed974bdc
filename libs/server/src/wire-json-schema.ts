import type { ToolSpec } from '@nootropic/contracts';

type Schema = Readonly<Record<string, unknown>>;

/** Any JSON object. */
export const anyObjectSchema: Schema = {
  type: 'object',
  additionalProperties: { $ref: '#/$defs/value' },
  $defs: {
    value: {
      oneOf: [
        { type: ['string', 'number', 'boolean', 'null'] },
        { type: 'array', items: { $ref: '#/$defs/value' } },
        { type: 'object', additionalProperties: { $ref: '#/$defs/value' } },
      ],
    },
  },
};

/** Words that say what a grammar can enforce while a model writes. */
const enforced: ReadonlySet<string> = new Set([
  'type',
  'const',
  'enum',
  'required',
  'minProperties',
  'maxProperties',
  'minItems',
  'maxItems',
  'minLength',
  'maxLength',
  'format',
  '$ref',
  'title',
  'description',
]);
const several: ReadonlySet<string> = new Set(['anyOf', 'oneOf', 'prefixItems']);
const named: ReadonlySet<string> = new Set(['properties', '$defs', 'definitions']);

/** The part of a schema that can be enforced while a model writes: other words are left out, and what has no type left is a plain value. */
export function enforcibleSchema(schema: Schema): Schema {
  const kept: Record<string, unknown> = {};
  for (const [word, value] of Object.entries(schema)) {
    if (enforced.has(word)) kept[word] = value;
    else if (several.has(word) && Array.isArray(value)) kept[word] = value.map(enforciblePart);
    else if (named.has(word) && isSchema(value)) kept[word] = mapped(value, enforciblePart);
    else if (word === 'items' || (word === 'additionalProperties' && typeof value !== 'boolean'))
      kept[word] = enforciblePart(value);
    else if (word === 'additionalProperties') kept[word] = value;
  }
  if (['type', 'const', 'enum', 'oneOf', 'anyOf', '$ref', 'properties', 'items'].some((word) => word in kept))
    return kept;
  return { ...kept, type: ['string', 'number', 'boolean', 'null'] };
}

function enforciblePart(value: unknown): Schema {
  return enforcibleSchema(isSchema(value) ? value : {});
}

/** The schema of a call of one of the tools, written as `{ "name": …, "arguments": … }`. Of the arguments those that are not required may be null. */
export function callSchema(tools: readonly ToolSpec[]): Schema {
  const definitions: Record<string, unknown> = {};
  const calls = tools.map(({ name, parameters }, index) => {
    const prefix = `tool${index}-`;
    const { $defs, definitions: older, ...own } = enforcibleSchema({ type: 'object', ...parameters });
    for (const part of [older, $defs])
      if (isSchema(part))
        for (const [key, value] of Object.entries(part)) definitions[`${prefix}${key}`] = moved(value, prefix);
    return {
      type: 'object',
      properties: { name: { const: name }, arguments: moved(nullable(own), prefix) },
      required: ['name', 'arguments'],
      additionalProperties: false,
    };
  });
  return {
    ...(calls.length === 1 ? calls[0] : { oneOf: calls }),
    ...(Object.keys(definitions).length > 0 && { $defs: definitions }),
  };
}

function nullable(schema: Schema): Schema {
  const properties = isSchema(schema['properties']) ? schema['properties'] : {};
  const required: readonly unknown[] = Array.isArray(schema['required']) ? schema['required'] : [];
  return {
    ...schema,
    properties: Object.fromEntries(
      Object.entries(properties).map(([name, value]) => [
        name,
        required.includes(name) ? value : { oneOf: [value, { type: 'null' }] },
      ]),
    ),
  };
}

/** References to definitions, which now lie at the root of another schema under names of their own. */
function moved(value: unknown, prefix: string): unknown {
  if (Array.isArray(value)) return value.map((part) => moved(part, prefix));
  if (!isSchema(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([word, part]) => [
      word,
      word === '$ref' && typeof part === 'string'
        ? part.replace(/^#\/(?:\$defs|definitions)\//u, `#/$defs/${prefix}`)
        : moved(part, prefix),
    ]),
  );
}

function mapped(values: Schema, map: (value: unknown) => unknown): Schema {
  return Object.fromEntries(Object.entries(values).map(([key, value]) => [key, map(value)]));
}

function isSchema(value: unknown): value is Schema {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
