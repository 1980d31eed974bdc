import type { GenerateRequest, Message, ToolSpec } from '@nootropic/contracts';
import { byteAlphabet, type TinyTokenizer } from './tiny-tokenizer.ts';

/**
 * The prompt of a request as the chat template of the tiny model writes it: ChatML, the tools in the system part in Hermes' form, results of
 * tools in the user's. Tools that a message announces are not among those. It ends where the model goes on.
 */
export function renderTinyPrompt({ messages, tools = [], announcedTools = [] }: GenerateRequest): string {
  const front = tools.filter(({ name }) => !announcedTools.includes(name));
  const [first, ...rest] = messages;
  const system = first?.role === 'system' ? first.content : undefined;
  const head = front.length > 0 ? toolPart(front, system) : system === undefined ? '' : part('system', `\n${system}`);
  const others = system === undefined ? messages : rest;
  const body = others.map((message, index) => messagePart(message, others[index - 1], others[index + 1])).join('');
  return `${head}${body}<|im_start|>assistant\n`;
}

function toolPart(tools: readonly ToolSpec[], system: string | undefined): string {
  const lines = tools.map(({ name, description, parameters }) =>
    JSON.stringify({ type: 'function', function: { name, description, parameters } }),
  );
  const intro = system === undefined ? '' : `${system}\n\n`;
  return part(
    'system',
    `\n${intro}# Tools\n\nYou may call one or more functions to assist with the user query.\n\nYou are provided with function signatures within <tools></tools> XML tags:\n<tools>\n${lines.join('\n')}\n</tools>\n\nFor each function call, return a json object with function name and arguments within <tool_call></tool_call> XML tags:\n<tool_call>\n{"name": <function-name>, "arguments": <args-json-object>}\n</tool_call>`,
  );
}

function messagePart(message: Message, before: Message | undefined, after: Message | undefined): string {
  if (message.role === 'tool') {
    const open = before?.role === 'tool' ? '' : '<|im_start|>user';
    const close = after?.role === 'tool' ? '' : '<|im_end|>\n';
    return `${open}\n<tool_response>\n${message.content}\n</tool_response>${close}`;
  }
  if (message.role !== 'assistant' || !message.toolCalls) return part(message.role, `\n${message.content}`);
  const calls = message.toolCalls.map(
    ({ name, arguments: args }) =>
      `\n<tool_call>\n{"name": "${name}", "arguments": ${JSON.stringify(args)}}\n</tool_call>`,
  );
  return part('assistant', `${message.content === '' ? '' : `\n${message.content}`}${calls.join('')}`);
}

function part(role: string, content: string): string {
  return `<|im_start|>${role}${content}<|im_end|>\n`;
}

/** How the qwen2 tokenizer takes a text apart before it joins pairs: words with the space before them, single digits, signs, line ends. */
const pieces =
  /'(?:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+/giu;

/** The token numbers of a text: special tokens whole, all else as byte-pair encoding joins it. */
export function encodeTiny(tokenizer: TinyTokenizer, text: string): number[] {
  const special = tokenizer.tokens.filter((token) => /^<.+>$/u.test(token) && text.includes(token));
  const ranks = new Map(tokenizer.merges.map((pair, rank) => [pair, rank]));
  const alphabet = byteAlphabet();
  const known = new Map<string, number[]>();
  const encodePiece = (piece: string): number[] => {
    const done = known.get(piece);
    if (done) return done;
    const tokens = joinPairs(
      [...new TextEncoder().encode(piece)].map((byte) => alphabet[byte] ?? ''),
      ranks,
    );
    const numbers = tokens.map((token) => tokenizer.id(token));
    known.set(piece, numbers);
    return numbers;
  };
  const plain = (part: string): number[] => (part.match(pieces) ?? []).flatMap(encodePiece);
  if (special.length === 0) return plain(text);
  const borders = new RegExp(`(${special.map((token) => token.replaceAll(/[|/]/gu, '\\$&')).join('|')})`, 'u');
  return text.split(borders).flatMap((part) => (special.includes(part) ? [tokenizer.id(part)] : plain(part)));
}

/** Byte-pair encoding: the pair that was learned first is joined first (Sennrich et al. 2016, https://arxiv.org/abs/1508.07909). */
function joinPairs(symbols: string[], ranks: ReadonlyMap<string, number>): string[] {
  let joined = symbols;
  for (;;) {
    const best = Math.min(...joined.slice(1).map((right, at) => ranks.get(`${joined[at] ?? ''} ${right}`) ?? Infinity));
    if (!Number.isFinite(best)) return joined;
    const next: string[] = [];
    for (let at = 0; at < joined.length; at += 1) {
      const [left = '', right] = [joined[at], joined[at + 1]];
      if (right !== undefined && ranks.get(`${left} ${right}`) === best) {
        next.push(left + right);
        at += 1;
      } else next.push(left);
    }
    joined = next;
  }
}
