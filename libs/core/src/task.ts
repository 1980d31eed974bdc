import { outsideTool, personaAgent, type Agent, type SkillShelf, type Tool } from '@nootropic/agents';
import {
  isKnownEvent,
  NootropicError,
  type AgentMode,
  type Config,
  type FoundCustomizations,
  type Hook,
  type Lesson,
  type Runner,
  type SendInput,
  type Sources,
  type TrustState,
  type TurnEventBody,
} from '@nootropic/contracts';
import { createActions, type TurnActions } from './actions.ts';
import { chooseAgent, handOver, type Agents } from './agents.ts';
import type { Desk } from './approvals.ts';
import { closedTool, hookedTool } from './hooked-tool.ts';
import { createHooks, type Hooks } from './hooks.ts';
import { createLeave, type Leave } from './leave.ts';
import { composePreamble } from './preamble.ts';
import { preambles } from './prompt.ts';
import type { SessionLeave, SessionLeaves } from './session-leaves.ts';
import { sha256 } from './sha256.ts';
import type { TurnLog } from './turn-log.ts';
import { policyOf, type Workplace, type WorkplacePorts } from './workplace.ts';

export interface TaskPorts extends WorkplacePorts {
  readonly agents: Agents;
  readonly workspaceSources: (workspace: string) => Promise<Sources>;
  readonly leaves: SessionLeaves;
  readonly config: Config;
  readonly now: () => number;
  readonly newId: () => string;
}

/** The tool that reads skills. */
const skillTool = 'use-skill';

/** A turn in which an agent may act. */
export interface Task {
  readonly agent: Agent;
  readonly mode: AgentMode;
  /** What the turn tells the agent beside its question; stored with the turn. */
  readonly preamble: string;
  /** What the person is to know before it begins. */
  readonly notices: readonly TurnEventBody[];
  readonly actions: TurnActions;
  readonly skills: SkillShelf;
  /** Personas that a part of the work can be given to. */
  readonly personas: readonly Agent[];
  readonly hooks: Hooks;
  /** Tools of other programs, which `find-tools` finds. */
  readonly further: readonly Tool[];
  /** The tools of a session's prompt as this turn may use them. */
  tools(all: readonly Tool[]): Tool[];
}

interface TaskTurn {
  readonly input: SendInput;
  readonly log: TurnLog;
  readonly desk: Desk;
  readonly signal: AbortSignal;
}

/**
 * Everything that a task stands on: who does it, how far it may go, what the user and a trusted workspace wrote for it, what was learnt here
 * before. Of a folder that is not trusted nothing counts, and the person is told once what was passed over.
 */
export async function openTask(ports: TaskPorts, turn: TaskTurn): Promise<Task> {
  const { input, log, signal } = turn;
  const place = await ports.workplace(input.workspace);
  const [trust, sandbox] = await Promise.all([ports.trust.state(place.root), place.runner.sandbox()]);
  const found = await place.customizations.load({ trusted: trust.trusted });
  const chosen = chooseAgent(ports.agents, input, { defaultMode: ports.config.agent.mode, defined: found.agents });
  const mode = modeHere(chosen.mode, { trust, sandboxed: sandbox.available });
  const scope = { sessionId: log.session.id, turnId: log.turnId };
  const session = ports.leaves.of(scope.sessionId, async (path) => hashOf(place, path));
  const { leave, hooks, skipped } = openLeave(ports, turn, { place, found, session, mode, trust, sandbox });
  const actions = createActions({
    ...{ place, ports, config: ports.config, mode, leave, session, scope, now: ports.now, signal },
    ...{ trusted: trust.trusted, sandboxed: sandbox.available },
    sources: () => ports.workspaceSources(input.workspace),
  });

  const notices: TurnEventBody[] = [
    ...oncePerSession(log, ignoredNotice(found)),
    ...oncePerSession(log, sandbox.available ? undefined : unconfinedNotice(sandbox.reason)),
    ...(mode === chosen.mode ? [] : [loweredNotice(trust)]),
    ...skipped.flatMap((notice) => oncePerSession(log, notice)),
  ];
  const context = await heard(
    [
      ...(log.events().length === 0 ? [hooks.fire('SessionStart', { source: 'startup' })] : []),
      hooks.fire('BeforeAgent', { prompt: input.text }),
    ],
    notices,
  );
  const preamble = composePreamble(
    {
      handOver: handOver(ports.agents, log.events(), chosen),
      ...{ found, context },
      lessons: mode === 'plan' ? [] : await recall(place, input),
    },
    preambles(log.events()),
  );
  const agent = withoutIdle(chosen.agent, found);
  const hooked = (tool: Tool): Tool => (found.hooks.length === 0 ? tool : hookedTool(tool, { hooks, leave }));
  const outside = (await ports.outsideTools?.tools()) ?? [];
  const allowed = new Set(agent.tools.map(({ spec }) => spec.name));
  return {
    ...{ agent, mode, preamble, notices, actions, hooks },
    skills: { list: found.skills, read: (skill, file) => place.customizations.readSkill(skill, file) },
    personas: [...ports.agents.personas, ...found.agents.map((each) => personaAgent(each, ports.agents.code))],
    further: outside.map((tool) => hooked(outsideTool(tool))),
    tools: (all) =>
      all.map((tool) => {
        if (!allowed.has(tool.spec.name)) return closedTool(tool);
        return hooked(tool);
      }),
  };
}

/** The last words of a task: what its hooks have to say, and which files are left in a state that does not pass. */
export async function* endTask({ actions, hooks }: Task, text: string): AsyncGenerator<TurnEventBody, void> {
  yield* hooks.fire('AfterAgent', { prompt_response: text });
  const failing = actions.failing();
  if (failing.length === 0) return;
  const message = `The last changes do not pass their checks: ${failing.join(', ')}. \`nootropic undo\` takes them back.`;
  yield { type: 'notice', level: 'warning', code: 'checks-failing', message };
}

/** `auto` is for folders that a person said yes to, and only where commands are confined. */
function modeHere(
  mode: AgentMode,
  { trust, sandboxed }: { readonly trust: TrustState; readonly sandboxed: boolean },
): AgentMode {
  return mode === 'auto' && !(trust.trusted && trust.unattended && sandboxed) ? 'auto-edit' : mode;
}

/** The agent without tools that would have nothing to work on: each costs a model room and is one more to choose wrongly. */
function withoutIdle(agent: Agent, { skills }: FoundCustomizations): Agent {
  if (skills.length > 0) return agent;
  return { ...agent, tools: agent.tools.filter(({ spec }) => spec.name !== skillTool) };
}

function openLeave(
  ports: TaskPorts,
  { input, log, desk, signal }: TaskTurn,
  made: {
    readonly place: Workplace;
    readonly found: FoundCustomizations;
    readonly session: SessionLeave;
    readonly mode: AgentMode;
    readonly trust: TrustState;
    readonly sandbox: Awaited<ReturnType<Runner['sandbox']>>;
  },
): { readonly leave: Leave; readonly hooks: Hooks; readonly skipped: Notice[] } {
  const { place, session, mode, trust, sandbox } = made;
  const { honoured, skipped } = usableHooks(made.found.hooks, session.hooks);
  const hooks = createHooks({
    ...{ hooks: honoured, runner: place.runner, journal: () => place.journal(), root: place.root },
    ...{ sandboxed: sandbox.available, now: ports.now, signal },
    scope: { sessionId: log.session.id, turnId: log.turnId },
  });
  const leave = createLeave({
    ...{ policy: policyOf(ports, place.root), memory: session.memory, desk, newId: ports.newId, signal },
    onAsk: ({ action, detail }) => hooks.fire('Notification', { notification_type: action, message: detail }),
    situation: { mode, ...trust, sandboxed: sandbox.available, attended: input.attended ?? false },
  });
  return { leave, hooks, skipped };
}

/** Hooks that are run in this session: not one whose file was changed since the session first saw it, and none for an event that never comes. */
function usableHooks(hooks: readonly Hook[], known: Map<string, string>) {
  const honoured: Hook[] = [];
  const changed = new Set<string>();
  for (const hook of hooks) {
    const { path, hash, scope } = hook.origin;
    const first = known.get(path) ?? hash;
    known.set(path, first);
    if (first !== hash && scope === 'workspace') changed.add(path);
    else honoured.push(hook);
  }
  const skipped: Notice[] = [...changed].map((path) => ({
    ...{ type: 'notice', level: 'warning', code: 'hook-changed' },
    message: `The hooks of ${path} are not run in this session any more: the file has changed since it began.`,
  }));
  if (honoured.some(({ event }) => event === 'SessionEnd'))
    skipped.push({
      ...{ type: 'notice', level: 'info', code: 'hook-unused' },
      message: 'Hooks for SessionEnd are never run: a session can always be gone on with.',
    });
  return { honoured, skipped };
}

/** Fires hooks before the turn begins; their events go to the notices. One that denies ends the turn. */
async function heard(fired: readonly ReturnType<Hooks['fire']>[], notices: TurnEventBody[]): Promise<string> {
  const contexts: string[] = [];
  for (const events of fired) {
    let step = await events.next();
    for (; !step.done; step = await events.next()) notices.push(step.value);
    const { decision, reason, context } = step.value;
    if (decision === 'deny') throw new NootropicError('DENIED', `A hook forbids this turn: ${reason}`);
    if (context !== '') contexts.push(context);
  }
  return contexts.join('\n');
}

async function recall(place: Workplace, { text, attachments = [] }: SendInput): Promise<Lesson[]> {
  const paths = attachments.flatMap((each) => (each.kind === 'file' ? [each.path] : []));
  return (await place.reflexion()).recall({ text, paths });
}

async function hashOf(place: Workplace, path: string): Promise<string | undefined> {
  try {
    return await sha256(await place.files.read(path));
  } catch {
    return undefined;
  }
}

type Notice = Extract<TurnEventBody, { type: 'notice' }>;

function oncePerSession(log: TurnLog, notice: Notice | undefined): Notice[] {
  if (!notice) return [];
  const isSaid = log
    .events()
    .some((event) => isKnownEvent(event) && event.type === 'notice' && event.code === notice.code);
  return isSaid ? [] : [notice];
}

function ignoredNotice({ ignored }: FoundCustomizations): Notice | undefined {
  if (ignored.length === 0) return undefined;
  const most = 8;
  const named = ignored.slice(0, most).map(({ path, what, reason }) => `${path} (${what}: ${reason})`);
  const more = ignored.length > most ? `, and ${ignored.length - most} more` : '';
  return {
    ...{ type: 'notice', level: 'warning', code: 'customizations-ignored' },
    message: `Not honoured: ${named.join(', ')}${more}. \`nootropic trust\` shows what the folder holds.`,
  };
}

function unconfinedNotice(reason = 'no sandbox is available'): Notice {
  return {
    ...{ type: 'notice', level: 'warning', code: 'no-sandbox' },
    message: `Programs cannot be confined here (${reason}), so every command is asked for.`,
  };
}

function loweredNotice({ trusted, unattended }: TrustState): Notice {
  const why = trusted && unattended ? 'there is no sandbox here' : 'nobody said yes to it for this folder';
  return {
    ...{ type: 'notice', level: 'warning', code: 'mode-lowered' },
    message: `Mode auto is not used, since ${why}: files are changed without asking, commands are asked for.`,
  };
}
