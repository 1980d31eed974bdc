import type { ToolSpec } from '@nootropic/contracts';
import type { RawCall } from './dialect-call.ts';
import { isRecord, readJson } from './dialect-json.ts';
import { argumentGroups, bodyNames, plainName, toolAliases } from './dialect-names.ts';
import { fitValue } from './dialect-values.ts';

export interface MappedCall {
  readonly name: string;
  readonly arguments: Record<string, unknown>;
}

export interface CallMapper {
  /** The tool that a name means. @param exact Whether other names than its own, in any spelling, are left out. Default false. */
  toolOf(name: string, exact?: boolean): ToolSpec | undefined;
  /** Whether more letters could make this the own name of a tool. */
  mayBecome(beginning: string): boolean;
  /** The parameter of a tool that a name means. */
  parameterOf(tool: ToolSpec, name: string): string | undefined;
  /**
   * The call in the words of its tool. `sure`: whether the model's own marks say that it is a call; then one of an unknown tool is given as it is,
   * so that the model can be told. Otherwise the tool must be known, every required argument there, and most of the arguments its own.
   */
  map(call: RawCall, sure: boolean): MappedCall | undefined;
}

type Properties = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

export function createCallMapper(tools: readonly ToolSpec[]): CallMapper {
  const exact = new Map(tools.map((tool) => [plainName(tool.name), tool]));
  const aliases = new Map<string, ToolSpec>();
  for (const [name, others] of Object.entries(toolAliases)) {
    const tool = exact.get(plainName(name));
    if (tool) for (const other of others) aliases.set(plainName(other), tool);
  }
  const toolOf = (given: string, isExact = false): ToolSpec | undefined => {
    for (const name of namesIn(given)) {
      const tool = exact.get(name) ?? (isExact ? undefined : aliases.get(name));
      if (tool) return tool;
    }
    return undefined;
  };
  return {
    toolOf,
    mayBecome: (beginning) => {
      const last = plainName(beginning.split(/[.:]|__/u).at(-1) ?? '');
      return last === '' || [...exact.keys()].some((name) => name.startsWith(last) || 'functions'.startsWith(last));
    },
    parameterOf: (tool, name) => parameterOf(propertiesOf(tool), name, new Set()),
    map(call, sure) {
      const tool = toolOf(call.name);
      if (tool === undefined) {
        const name = call.name.replace(/<\|.*$/su, '').trim();
        const given = recordOf(call.arguments);
        return sure && given && /^[\w.:-]{1,80}$/u.test(name) ? { name, arguments: { ...given } } : undefined;
      }
      const args = argumentsOf(call, tool, sure);
      if (args === undefined) return undefined;
      if (!sure && !isConvincing(tool, args)) return undefined;
      return { name: tool.name, arguments: args };
    },
  };
}

/** What a name may mean, the likeliest first: itself, and what stands behind a prefix such as `functions.` or `mcp__files__`. */
function namesIn(given: string): string[] {
  const name = given
    .replace(/<\|.*$/su, '')
    .replace(/:\d+$/u, '')
    .trim();
  const last = name.split(/[.:/]|__/u).at(-1) ?? '';
  const stripped = last.replace(/^(?:tool|func|function|functions)[_-]/iu, '').replace(/[_-](?:tool|function)$/iu, '');
  return [...new Set([name, last, stripped].map(plainName))].filter((each) => each !== '');
}

function propertiesOf(tool: ToolSpec): Properties {
  const properties = tool.parameters['properties'];
  return isRecord(properties) ? (properties as Properties) : {};
}

export function requiredOf(tool: ToolSpec): readonly string[] {
  const required = tool.parameters['required'];
  return Array.isArray(required) ? required.filter((each) => typeof each === 'string') : [];
}

const bodies = Object.values(bodyNames);

/** Every required argument is there, and no more strange ones than known ones; a body is not strange. */
function isConvincing(tool: ToolSpec, args: Readonly<Record<string, unknown>>): boolean {
  const properties = propertiesOf(tool);
  const known = Object.keys(args).filter((key) => Object.hasOwn(properties, key)).length;
  const strange =
    Object.keys(args).length - known - bodies.filter((key) => key in args && !Object.hasOwn(properties, key)).length;
  return requiredOf(tool).every((key) => args[key] !== undefined) && strange <= known;
}

function recordOf(value: unknown): Readonly<Record<string, unknown>> | undefined {
  if (isRecord(value)) return value;
  if (value === null || value === undefined || value === '') return {};
  if (typeof value !== 'string') return undefined;
  const inner = /^\s*["{]/u.test(value) ? readJson(value) : undefined;
  return typeof inner === 'string' ? recordOf(inner) : isRecord(inner) ? inner : undefined;
}

function argumentsOf(call: RawCall, tool: ToolSpec, sure: boolean): Record<string, unknown> | undefined {
  const properties = propertiesOf(tool);
  const required = requiredOf(tool);
  let given = recordOf(call.arguments);
  if (given === undefined) {
    const [first] = required;
    if (first === undefined || typeof call.arguments === 'object') return undefined;
    given = { [first]: call.arguments };
  }
  given = unwrapped(given, properties);
  const args: Record<string, unknown> = {};
  const taken = new Set<string>();
  const strange: [string, unknown][] = [];
  const put = (key: string, value: unknown): void => {
    const fitted = fitValue(value, properties[key] ?? {}, required.includes(key));
    if (fitted === undefined) return;
    args[key] = fitted;
    taken.add(key);
  };
  for (const [key, value] of Object.entries(given)) if (Object.hasOwn(properties, key)) put(key, value);
  for (const [key, value] of Object.entries(given)) {
    if (Object.hasOwn(properties, key)) continue;
    const range = rangeOf(key, value);
    const own = parameterOf(properties, key, taken);
    if (range && 'startLine' in properties && !taken.has('startLine')) {
      put('startLine', range[0]);
      if (range[1] !== undefined && 'endLine' in properties) put('endLine', range[1]);
    } else if (own !== undefined) put(own, value);
    else strange.push([key, value]);
  }
  const free = required.filter((key) => !taken.has(key));
  const inOrder = [...free, ...Object.keys(properties).filter((key) => !taken.has(key) && !free.includes(key))];
  for (const [index, value] of (call.positional ?? []).entries()) {
    const key = inOrder[index];
    if (key !== undefined) put(key, value);
  }
  const [missing] = free;
  const [only] = strange;
  // One thing is asked for and one was given: it is that, whatever it is called.
  if (
    sure &&
    missing !== undefined &&
    only &&
    free.length === 1 &&
    strange.length === 1 &&
    typeof only[1] === 'string' &&
    !only[1].includes('\n') &&
    !(call.positional ?? []).length
  ) {
    put(missing, only[1]);
    return args;
  }
  for (const [key, value] of strange) {
    const group = argumentGroups.find(
      (names) => names.some((name) => plainName(name) === plainName(key)) && bodyNames[plainName(names[0] ?? '')],
    );
    const body = group && bodyNames[plainName(group[0] ?? '')];
    args[body !== undefined && !(body in args) ? body : key] = value;
  }
  return args;
}

/** Arguments that were put into a schema: `{"type": "object", "properties": {"path": "a"}}`. */
function unwrapped(
  given: Readonly<Record<string, unknown>>,
  properties: Properties,
): Readonly<Record<string, unknown>> {
  for (const key of ['properties', 'arguments', 'parameters', 'args', 'input', 'kwargs']) {
    const inner = given[key];
    if (
      !Object.hasOwn(properties, key) &&
      isRecord(inner) &&
      Object.keys(given).every((each) => each === key || each === 'type' || each === 'required')
    )
      return inner;
  }
  return given;
}

function parameterOf(properties: Properties, given: string, taken: ReadonlySet<string>): string | undefined {
  const plain = plainName(given);
  const free = Object.keys(properties).filter((key) => !taken.has(key));
  const same = free.find((key) => plainName(key) === plain);
  if (same !== undefined) return same;
  for (const group of argumentGroups) {
    const names = group.map(plainName);
    if (!names.includes(plain)) continue;
    for (const name of names) {
      const key = free.find((each) => plainName(each) === name);
      if (key !== undefined) return key;
    }
  }
  return undefined;
}

/** `lines: "10-20"`, `view_range: [10, 20]`. */
function rangeOf(key: string, value: unknown): readonly [number, number | undefined] | undefined {
  if (!/^(?:lines?|line_?range|view_?range|range|line_?numbers?)$/iu.test(key)) return undefined;
  const numbers = Array.isArray(value) ? value.map(Number) : [...String(value).matchAll(/\d+/gu)].map(Number);
  const [from, to] = numbers;
  if (from === undefined || !Number.isInteger(from) || from < 1) return undefined;
  return [from, to !== undefined && Number.isInteger(to) && to >= from ? to : undefined];
}
