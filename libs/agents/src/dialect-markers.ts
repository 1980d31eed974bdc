/** What a control token or tag means to the reader of calls. */
export type MarkerKind =
  /** A call follows. */
  | 'call-open'
  /** A call ends here. */
  | 'call-close'
  | 'thought-open'
  | 'thought-close'
  /** A result that the model made up. */
  | 'result-open'
  /** Says nothing to a person: the end of a turn, the name of a role. */
  | 'control';

export interface Marker {
  readonly kind: MarkerKind;
  readonly end: number;
}

const callNames =
  '(?:\\w+:)?(?:tool_?calls?|function_?calls?|tools?|tool_?use|tool_?request|use_mcp_tool|function_?call_?list|longcat_tool_call)';
const kinds: readonly (readonly [MarkerKind, RegExp])[] = [
  ['call-open', new RegExp(`^<\\|(?:dsml\\|)?${callNames}\\|?>$|^<${callNames}>$`, 'u')],
  ['call-close', new RegExp(`^<\\|?/(?:dsml\\|)?${callNames}\\|?>$|^<${callNames}\\|>$`, 'u')],
  [
    'call-open',
    /^<\|(?:tool_call_start|tool_calls?_begin|tool_calls?_section_begin|tool_sep|tool_call_argument_begin|action_start|start_action|plugin|interpreter|python_tag|tools_prefix|start_of_tool_call|function_call)\|>$|^<start_function_call>$/u,
  ],
  [
    'call-close',
    /^<\|(?:tool_call_end|tool_calls?_end|tool_calls?_section_end|action_end|end_action|tools_suffix|end_of_tool_call|call)\|>$|^<end_function_call>$/u,
  ],
  [
    'thought-open',
    /^<(?:think|thinking|thought|thoughts|reasoning|scratchpad|inner_monologue|seed:think|analysis)>$|^<\|(?:start_thinking|begin_of_thought|think|thinking)\|>$|^<\|channel>$|^\[think\]$/u,
  ],
  [
    'thought-close',
    /^<\/(?:think|thinking|thought|thoughts|reasoning|scratchpad|inner_monologue|seed:think|analysis)>$|^<\|(?:end_thinking|end_of_thought|\/think|\/thinking)\|>$|^<channel\|>$|^\[\/think\]$/u,
  ],
  [
    'result-open',
    /^<(?:tool_response|tool_result|function_results?|function_response|tool_output|tool_results)>$|^<\|(?:tool_outputs_begin|tool_output_begin|tool_response)\|?>$/u,
  ],
  [
    'control',
    /^<\|(?:im_start|im_end|eot_id|eom_id|endoftext|end_of_text|begin_of_text|end|return|eos|bos|assistant|end_of_turn|end_of_sentence|begin_of_sentence|start_response|end_response|start_of_role|end_of_role|start_header_id|end_header_id|message|constrain|end_of_turn_token|start_of_turn_token|chatbot_token|recipient|from|content|stop)\|>$|^<(?:end_of_turn|start_of_turn|eos|bos|turn\||\|turn)>?$/u,
  ],
  ['call-open', /^\[(?:tool_calls|tool_request|tool_call)\]$/u],
  ['call-close', /^\[(?:end_tool_request|\/tool_calls|\/tool_call|\/tool_request)\]$/u],
];

/** The longest text in brackets that is looked at. */
const longest = 48;
const squareWords = [
  '[tool_calls]',
  '[tool_request]',
  '[end_tool_request]',
  '[tool_call]',
  '[/tool_calls]',
  '[/tool_call]',
  '[/tool_request]',
  '[think]',
  '[/think]',
];
const tagText = /^<[/|｜]?[\w▁:.|｜/]*(?: [\w▁]*)*[|｜]?$/u;

/** The marker that begins at a place. `more`: the text ends within what may be one. */
export function markerAt(text: string, at: number, final: boolean): Marker | 'more' | 'none' {
  const isTag = text[at] === '<';
  const close = text.indexOf(isTag ? '>' : ']', at);
  if (close < 0 || close - at > longest) {
    const open = text.slice(at, at + longest + 1);
    if (final || close >= 0 || open.length > longest) return 'none';
    if (isTag) return tagText.test(open) ? 'more' : 'none';
    return squareWords.some((word) => word.startsWith(open.toLowerCase())) ? 'more' : 'none';
  }
  const plain = text
    .slice(at, close + 1)
    .replaceAll('｜', '|')
    .replaceAll('▁', '_')
    .toLowerCase()
    .replaceAll(/(?<=\w) (?=\w)/gu, '_');
  const kind = kinds.find(([, pattern]) => pattern.test(plain))?.[0];
  return kind === undefined ? 'none' : { kind, end: close + 1 };
}

/** Words of a preamble that announces an example, not a call. */
const exampleWords =
  /\b(?:for example|example|examples|e\.g\.|for instance|sample|looks? like|would look|such as|the format|syntax|schema|template|not? call|might be|response (?:is|body))\b[^\n]*$/iu;

/** Whether the text before something says that it only shows it. */
export function announcesExample(before: string): boolean {
  const line = before.trimEnd().split('\n').at(-1) ?? '';
  return exampleWords.test(line);
}
