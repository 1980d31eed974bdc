import type { ToolSpec } from '@nootropic/contracts';
import { createCallReader } from './dialect-reader.ts';
import { sampleJson, type Draw } from './grammar-sample.ts';

/** What came of a run of the gate. It holds when `run` equals `asked` and nothing failed. */
export interface GrammarGateResult {
  readonly asked: number;
  readonly run: number;
  /** Texts that were not read back as the one call that they say. */
  readonly failed: number;
  /** The first of them. */
  readonly examples: readonly string[];
}

const frames: readonly ((call: { readonly name: string; readonly json: string }) => string)[] = [
  ({ name, json }) => `<tool_call>\n{"name": "${name}", "arguments": ${json}}\n</tool_call>`,
  ({ name, json }) => `Let me see.\n<tool_call>{"name": "${name}", "arguments": ${json}}</tool_call>`,
  ({ name, json }) => `[TOOL_CALLS]${name}[ARGS]${json}`,
  ({ name, json }) => `<|python_tag|>{"name": "${name}", "parameters": ${json}}<|eom_id|>`,
  ({ name, json }) => `<|channel|>commentary to=functions.${name} <|constrain|>json<|message|>${json}<|call|>`,
];

/**
 * For each tool, texts from the grammar of its schema are framed as calls in the dialects whose arguments are JSON, cut into pieces, and read back:
 * each must give the same call and no other. `count` texts for each tool.
 */
export function runGrammarGate(
  specs: readonly ToolSpec[],
  { count, draw }: { readonly count: number; readonly draw: Draw },
): GrammarGateResult {
  const examples: string[] = [];
  let run = 0;
  let failed = 0;
  for (const spec of specs)
    for (let each = 0; each < count; each += 1) {
      const json = sampleJson(spec.parameters, draw);
      const frame = frames[draw(frames.length)] ?? frames[0];
      const output = frame?.({ name: spec.name, json }) ?? '';
      run += 1;
      if (isReadBack(output, { specs, name: spec.name, json, draw })) continue;
      failed += 1;
      if (examples.length < 5) examples.push(output);
    }
  return { asked: specs.length * count, run, failed, examples };
}

function isReadBack(
  output: string,
  wanted: { readonly specs: readonly ToolSpec[]; readonly name: string; readonly json: string; readonly draw: Draw },
): boolean {
  const reader = createCallReader({ tools: wanted.specs, makeId: () => '' });
  const calls = [];
  for (let at = 0; at < output.length;) {
    const size = 1 + wanted.draw(12);
    calls.push(...reader.push(output.slice(at, at + size)).calls);
    at += size;
  }
  calls.push(...reader.end().calls);
  const [call] = calls;
  const args = JSON.parse(wanted.json) as Record<string, unknown>;
  return calls.length === 1 && call?.name === wanted.name && sameValue(call.arguments, args);
}

/** Equal, but for arguments that are null: they are the same as none. */
function sameValue(read: Readonly<Record<string, unknown>>, said: Readonly<Record<string, unknown>>): boolean {
  const given = Object.entries(said).filter(([, value]) => value !== null);
  return (
    given.length === Object.keys(read).length &&
    given.every(([key, value]) => JSON.stringify(read[key]) === JSON.stringify(value))
  );
}
