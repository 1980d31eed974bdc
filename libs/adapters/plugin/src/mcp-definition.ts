import { createHash } from 'node:crypto';
import type { Tool } from '@modelcontextprotocol/client';
import { hasInvisible } from './hidden-text.ts';

/** A tool as its server describes it, and what to think of it. */
export interface McpDefinition {
  /** Its name at the server. */
  readonly tool: string;
  /** The name that agents call it by. */
  readonly name: string;
  readonly description: string;
  readonly parameters: Record<string, unknown>;
  /** SHA-256 of everything that it says of itself, and of which server says so. */
  readonly hash: string;
  /** Why it cannot be approved; empty where it can. */
  readonly refusal: string;
}

/** Characters of a name that models and providers take: https://platform.openai.com/docs/api-reference/chat/create. */
const longestName = 64;
/** Characters of everything that a tool says of itself. What is longer hides something, and fills the room of a model. */
const longestDefinition = 20_000;

/** `identity` says which server it is: another command or address is another server. */
export function definitionOf(server: string, identity: string, tool: Tool): McpDefinition {
  const { name, title, description = '', inputSchema, outputSchema, annotations } = tool;
  const said = { name, title, description, inputSchema, outputSchema, annotations };
  const text = canonical(said);
  return {
    tool: name,
    name: calledName(server, name),
    description,
    parameters: inputSchema as Record<string, unknown>,
    hash: createHash('sha256').update(`${identity}\n${text}`).digest('hex'),
    refusal: refusalOf(said, text),
  };
}

/** One name for one tool, whatever characters it has: what had to be changed is told apart by a digest. */
export function calledName(server: string, tool: string): string {
  const plain = `mcp_${server}_${tool}`;
  const safe = plain.replace(/[^\w-]/gu, '_');
  if (safe === plain && safe.length <= longestName && !server.includes('_')) return safe;
  const digest = createHash('sha256').update(`${server}\n${tool}`).digest('hex').slice(0, 8);
  return `${safe.slice(0, longestName - digest.length - 1)}_${digest}`;
}

function refusalOf(said: unknown, text: string): string {
  if (text.length > longestDefinition) return `it describes itself with ${text.length} characters`;
  const hidden = stringsOf(said).filter(hasInvisible);
  return hidden.length === 0 ? '' : 'its description holds characters that a person does not see';
}

/** Every key and every text in a value. */
function stringsOf(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  if (Array.isArray(value)) return value.flatMap(stringsOf);
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, each]) => [key, ...stringsOf(each)]);
}

/** JSON with the keys of every object in order: https://www.rfc-editor.org/rfc/rfc8785. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, each: unknown) =>
    typeof each === 'object' && each !== null && !Array.isArray(each)
      ? Object.fromEntries(Object.entries(each).toSorted(([one], [other]) => (one < other ? -1 : 1)))
      : each,
  );
}
