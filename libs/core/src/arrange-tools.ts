import type { ToolSpec } from '@nootropic/contracts';

/**
 * The same tools in one order, so that the beginning of a prompt does not depend on how a program's lists came about: by name, each once,
 * the keywords of their schemas by name. Descriptions stay as they are, and so does the order in which a model is to write arguments:
 * first those that are required, as `required` names them, then the others by name.
 */
export function arrangeTools(tools: readonly ToolSpec[]): readonly ToolSpec[] {
  const sorted = tools
    .map(({ name, description, parameters }) => ({ name, description, parameters: arrangeSchema(parameters) }))
    .sort((a, b) => compare(a.name, b.name));
  const seen = new Set<string>();
  return sorted.filter((tool) => {
    const text = JSON.stringify(tool);
    return !seen.has(text) && seen.add(text);
  });
}

type Json = Readonly<Record<string, unknown>>;

/** Keywords whose value is data: its order is the author's. */
const data = new Set(['enum', 'const', 'default', 'examples', 'required']);
/** Keywords whose value has schemas by names of the author's. */
const maps = new Set(['properties', 'patternProperties', '$defs', 'definitions', 'dependentSchemas']);

function arrangeSchema(schema: Json): Json {
  const keys = Object.keys(schema).sort(compare);
  return Object.fromEntries(
    keys.map((key) => {
      const value = schema[key];
      if (data.has(key)) return [key, value];
      if (maps.has(key) && isObject(value))
        return [key, arrangeMap(value, key === 'properties' ? schema['required'] : [])];
      return [key, arrangeValue(value)];
    }),
  );
}

function arrangeMap(map: Json, required: unknown): Json {
  const first = Array.isArray(required) ? required.filter((name) => typeof name === 'string' && name in map) : [];
  const names = new Set([...(first as string[]), ...Object.keys(map).sort(compare)]);
  return Object.fromEntries([...names].map((name) => [name, arrangeValue(map[name])]));
}

function arrangeValue(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(arrangeValue);
  return isObject(value) ? arrangeSchema(value) : value;
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
