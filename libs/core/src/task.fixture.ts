import { answerAgent, type Agent, type Tool } from '@nootropic/agents';
import type {
  Customizations,
  CustomizationOrigin,
  GenerateRequest,
  KnownTurnEvent,
  ModelEvent,
  SendInput,
  Telemetry,
} from '@nootropic/contracts';
import { isKnownEvent } from '@nootropic/contracts';
import type { CoreAssistant } from './assistant.ts';
import { subjectsOn, tokens, type Play, type Subject, type SubjectOptions } from './assistant.fixture.ts';
import type { Answer } from './approvals.ts';
import { fakeWorkplace, type Fakes, type FakeWorkplace, type FakeWorkplaceOptions } from './workplace.fixture.ts';

const put: Tool = {
  ...bare('put', 'Write a file.'),
  async *run({ id, arguments: { path, content } }, { actions }) {
    if (!actions) return { ok: false, content: 'Not now.' };
    const files = [{ path: String(path), content: String(content) }];
    return yield* actions.change({ callId: id, tool: 'write', files, label: `write ${String(path)}` });
  },
};
const shell: Tool = {
  ...bare('run', 'Run a command.'),
  async *run({ id, arguments: { line } }, { actions }) {
    if (!actions) return { ok: false, content: 'Not now.' };
    return yield* actions.run({ callId: id, line: String(line) });
  },
};
const askUser: Tool = {
  ...bare('ask-user', 'Ask the user.'),
  async *run({ id, arguments: { text } }, { actions }) {
    if (!actions) return { ok: false, content: 'Not now.' };
    const said = yield* actions.ask({ callId: id, text: String(text) });
    return { ok: said !== undefined, content: said ?? 'Nobody answers.' };
  },
};

function bare(name: string, description: string): Pick<Tool, 'spec' | 'reads'> {
  return { spec: { name, description, parameters: { type: 'object', properties: {} } }, reads: false };
}

/** An agent with the fewest tools that act. */
export const actingAgent: Agent = {
  name: 'code',
  system: 'You change code.',
  tools: [...answerAgent.tools, put, shell, askUser],
};

export const call = (name: string, args: Record<string, unknown>, id = `${name}-call`): ModelEvent[] => [
  { type: 'tool-call', call: { id, name, arguments: args } },
  { type: 'finish', reason: 'tool-call', tokens },
];
export const say = (text: string): ModelEvent[] => [
  { type: 'text', text },
  { type: 'finish', reason: 'stop', tokens },
];

/** A model that plays these steps one after the other, and says that it is done after them. */
export const steps = (...script: readonly (readonly ModelEvent[])[]): Play =>
  async function* (count) {
    await Promise.resolve();
    yield* script[count - 1] ?? say('Done.');
  };

export const workspaceOrigin = (path: string, hash = 'h1'): CustomizationOrigin => ({
  scope: 'workspace',
  path,
  hash,
});

export interface TaskOptions extends FakeWorkplaceOptions, Omit<SubjectOptions, 'sources' | 'store'> {
  readonly trusted?: boolean;
  readonly unattended?: boolean;
  readonly customizations?: Customizations;
  /** What the person answers to a request. Default: allows it. */
  readonly answer?: (
    request: KnownTurnEvent & { type: 'approval-request' },
    assistant: CoreAssistant,
  ) => Answer | undefined;
}

export interface TaskSubject extends Subject<Telemetry> {
  readonly place: FakeWorkplace;
  /** What the model was asked. */
  readonly requests: GenerateRequest[];
  /** Sends a task, and answers what it asks. Default: attended, mode `ask`. */
  send(input: Partial<SendInput>, signal?: AbortSignal): Promise<KnownTurnEvent[]>;
}

/** Makes the real assistant in a workspace in memory, with a person who answers. */
export function taskSubjectsOn(fakes: Fakes): (options?: TaskOptions) => Promise<TaskSubject> {
  const sessions = () => fakes.createMemorySessionLog();
  const subjects = subjectsOn({ sessions, telemetry: () => fakes.createRecordingTelemetry() });
  return async (options = {}) => createTaskSubject(options, fakes, subjects);
}

async function createTaskSubject(
  options: TaskOptions,
  fakes: Fakes,
  subjects: ReturnType<typeof subjectsOn>,
): Promise<TaskSubject> {
  const place = fakeWorkplace(fakes, options);
  const trust = fakes.createMemoryTrust();
  const { trusted = true, unattended = false } = options;
  await trust.set(place.root, { trusted, unattended });
  const requests: GenerateRequest[] = [];
  const subject = subjects({
    ...{ chat: 'file:x', requests, code: () => actingAgent },
    info: { contextLength: 32_768 },
    ...options,
    ports: { workplace: async () => place, trust, shell: fakes.createPlainShellParser(), ...options.ports },
  });
  const { assistant } = subject;
  async function send(input: Partial<SendInput>, signal?: AbortSignal): Promise<KnownTurnEvent[]> {
    const asked = { workspace: place.root, text: 'Do it.', mode: 'ask' as const, attended: true, ...input };
    const events: KnownTurnEvent[] = [];
    for await (const event of await assistant.send(asked, signal ? { signal } : {})) {
      if (!isKnownEvent(event)) continue;
      events.push(event);
      if (event.type !== 'approval-request' || asked.attended !== true) continue;
      const answer = options.answer ? options.answer(event, assistant) : { decision: 'allow' as const };
      if (answer) await assistant.answer({ sessionId: event.sessionId, requestId: event.requestId, ...answer });
    }
    return events;
  }
  return { ...subject, place, requests, send };
}

export const typesOf = (events: readonly KnownTurnEvent[]) => events.map(({ type }) => type);
