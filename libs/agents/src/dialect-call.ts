import { isRecord, readJson } from './dialect-json.ts';

/** A call as a model wrote it, before names and values are those of the tools. */
export interface RawCall {
  readonly name: string;
  readonly arguments: unknown;
  /** Values without names, in order. */
  readonly positional?: readonly unknown[];
}

const nameKeys = [
  'name',
  'tool',
  'tool_name',
  'toolname',
  'function',
  'function_name',
  'functionname',
  'action',
  'recipient_name',
  'method',
];
const argumentKeys = [
  'arguments',
  'args',
  'parameters',
  'params',
  'input',
  'action_input',
  'tool_input',
  'toolinput',
  'tool_args',
  'tool_arguments',
  'function_arguments',
  'kwargs',
];
const wrapperKeys = [
  'function',
  'tool_call',
  'toolcall',
  'function_call',
  'functioncall',
  'call',
  'tool_use',
  'action',
];
const listKeys = ['tool_calls', 'toolcalls', 'function_calls', 'calls', 'tools', 'actions', 'tool_uses'];
const asideKeys = [
  'id',
  'type',
  'index',
  'call_id',
  'tool_call_id',
  'tool_use_id',
  'thought',
  'thoughts',
  'reasoning',
  'explanation',
  'status',
];

const beginnings: ReadonlySet<string> = new Set([
  ...nameKeys,
  ...argumentKeys,
  ...wrapperKeys,
  ...listKeys,
  ...asideKeys,
]);

/** Whether an object whose first key is this may be a call. */
export function mayBeginCall(key: string): boolean {
  return beginnings.has(key.toLowerCase());
}

/**
 * The calls that a value describes, in any of the usual shapes; none where it describes no call.
 * @param isTool Whether a name is that of a tool, for `{"read": {…}}`.
 */
export function callsOfValue(value: unknown, isTool: (name: string) => boolean): readonly RawCall[] {
  if (Array.isArray(value)) {
    const calls = value.map((each) => callsOfValue(each, isTool));
    return calls.every((each) => each.length > 0) ? calls.flat() : [];
  }
  if (typeof value === 'string') return /^\s*[{[]/u.test(value) ? callsOfValue(readJson(value), isTool) : [];
  if (!isRecord(value)) return [];
  const entries = Object.entries(value);
  const find = (keys: readonly string[]) => {
    for (const key of keys) {
      const found = entries.find(([name]) => name.toLowerCase() === key);
      if (found) return found;
    }
    return undefined;
  };
  const list = find(listKeys);
  if (list && Array.isArray(list[1])) return callsOfValue(list[1], isTool);
  const wrapped = find(wrapperKeys);
  if (wrapped && isRecord(wrapped[1])) {
    const inner = callsOfValue(wrapped[1], isTool);
    if (inner.length > 0) return inner;
  }
  const name = entries.find(([key, each]) => nameKeys.includes(key.toLowerCase()) && typeof each === 'string');
  if (name) {
    if (looksLikeSpec(value)) return [];
    const given = find(argumentKeys.filter((key) => key !== name[0].toLowerCase()));
    if (given && (isRecord(given[1]) || typeof given[1] === 'string' || given[1] === null))
      return [{ name: String(name[1]), arguments: given[1] ?? {} }];
    const aside = new Set([...asideKeys, 'description']);
    const rest = entries.filter(([key]) => key !== name[0] && !aside.has(key.toLowerCase()));
    return [{ name: String(name[1]), arguments: Object.fromEntries(rest) }];
  }
  const [only] = entries;
  return entries.length === 1 && only && isTool(only[0]) && isRecord(only[1])
    ? [{ name: only[0], arguments: only[1] }]
    : [];
}

/** A tool as it is described to a model, not called: some models show it again. */
function looksLikeSpec(value: Readonly<Record<string, unknown>>): boolean {
  const parameters = value['parameters'] ?? value['input_schema'];
  if (!isRecord(parameters) || parameters['type'] !== 'object' || !isRecord(parameters['properties'])) return false;
  return Object.values(parameters['properties']).every((each) => isRecord(each) && 'type' in each);
}
