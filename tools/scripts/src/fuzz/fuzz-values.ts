import fc from 'fast-check';

/** The part of JSON Schema that the OpenAPI document uses. */
export interface FuzzSchema {
  readonly type?: string | readonly string[];
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly FuzzSchema[];
  readonly oneOf?: readonly FuzzSchema[];
  readonly allOf?: readonly FuzzSchema[];
  readonly properties?: Readonly<Record<string, FuzzSchema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean | FuzzSchema;
  readonly items?: FuzzSchema;
  readonly prefixItems?: readonly FuzzSchema[];
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly pattern?: string;
  readonly format?: string;
}

/** Values for fields by their names, so that requests get past the first look: what exists, and what does not. */
export type KnownValues = Readonly<Record<string, readonly unknown[]>>;

/** Stands for a value nested this deep, which only the text of a body can hold. */
export const deepMark = '@deep:';

const strange = [
  ...['', ' ', '\u0000', 'a\u0000b', '\ud800', 'x\udfffy', '\u202e\u2066', '\u2028', '\ufeff', 'İ', 'é', '👩‍👩‍👧‍👦'],
  ...['__proto__', 'constructor', 'toString', 'null', 'NaN', '-1', '1e999', 'true', '[]', '{}'],
  ...['%', '%00', '%2e%2e%2f', '../..', '..\\..', '*', '(', '[a-', '(a+)+$', '${x}', '{{input}}', '%s%n'],
  ...[
    '<|im_start|>system',
    '</tool_call>',
    '\r\nx: y',
    '\t',
    '-',
    '--',
    'C:\\x',
    'data:;base64,AA==',
    'http://127.0.0.1:1/',
  ],
];

const words: fc.Arbitrary<string> = fc.oneof(
  { weight: 6, arbitrary: fc.string({ maxLength: 20 }) },
  { weight: 2, arbitrary: fc.string({ unit: 'grapheme', maxLength: 20 }) },
  { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 20 }) },
  { weight: 2, arbitrary: fc.constantFrom(...strange) },
);

const anything: fc.Arbitrary<unknown> = fc.oneof(
  { weight: 3, arbitrary: words },
  {
    weight: 2,
    arbitrary: fc.constantFrom<unknown>(null, true, false, 0, -1, 1, 0.5, 2 ** 53, -(2 ** 63), 1e308, -1e308),
  },
  { weight: 2, arbitrary: fc.constantFrom<unknown>([], {}, [[]], [null], [{}], { '': '' }, { a: { b: [1] } }) },
  { weight: 1, arbitrary: fc.jsonValue({ maxDepth: 3 }) },
);

/** What no schema asks for: wrong types, numbers out of every range, texts too long, what is nested too deep. */
export const wrongValues: fc.Arbitrary<unknown> = fc.oneof(
  { weight: 20, arbitrary: anything },
  { weight: 2, arbitrary: fc.integer({ min: 10, max: 60 }).map((depth) => `${deepMark}${depth}`) },
  { weight: 1, arbitrary: fc.integer({ min: 61, max: 100_000 }).map((depth) => `${deepMark}${depth}`) },
  { weight: 2, arbitrary: fc.integer({ min: 1000, max: 100_000 }).map((length) => 'x'.repeat(length)) },
  { weight: 1, arbitrary: fc.integer({ min: 1000, max: 50_000 }).map((length) => '\u0000'.repeat(length)) },
);

/** Values that meet a schema, as far as its patterns allow. */
export function valuesOf(schema: FuzzSchema, known: KnownValues, name = ''): fc.Arbitrary<unknown> {
  const given = known[name];
  const made = byForm(schema, known, name);
  if (given === undefined) return made;
  return fc.oneof({ weight: 4, arbitrary: fc.constantFrom(...given) }, { weight: 1, arbitrary: made });
}

function byForm(schema: FuzzSchema, known: KnownValues, name: string): fc.Arbitrary<unknown> {
  if ('const' in schema) return fc.constant(schema.const);
  if (schema.enum) return fc.constantFrom(...schema.enum);
  const several = schema.anyOf ?? schema.oneOf;
  if (several) return fc.oneof(...several.map((each) => valuesOf(each, known, name)));
  if (schema.allOf?.[0]) return valuesOf(schema.allOf[0], known, name);
  const { type } = schema;
  if (typeof type === 'object') return fc.oneof(...type.map((each) => byForm({ ...schema, type: each }, known, name)));
  switch (type) {
    case 'object':
      return objectsOf(schema, known);
    case 'array':
      return arraysOf(schema, known, name);
    case 'string':
      return stringsOf(schema);
    case 'integer':
      return fc.integer(rangeOf(schema));
    case 'number':
      return fc.double({ ...rangeOf(schema), noNaN: true });
    case 'boolean':
      return fc.boolean();
    case 'null':
      return fc.constant(null);
    default:
      return anything;
  }
}

function objectsOf(schema: FuzzSchema, known: KnownValues): fc.Arbitrary<unknown> {
  const { properties = {}, required = [], additionalProperties } = schema;
  const record = fc.record(
    Object.fromEntries(Object.entries(properties).map(([key, each]) => [key, valuesOf(each, known, key)])),
    { requiredKeys: required.filter((key) => key in properties) },
  );
  if (typeof additionalProperties !== 'object') return record;
  const more = fc.dictionary(fc.string({ maxLength: 10 }), valuesOf(additionalProperties, known), { maxKeys: 3 });
  return fc.tuple(more, record).map(([extra, own]) => ({ ...extra, ...own }));
}

function arraysOf(schema: FuzzSchema, known: KnownValues, name: string): fc.Arbitrary<unknown> {
  if (schema.prefixItems) return fc.tuple(...schema.prefixItems.map((each) => valuesOf(each, known, name)));
  const { minItems = 0, maxItems = 4 } = schema;
  const item = schema.items === undefined ? anything : valuesOf(schema.items, known, name);
  return fc.array(item, { minLength: minItems, maxLength: Math.max(minItems, Math.min(maxItems, 4)) });
}

function stringsOf({ minLength = 0, maxLength, format, pattern }: FuzzSchema): fc.Arbitrary<string> {
  if (format === 'uuid') return fc.uuid();
  if (format === 'uri') return fc.constantFrom('http://127.0.0.1:9/', 'https://example.invalid/x');
  if (pattern !== undefined) return fc.stringMatching(/^[a-z][a-z0-9]{0,15}$/u);
  const padded = words.map((text) => (text.length < minLength ? text + 'a'.repeat(minLength - text.length) : text));
  return maxLength === undefined ? padded : padded.map((text) => text.slice(0, maxLength));
}

function rangeOf({ minimum, maximum, exclusiveMinimum }: FuzzSchema): { min: number; max: number } {
  const min = minimum ?? exclusiveMinimum ?? -100;
  // What is allowed and large costs time and shows little: mostly small numbers, and the edges.
  return { min: Math.max(min, -1_000_000), max: Math.max(min, Math.min(maximum ?? 1000, 1_000_000)) };
}

/** A value with one part of it made wrong: replaced, left out, or with something beside it. */
export function spoiled(
  value: unknown,
  { at, how, by }: { readonly at: number; readonly how: number; readonly by: unknown },
): unknown {
  const places: { readonly owner: Record<string, unknown>; readonly key: string }[] = [];
  const copy = { root: structuredClone(value) } as Record<string, unknown>;
  const walk = (owner: Record<string, unknown>, key: string): void => {
    places.push({ owner, key });
    const inner = owner[key];
    if (typeof inner === 'object' && inner !== null)
      for (const each of Object.keys(inner)) walk(inner as Record<string, unknown>, each);
  };
  walk(copy, 'root');
  const place = places[at % places.length];
  if (place === undefined) return value;
  const { owner, key } = place;
  if (how % 4 === 0 && key !== 'root' && !Array.isArray(owner)) Reflect.deleteProperty(owner, key);
  else if (how % 4 === 1 && isPlain(owner[key])) (owner[key] as Record<string, unknown>)[`x${how}`] = by;
  else owner[key] = by;
  return copy['root'];
}

function isPlain(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** JSON in which the marks of deep values are those values. */
export function jsonWithDepths(value: unknown): string {
  const text = JSON.stringify(value) ?? 'null';
  return text.replaceAll(new RegExp(`"${deepMark}(\\d+)"`, 'gu'), (_all, digits: string) => {
    const depth = Number(digits);
    return depth % 2 === 0 ? '['.repeat(depth) + ']'.repeat(depth) : `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`;
  });
}
