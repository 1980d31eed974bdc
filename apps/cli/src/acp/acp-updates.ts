import { join } from 'node:path';
import type { SessionUpdate, StopReason, ToolCallContent, ToolCallLocation, ToolKind } from '@agentclientprotocol/sdk';
import type { KnownTurnEvent, ToolCall, TurnEvent } from '@nootropic/contracts';
import { callTopic } from '../chat/call-topic.ts';

/** Characters of a result that an editor is sent; the model read it whole. */
const longestResult = 20_000;
const longestTitle = 200;

export interface UpdatesOptions {
  readonly workspace: string;
  /** The diff of a step of the journal, as the protocol tells it. */
  readonly diffOf: (
    step: number,
  ) => Promise<{ readonly content: ToolCallContent[]; readonly locations: ToolCallLocation[] }>;
  /** Whether the client shows notices as such. Default no: then a warning is a part of the answer. */
  readonly notices?: boolean;
  /** Whether what the person said is told too, as when a session is loaded. Default no. */
  readonly replays?: boolean;
}

/** Tells the events of a session as updates of the protocol, in their order. What it does not know of, it leaves out. */
export function createUpdates({
  workspace,
  diffOf,
  notices = false,
  replays = false,
}: UpdatesOptions): (event: TurnEvent) => Promise<SessionUpdate[]> {
  /** What was told of each call so far: an update replaces all of it. */
  const told = new Map<string, { content: ToolCallContent[]; locations: ToolCallLocation[] }>();
  let open: string | undefined;

  const add = (content: readonly ToolCallContent[], locations: readonly ToolCallLocation[] = []): SessionUpdate[] => {
    const call = open === undefined ? undefined : told.get(open);
    if (call === undefined || open === undefined) return [];
    call.content.push(...content);
    call.locations.push(...locations);
    return [
      {
        sessionUpdate: 'tool_call_update',
        toolCallId: open,
        content: [...call.content],
        locations: [...call.locations],
      },
    ];
  };

  const read = async (event: KnownTurnEvent): Promise<SessionUpdate[]> => {
    switch (event.type) {
      case 'turn-start':
        return replays ? [{ sessionUpdate: 'user_message_chunk', content: text(event.text) }] : [];
      case 'user-message':
        return replays && event.automatic !== true
          ? [{ sessionUpdate: 'user_message_chunk', content: text(event.text) }]
          : [];
      case 'text-delta':
        return [{ sessionUpdate: 'agent_message_chunk', content: text(event.text) }];
      case 'reasoning-delta':
        return [{ sessionUpdate: 'agent_thought_chunk', content: text(event.text) }];
      case 'tool-call': {
        const { call } = event;
        open = call.id;
        const locations = placesOf(call, workspace);
        told.set(call.id, { content: [], locations });
        return [
          {
            ...{ sessionUpdate: 'tool_call', toolCallId: call.id, title: titleOf(call), name: call.name },
            ...{ kind: kindOf(call.name), status: 'in_progress', rawInput: call.arguments, locations: [...locations] },
          },
        ];
      }
      case 'file-change':
        if (event.step === undefined) return add([], [{ path: join(workspace, event.path) }]);
        {
          const { content, locations } = await diffOf(event.step);
          return add(content, locations.length > 0 ? locations : [{ path: join(workspace, event.path) }]);
        }
      case 'check-result':
        return add([said(`${event.name}: ${event.ok ? 'passed' : `failed\n${event.output}`}`)]);
      case 'tool-result': {
        const call = told.get(event.callId) ?? { content: [], locations: [] };
        told.delete(event.callId);
        if (open === event.callId) open = undefined;
        return [
          {
            ...{
              sessionUpdate: 'tool_call_update',
              toolCallId: event.callId,
              status: event.ok ? 'completed' : 'failed',
            },
            content: [...call.content, said(shortened(event.content))],
          },
        ];
      }
      case 'plan-update':
        return [
          {
            sessionUpdate: 'plan',
            entries: event.steps.flatMap(({ text: content, state }) =>
              state === 'dropped' ? [] : [{ content, priority: 'medium' as const, status: stepStates[state] }],
            ),
          },
        ];
      case 'lesson':
        return [{ sessionUpdate: 'agent_thought_chunk', content: text(`\nLearnt: ${event.text}\n`) }];
      case 'agent-start':
        return [{ sessionUpdate: 'agent_thought_chunk', content: text(`\n${event.name} begins: ${event.task}\n`) }];
      case 'notice':
        if (notices) return [{ sessionUpdate: 'notice', severity: event.level, title: event.message }];
        if (event.level === 'warning')
          return [{ sessionUpdate: 'agent_message_chunk', content: text(`\n> ${event.message}\n\n`) }];
        return [{ sessionUpdate: 'agent_thought_chunk', content: text(`\n${event.message}\n`) }];
      default:
        return [];
    }
  };
  return (event) => read(event as KnownTurnEvent);
}

const stepStates = { open: 'pending', active: 'in_progress', done: 'completed' } as const;

/** How a turn that ended is told. */
export const stopReasons: Readonly<Record<(KnownTurnEvent & { type: 'turn-end' })['reason'], StopReason>> = {
  ...{ done: 'end_turn', stuck: 'end_turn', length: 'max_tokens', steps: 'max_turn_requests', aborted: 'cancelled' },
};

const kinds: Readonly<Record<string, ToolKind>> = {
  ...{ read: 'read', list: 'read', search: 'search', symbol: 'search', graph: 'search', 'find-tools': 'search' },
  ...{ edit: 'edit', write: 'edit', run: 'execute', todo: 'think', 'web-fetch': 'fetch' },
};

export function kindOf(tool: string): ToolKind {
  return kinds[tool] ?? 'other';
}

function titleOf(call: ToolCall): string {
  return `${call.name} ${callTopic(call)}`.trim().slice(0, longestTitle);
}

function placesOf({ arguments: given }: ToolCall, workspace: string): ToolCallLocation[] {
  const { path, startLine } = given;
  if (typeof path !== 'string' || path === '') return [];
  return [{ path: join(workspace, path), ...(typeof startLine === 'number' && { line: startLine }) }];
}

export function text(words: string): { type: 'text'; text: string } {
  return { type: 'text', text: words };
}

export function said(words: string): ToolCallContent {
  return { type: 'content', content: text(words) };
}

function shortened(words: string): string {
  return words.length <= longestResult
    ? words
    : `${words.slice(0, longestResult)}\n[${words.length - longestResult} more characters]`;
}
