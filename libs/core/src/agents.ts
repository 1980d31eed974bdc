import { personaAgent, type Agent, type Tool } from '@nootropic/agents';
import {
  isKnownEvent,
  NootropicError,
  type AgentDefinition,
  type AgentMode,
  type SendInput,
  type ToolSpec,
  type TurnEvent,
} from '@nootropic/contracts';
import { groupByTurn, toolNames, type PromptAgent } from './prompt.ts';

/** Who can take a turn. */
export interface Agents {
  /** Answers questions. */
  readonly answer: Agent;
  /** Does tasks. */
  readonly code: Agent;
  /** Those with a name of their own: `commit`, `review`, `explain`, `test`. */
  readonly personas: readonly Agent[];
}

/** Who takes a turn, and what is added to the prompt for that. */
export interface ChosenAgent {
  readonly agent: Agent;
  readonly mode: AgentMode;
  /** Of a persona from a file, what it says of itself; else empty. */
  readonly prompt: string;
}

const strictest: readonly AgentMode[] = ['plan', 'ask', 'auto-edit', 'auto'];

/** Whether an input asks for work, and not for an answer only. */
export function isTask({ mode, agent }: SendInput): boolean {
  return mode !== undefined || agent !== undefined;
}

/**
 * Who is to do a task, and how far it may go. What a file of the workspace says can only make that less; a file of the user's own counts
 * where nothing else was asked for. Throws `NOT_FOUND` for a name that nobody has.
 */
export function chooseAgent(
  agents: Agents,
  input: SendInput,
  how: { readonly defaultMode: AgentMode; readonly defined: readonly AgentDefinition[] },
): ChosenAgent {
  const { mode: asked, agent: name } = input;
  const usual = asked ?? how.defaultMode;
  if (name === undefined || name === agents.code.name) return { agent: agents.code, mode: usual, prompt: '' };
  const definition = how.defined.find((each) => each.name === name);
  if (definition) {
    const { mode = usual, origin } = definition;
    const isOwn = origin.scope === 'user' && asked === undefined;
    return {
      agent: personaAgent(definition, agents.code),
      mode: isOwn ? mode : stricter(usual, mode),
      prompt: definition.prompt,
    };
  }
  const agent = agents.personas.find((each) => each.name === name);
  if (agent) return { agent, mode: asked ?? agent.mode ?? how.defaultMode, prompt: '' };
  const names = [...agents.personas, ...how.defined].map((each) => each.name);
  throw new NootropicError('NOT_FOUND', `There is no agent ${name}.`, {
    hint: `There are: ${[...new Set(names)].toSorted().join(', ')}.`,
  });
}

/**
 * Whom a session's prompt begins with, and every tool that it ever had, in an order that does not change: what a turn adds - another agent,
 * more tools - is announced in its question, so that the beginning stays as it was read.
 */
export function sessionPrompt(agents: Agents, events: readonly TurnEvent[]): PromptAgent & { readonly all: Tool[] } {
  const front = agentNamed(agents, agentNames(events)[0]);
  const known = new Set(toolNames(events));
  const all = allTools(agents, front).filter(({ spec }) => known.has(spec.name));
  const tools: ToolSpec[] = all.map(({ spec }) => spec);
  return { system: front.system, tools, all };
}

/** Every tool that somebody has, each name once; those of `first` before the others. */
export function allTools({ answer, code, personas }: Agents, first: Agent = code): Tool[] {
  const all = new Map<string, Tool>();
  for (const { tools } of [first, code, answer, ...personas])
    for (const tool of tools) if (!all.has(tool.spec.name)) all.set(tool.spec.name, tool);
  return [...all.values()];
}

/** The agents of a session's turns, oldest first. */
export function agentNames(events: readonly TurnEvent[]): string[] {
  return groupByTurn(events)
    .flat()
    .flatMap((event) => (isKnownEvent(event) && event.type === 'turn-start' ? [event.agent] : []));
}

/** Whose system prompt a name stands for. A persona from a file stands on the agent that does tasks. */
function agentNamed({ answer, code, personas }: Agents, name: string | undefined): Agent {
  return [answer, code, ...personas].find((agent) => agent.name === name) ?? code;
}

/** What has to be said where another agent goes on in a session; `undefined` where none does. */
export function handOver(
  agents: Agents,
  events: readonly TurnEvent[],
  { agent, prompt }: Pick<ChosenAgent, 'agent' | 'prompt'>,
): string {
  const names = agentNames(events);
  if (names.at(-1) === agent.name) return '';
  const system = agentNamed(agents, agent.name).system;
  const isFront = names.length === 0 || agentNamed(agents, names[0]).system === system;
  const words = [...(isFront && names.length === 0 ? [] : [system]), ...(prompt === '' ? [] : [prompt])].join('\n\n');
  return words === '' ? '' : `From here on:\n${words}`;
}

function stricter(a: AgentMode, b: AgentMode): AgentMode {
  return strictest.indexOf(a) <= strictest.indexOf(b) ? a : b;
}
