import type { ModelEvent, OpenaiOutputItem, TokenLogprob, ToolCall } from '@nootropic/contracts';
import { logprobOf } from './openai-chat.ts';

/** An event of a streamed response, but for its number. */
export type ResponseEvent = { readonly type: string } & Readonly<Record<string, unknown>>;

type Status = 'completed' | 'incomplete';

interface OpenItem {
  readonly kind: 'message' | 'reasoning';
  readonly id: string;
  text: string;
  readonly logprobs: object[];
}

/** Makes the items of a response, and the events that tell of them, from what a model yields. */
export interface ResponseItems {
  readonly output: readonly OpenaiOutputItem[];
  /** All that was thought. */
  readonly reasoning: string;
  take(event: Exclude<ModelEvent, { type: 'finish' }>): Iterable<ResponseEvent>;
  /** Ends the item that is open. */
  end(status: Status): Iterable<ResponseEvent>;
}

export function createResponseItems(newId: (prefix: string) => string): ResponseItems {
  const output: OpenaiOutputItem[] = [];
  let open: OpenItem | undefined;
  let reasoning = '';

  function partOf({ kind, text, logprobs }: OpenItem): object {
    return kind === 'message'
      ? { type: 'output_text', text, annotations: [], logprobs: [...logprobs] }
      : { type: 'reasoning_text', text };
  }

  function itemOf(item: OpenItem, status: 'in_progress' | Status): OpenaiOutputItem {
    const content = status === 'in_progress' ? [] : [partOf(item)];
    const common = { id: item.id, status, content };
    return (
      item.kind === 'message'
        ? { type: 'message', role: 'assistant', ...common }
        : { type: 'reasoning', summary: [], ...common }
    ) as OpenaiOutputItem;
  }

  const place = (item: { readonly id: string }): object => ({ item_id: item.id, output_index: output.length });

  function* begin(kind: OpenItem['kind']): Generator<ResponseEvent, OpenItem> {
    if (open?.kind === kind) return open;
    yield* end('completed');
    const item: OpenItem = { kind, id: newId(kind === 'message' ? 'msg' : 'rs'), text: '', logprobs: [] };
    open = item;
    yield { type: 'response.output_item.added', output_index: output.length, item: itemOf(item, 'in_progress') };
    yield { type: 'response.content_part.added', ...place(item), content_index: 0, part: partOf(item) };
    return item;
  }

  function* end(status: Status): Generator<ResponseEvent> {
    const item = open;
    if (item === undefined) return;
    const at = { ...place(item), content_index: 0 };
    if (item.kind === 'message')
      yield { type: 'response.output_text.done', ...at, text: item.text, logprobs: [...item.logprobs] };
    else yield { type: 'response.reasoning_text.done', ...at, text: item.text };
    yield { type: 'response.content_part.done', ...at, part: partOf(item) };
    const done = itemOf(item, status);
    yield { type: 'response.output_item.done', output_index: output.length, item: done };
    output.push(done);
    open = undefined;
  }

  function* write(
    kind: OpenItem['kind'],
    text: string,
    logprobs: readonly TokenLogprob[] = [],
  ): Generator<ResponseEvent> {
    const item = yield* begin(kind);
    const told = logprobs.map(({ token, logprob, top }) => ({
      ...logprobOf({ token, logprob }),
      top_logprobs: top.map(logprobOf),
    }));
    item.text += text;
    item.logprobs.push(...told);
    const at = { ...place(item), content_index: 0, delta: text };
    if (kind === 'message') yield { type: 'response.output_text.delta', ...at, logprobs: told };
    else yield { type: 'response.reasoning_text.delta', ...at };
  }

  function* call({ id: callId, name, arguments: given }: ToolCall): Generator<ResponseEvent> {
    yield* end('completed');
    const text = JSON.stringify(given);
    const item = { type: 'function_call', id: newId('fc'), call_id: callId, name } as const;
    const done: OpenaiOutputItem = { ...item, status: 'completed', arguments: text };
    yield {
      type: 'response.output_item.added',
      output_index: output.length,
      item: { ...item, status: 'in_progress', arguments: '' },
    };
    yield { type: 'response.function_call_arguments.delta', ...place(item), delta: text };
    yield { type: 'response.function_call_arguments.done', ...place(item), name, arguments: text };
    yield { type: 'response.output_item.done', output_index: output.length, item: done };
    output.push(done);
  }

  return {
    output,
    get reasoning() {
      return reasoning;
    },
    *take(event) {
      if (event.type === 'text') yield* write('message', event.text, event.logprobs);
      else if (event.type === 'reasoning') {
        reasoning += event.text;
        yield* write('reasoning', event.text);
      } else if (event.type === 'tool-call') yield* call(event.call);
    },
    end,
  };
}
