/** What is needed of JSON Schema (https://json-schema.org/draft/2020-12) to make a control of it. */
export interface ValueSchema {
  readonly type?: string;
  readonly enum?: readonly unknown[];
  readonly items?: ValueSchema;
  readonly properties?: Readonly<Record<string, ValueSchema>>;
  readonly required?: readonly string[];
  readonly default?: unknown;
  readonly description?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly maxItems?: number;
  readonly pattern?: string;
}

/** How a value is edited. `choices`: any of some words; `lines`: one text to a line; `long`: a text of many lines; `json`: anything else. */
export type ControlKind = 'choice' | 'choices' | 'switch' | 'number' | 'lines' | 'text' | 'long' | 'json';

/** Characters above which a text is given more than one line. */
const longText = 4000;

export function controlOf(schema: ValueSchema): ControlKind {
  if (schema.enum) return 'choice';
  switch (schema.type) {
    case 'boolean':
      return 'switch';
    case 'integer':
    case 'number':
      return 'number';
    case 'array':
      return schema.items?.enum ? 'choices' : schema.items?.type === 'string' ? 'lines' : 'json';
    case 'string':
      return (schema.maxLength ?? 0) > longText ? 'long' : 'text';
    default:
      return 'json';
  }
}

/** A value as its control shows it. Nothing is an empty text. */
export function textOf(value: unknown, kind: ControlKind): string {
  if (value === undefined || value === null) return '';
  if (kind === 'lines' && Array.isArray(value)) return value.join('\n');
  if (kind === 'json') return JSON.stringify(value, null, 2);
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

/** Why a text is no value: `not-a-number`, `not-whole`, `too-small` and so on, with the bound. */
export type ValueFault =
  | { readonly why: 'not-a-number' | 'not-whole' | 'not-json' | 'wrong-form' }
  | { readonly why: 'too-small' | 'too-large' | 'too-long' | 'too-many'; readonly bound: number };

export type ReadValue = { readonly value: unknown } | { readonly fault: ValueFault };

/** What a person wrote, as the value it stands for; an empty text is none at all. What holds of one value alone is checked, the rest is the host's. */
export function valueOf(text: string, schema: ValueSchema): ReadValue {
  const kind = controlOf(schema);
  if (text.trim() === '') return { value: undefined };
  switch (kind) {
    case 'number':
      return numberOf(text.trim(), schema);
    case 'switch':
      return { value: text === 'true' };
    case 'lines':
    case 'choices':
      return listOf(text, schema);
    case 'json':
      return jsonOf(text);
    default:
      return stringOf(text, schema);
  }
}

function numberOf(text: string, { type, minimum, maximum }: ValueSchema): ReadValue {
  const value = Number(text.replaceAll(/[,_\s]/gu, ''));
  if (!Number.isFinite(value)) return { fault: { why: 'not-a-number' } };
  if (type === 'integer' && !Number.isInteger(value)) return { fault: { why: 'not-whole' } };
  if (minimum !== undefined && value < minimum) return { fault: { why: 'too-small', bound: minimum } };
  if (maximum !== undefined && value > maximum) return { fault: { why: 'too-large', bound: maximum } };
  return { value };
}

function listOf(text: string, { maxItems }: ValueSchema): ReadValue {
  const value = text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
  return maxItems !== undefined && value.length > maxItems
    ? { fault: { why: 'too-many', bound: maxItems } }
    : { value };
}

function jsonOf(text: string): ReadValue {
  try {
    return { value: JSON.parse(text) as unknown };
  } catch {
    return { fault: { why: 'not-json' } };
  }
}

function stringOf(text: string, { enum: choices, maxLength, pattern }: ValueSchema): ReadValue {
  if (choices) return { value: choices.find((choice) => String(choice) === text) };
  if (maxLength !== undefined && text.length > maxLength) return { fault: { why: 'too-long', bound: maxLength } };
  if (pattern !== undefined && !new RegExp(pattern, 'u').test(text)) return { fault: { why: 'wrong-form' } };
  return { value: text };
}

/** `maxTokens` as a person reads it: `Max tokens`. */
export function titleOfKey(key: string): string {
  const words = key.replaceAll(/([a-z0-9])([A-Z])/gu, '$1 $2').toLowerCase();
  return words.charAt(0).toUpperCase() + words.slice(1);
}
