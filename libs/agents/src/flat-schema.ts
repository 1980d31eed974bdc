/** Limits that a model has no use for: the call is checked all the same, and grammars made of them grow large or do not compile. */
const unsaid = new Set([
  '$schema',
  'minLength',
  'maxLength',
  'pattern',
  'minimum',
  'maximum',
  'exclusiveMinimum',
  'exclusiveMaximum',
  'minItems',
  'maxItems',
  'default',
]);

/** A tool's JSON Schema as a model is shown it: types, names, enumerations and descriptions, nothing else. */
export function flatSchema(schema: object): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(schema)
      .filter(([key]) => !unsaid.has(key))
      .map(([key, value]) => [key, key === 'properties' ? eachFlat(value as object) : flatValue(value)]),
  );
}

/** Names of properties are never mistaken for limits. */
function eachFlat(properties: object): Record<string, unknown> {
  return Object.fromEntries(Object.entries(properties).map(([name, value]) => [name, flatValue(value)]));
}

function flatValue(value: unknown): unknown {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? flatSchema(value) : value;
}
