import { isRecord, readJson } from './dialect-json.ts';

type Schema = Readonly<Record<string, unknown>>;

/**
 * A value in the type that its schema asks for, where it plainly means one: `"12"` for 12, `["x"]` for `x`, `"yes"` for true. What does not
 * fit is given as it is: the tool says what is wrong. `undefined`: nothing was given, as with `null` or an empty text for a number.
 */
export function fitValue(value: unknown, schema: Schema, required: boolean): unknown {
  const types = typesOf(schema);
  if (value === null) return types.includes('null') ? null : undefined;
  if (isRecord(value) && !types.includes('object')) {
    const [only] = ['value', 'content', 'text'].filter((key) => key in value);
    if (only !== undefined && Object.keys(value).length <= 2) return fitValue(value[only], schema, required);
  }
  if (typeof value === 'string' && !types.includes('string') && types.length > 0)
    return fitText(value, schema, required);
  for (const type of types) {
    const fitted = fitTo(type, value, schema);
    if (fitted !== undefined) return inEnum(fitted, schema);
  }
  return value;
}

function typesOf(schema: Schema): readonly string[] {
  const { type } = schema;
  if (typeof type === 'string') return [type];
  if (Array.isArray(type)) return type.filter((each) => typeof each === 'string');
  const choices = [schema['anyOf'], schema['oneOf']].find(Array.isArray) as readonly unknown[] | undefined;
  if (choices) return choices.flatMap((choice) => (isRecord(choice) ? typesOf(choice) : []));
  return Array.isArray(schema['enum']) || typeof schema['const'] === 'string' ? ['string'] : [];
}

function fitTo(type: string, value: unknown, schema: Schema): unknown {
  switch (type) {
    case 'string':
      if (typeof value === 'string') return value;
      if (typeof value === 'number' || typeof value === 'boolean') return String(value);
      if (Array.isArray(value)) return textOfList(value);
      return undefined;
    case 'integer':
    case 'number':
      if (typeof value === 'number') return type === 'integer' && Number.isFinite(value) ? Math.trunc(value) : value;
      return Array.isArray(value) && value.length === 1 ? fitTo(type, value[0], schema) : undefined;
    case 'boolean':
      if (typeof value === 'boolean') return value;
      return value === 1 ? true : value === 0 ? false : undefined;
    case 'array': {
      const items = isRecord(schema['items']) ? schema['items'] : {};
      const list: readonly unknown[] = Array.isArray(value) ? value : [value];
      return list.map((each) => fitValue(each, items, true));
    }
    default:
      return undefined;
  }
}

/** `["bash", "-lc", "ls -la"]` is a command, `["npm", "test"]` the words of one. */
function textOfList(list: readonly unknown[]): string | undefined {
  if (!list.every((each) => typeof each === 'string' || typeof each === 'number')) return undefined;
  if (list.length === 3 && /^(?:ba|z|da)?sh$/u.test(String(list[0])) && /^-l?c$/u.test(String(list[1])))
    return String(list[2]);
  return list.length === 0 ? undefined : list.join(' ');
}

function fitText(value: string, schema: Schema, required: boolean): unknown {
  const text = value.trim();
  const types = typesOf(schema);
  if (!required && (text === '' || /^(?:null|none|undefined|nil)$/iu.test(text))) return undefined;
  if (types.includes('integer') || types.includes('number')) {
    const number = Number(/^(?:line\s*|L)?([+-]?\d+(?:\.\d+)?)$/iu.exec(text)?.[1] ?? Number.NaN);
    if (!Number.isNaN(number)) return types.includes('number') || Number.isInteger(number) ? number : value;
  }
  if (types.includes('boolean')) {
    if (/^(?:true|yes|y|1|on)$/iu.test(text)) return true;
    if (/^(?:false|no|n|0|off)$/iu.test(text)) return false;
  }
  if (types.includes('array')) {
    const list = text.startsWith('[') ? readJson(text) : undefined;
    const rows = text.split('\n').map((row) => row.trim());
    return fitTo('array', Array.isArray(list) ? list : rows.filter((row) => row !== ''), schema);
  }
  if (types.includes('object') && text.startsWith('{')) {
    const object = readJson(text);
    if (isRecord(object)) return object;
  }
  return value;
}

/** The value of the enumeration that differs in case only. */
function inEnum(value: unknown, schema: Schema): unknown {
  const choices = schema['enum'];
  if (!Array.isArray(choices) || typeof value !== 'string' || choices.includes(value)) return value;
  const same = choices.find(
    (choice) => typeof choice === 'string' && choice.toLowerCase() === value.trim().toLowerCase(),
  );
  return same ?? value;
}
