/** A whole number from 0 up to, not including, `below`. */
export type Draw = (below: number) => number;

type Schema = Readonly<Record<string, unknown>>;

const plainChars = [...'abcXYZ019 _-./:(){}[]<>`,;=|#$&*+?!@^~%é中🙂'];
const escapes = ['\\"', '\\\\', '\\/', '\\b', '\\f', '\\n', '\\r', '\\t', '\\u0041', '\\u00e9'];
/** Texts that a careless reader of calls takes for the end of one. */
const traps = [
  '</tool_call>',
  '```',
  '<tool_call>',
  '}}',
  '<|im_end|>',
  '[TOOL_CALLS]',
  '<think>',
  '\\"}',
  '\\", \\"',
  '// x',
  "'",
];
const longestString = 24;
const mostItems = 4;

/**
 * A random text that the grammar of a JSON Schema produces, in the shape in which node-llama-cpp makes grammars of schemas
 * (https://github.com/withcatai/node-llama-cpp, src/utils/gbnfJson): every property, in the order of the schema; a space or none behind a colon; around
 * brackets and behind commas a space, a line break with the indentation of the level, or nothing.
 */
export function sampleJson(schema: Schema, draw: Draw, level = 0): string {
  const choices = (schema['oneOf'] ?? schema['anyOf']) as readonly Schema[] | undefined;
  if (choices) return sampleJson(pick(choices, draw), draw, level);
  if ('const' in schema) return JSON.stringify(schema['const']);
  const values = schema['enum'];
  if (Array.isArray(values)) return JSON.stringify(pick(values as unknown[], draw));
  const { type } = schema;
  switch (Array.isArray(type) ? pick(type as unknown[], draw) : type) {
    case 'object': {
      const fields = Object.entries((schema['properties'] ?? {}) as Record<string, Schema>).map(
        ([key, value]) => `${JSON.stringify(key)}:${draw(2) === 0 ? ' ' : ''}${sampleJson(value, draw, level + 1)}`,
      );
      return bracketed(fields, { open: '{', close: '}', draw, level });
    }
    case 'array': {
      const items = Array.from({ length: draw(mostItems + 1) }, () =>
        sampleJson((schema['items'] ?? { type: 'string' }) as Schema, draw, level + 1),
      );
      return bracketed(items, { open: '[', close: ']', draw, level });
    }
    case 'string':
      return sampleString(draw);
    case 'integer':
      return sampleNumber(draw);
    case 'number':
      return sampleNumber(draw) + (draw(2) === 0 ? `.${draw(1000)}` : '');
    case 'boolean':
      return draw(2) === 0 ? 'true' : 'false';
    default:
      return 'null';
  }
}

function pick<T>(values: readonly T[], draw: Draw): T {
  return values[draw(values.length)] as T;
}

function bracketed(
  parts: readonly string[],
  {
    open,
    close,
    draw,
    level,
  }: { readonly open: string; readonly close: string; readonly draw: Draw; readonly level: number },
): string {
  const space = (depth: number): string => {
    const shape = draw(4);
    if (shape === 0) return '';
    if (shape === 1) return ' ';
    return `\n${(shape === 2 ? '    ' : '\t').repeat(depth)}`;
  };
  const joined = parts.map((part, index) => (index === 0 ? part : `,${space(level + 1)}${part}`)).join('');
  return `${open}${space(level + 1)}${joined}${space(level)}${close}`;
}

function sampleString(draw: Draw): string {
  let text = '';
  for (let left = draw(longestString); left > 0; left -= 1) {
    const kind = draw(12);
    text += kind === 0 ? pick(escapes, draw) : kind === 1 ? pick(traps, draw) : pick(plainChars, draw);
  }
  return `"${text}"`;
}

function sampleNumber(draw: Draw): string {
  const sign = draw(8) === 0 ? '-' : '';
  return sign + String(draw(3) === 0 ? draw(10) : draw(1_000_000));
}
