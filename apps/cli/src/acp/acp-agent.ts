import { realpath, stat } from 'node:fs/promises';
import { isAbsolute } from 'node:path';
import {
  agent,
  methods,
  PROTOCOL_VERSION,
  RequestError,
  type AgentApp,
  type AgentContext,
  type AvailableCommand,
  type ClientCapabilities,
  type PromptRequest,
  type SessionMode,
  type SessionModeState,
  type StopReason,
} from '@agentclientprotocol/sdk';
import {
  agentModes,
  NootropicError,
  type AgentMode,
  type Assistant,
  type KnownTurnEvent,
  type SendInput,
} from '@nootropic/contracts';
import { withoutRewound } from '../chat/past-turns.ts';
import { askPerson, type Request } from './acp-approval.ts';
import { ownCommands, runOwnCommand } from './acp-commands.ts';
import { readDiff } from './acp-diff.ts';
import { readPrompt } from './acp-prompt.ts';
import { createUpdates, stopReasons } from './acp-updates.ts';

export interface AcpAgentOptions {
  readonly assistant: Assistant;
  readonly version: string;
  /** The mode that a session begins in. */
  readonly mode: AgentMode;
  /** The model of every turn. Default: the one that is configured. */
  readonly model?: string | undefined;
  /** Characters of a diff that the model can read. */
  readonly diffRoom: () => Promise<number>;
  /** Default `crypto.randomUUID`. */
  readonly newId?: () => string;
}

/** A session as the editor knows it; the assistant has it from its first turn on. */
interface Session {
  readonly id: string;
  readonly workspace: string;
  mode: AgentMode;
  exists: boolean;
  running: AbortController | undefined;
}

const modeWords: Readonly<Record<AgentMode, readonly [name: string, description: string]>> = {
  plan: ['Plan', 'Only reads, and plans.'],
  ask: ['Ask', 'Asks before it changes a file or runs a command.'],
  'auto-edit': ['Auto edit', 'Changes files by itself; asks before it runs a command.'],
  auto: ['Auto', 'Runs commands by itself too, in the sandbox; only in folders that you said yes to.'],
};

/**
 * The assistant as an agent of the Agent Client Protocol (https://agentclientprotocol.com). Files are read and written by the assistant itself, never through the
 * editor: only so can every change be judged, checked and undone. Sessions are those of the program, so that each can go on anywhere.
 */
export function createAcpAgent(options: AcpAgentOptions): AgentApp {
  const { assistant, version, newId = () => crypto.randomUUID() } = options;
  const sessions = new Map<string, Session>();
  let capabilities: ClientCapabilities = {};

  const known = (id: string): Session => {
    const session = sessions.get(id);
    if (session === undefined) throw RequestError.sessionNotFound(id);
    return session;
  };

  async function open(id: string, cwd: string, exists: boolean): Promise<Session> {
    const session: Session = { id, workspace: await folderOf(cwd), mode: options.mode, exists, running: undefined };
    sessions.set(id, session);
    return session;
  }

  /** Commands are told once the editor knows the session, which is after the answer to its request. */
  function announce({ id, workspace }: Session, client: AgentContext): void {
    setTimeout(() => {
      commandsOf(assistant, workspace)
        .then((availableCommands) =>
          client.notify(methods.client.session.update, {
            sessionId: id,
            update: { sessionUpdate: 'available_commands_update', availableCommands },
          }),
        )
        // The connection may be closed by then.
        .catch(() => undefined);
    }, 0);
  }

  async function find(id: string): Promise<Awaited<ReturnType<Assistant['sessions']['show']>>> {
    try {
      const found = await assistant.sessions.show({ id });
      if (found.session.id === id) return found;
    } catch (cause) {
      if (NootropicError.from(cause).code !== 'SESSION_NOT_FOUND') throw failure(cause);
    }
    throw RequestError.sessionNotFound(id);
  }

  async function prompt(params: PromptRequest, client: AgentContext, signal: AbortSignal): Promise<StopReason> {
    const session = known(params.sessionId);
    if (session.running) throw RequestError.invalidRequest({}, 'The session works on a prompt already.');
    const { text, attachments } = readPrompt(params.prompt, session.workspace);
    const running = new AbortController();
    session.running = running;
    try {
      return await turn(
        { session, client, signal: AbortSignal.any([signal, running.signal]) },
        { text, attachments: [...attachments] },
      );
    } catch (cause) {
      if (NootropicError.from(cause).code === 'ABORTED') return 'cancelled';
      throw cause instanceof RequestError ? cause : failure(cause);
    } finally {
      session.running = undefined;
    }
  }

  async function turn(
    {
      session,
      client,
      signal,
    }: { readonly session: Session; readonly client: AgentContext; readonly signal: AbortSignal },
    asked: Pick<SendInput, 'text' | 'attachments'>,
  ): Promise<StopReason> {
    const { id: sessionId, workspace } = session;
    const tell = (update: Parameters<typeof send>[0]): Promise<void> => send(update);
    const send = (update: Awaited<ReturnType<ReturnType<typeof createUpdates>>>[number]): Promise<void> =>
      client.notify(methods.client.session.update, { sessionId, update });
    const own = await runOwnCommand({ assistant, workspace, diffRoom: options.diffRoom }, asked.text);
    if (own?.said !== undefined) {
      await tell({ sessionUpdate: 'agent_message_chunk', content: { type: 'text', text: own.said } });
      return 'end_turn';
    }
    const input: SendInput = {
      ...{ workspace, text: asked.text, mode: session.mode, attended: true },
      ...(session.exists ? { sessionId } : { newSessionId: sessionId }),
      attachments: [...(asked.attachments ?? []), ...(own?.input?.attachments ?? [])],
      ...(options.model !== undefined && { model: options.model }),
      ...(own?.input && { agent: own.input.agent, text: own.input.text }),
    };
    const updates = createUpdates({
      workspace,
      diffOf: diffOf(workspace),
      notices: Boolean(capabilities.session && 'notices' in capabilities.session),
    });
    let end: StopReason | undefined;
    for await (const event of await assistant.send(input, { signal })) {
      session.exists = true;
      for (const update of await updates(event)) await tell(update);
      const told = event as KnownTurnEvent;
      if (
        told.type === 'turn-start' &&
        told.mode !== undefined &&
        told.mode !== session.mode &&
        own?.input === undefined
      ) {
        session.mode = told.mode;
        await tell({ sessionUpdate: 'current_mode_update', currentModeId: told.mode });
      }
      if (told.type === 'approval-request') void answer(told, { client, session, signal });
      if (told.type === 'turn-end') end = stopReasons[told.reason];
      if (told.type === 'turn-error')
        throw failure(
          new NootropicError(told.error.code as NootropicError['code'], told.error.message, { hint: told.error.hint }),
        );
    }
    return signal.aborted ? 'cancelled' : (end ?? 'end_turn');
  }

  async function answer(
    request: Request,
    {
      client,
      session,
      signal,
    }: { readonly client: AgentContext; readonly session: Session; readonly signal: AbortSignal },
  ): Promise<void> {
    const { id: sessionId, workspace } = session;
    const given = await askPerson(request, { client, sessionId, workspace, capabilities, signal });
    // Nobody waits for it where the turn has ended.
    await assistant.answer({ sessionId, requestId: request.requestId, ...given }).catch(() => undefined);
  }

  const diffOf = (workspace: string) => async (step: number) =>
    readDiff(
      await assistant.changes.diff({ workspace, step }).then(
        ({ diff }) => diff,
        () => '',
      ),
      workspace,
    );

  return agent({ name: 'nootropic' })
    .onRequest(methods.agent.initialize, ({ params }) => {
      capabilities = params.clientCapabilities ?? {};
      return {
        protocolVersion: Math.min(params.protocolVersion, PROTOCOL_VERSION),
        agentInfo: { name: 'nootropic', title: 'nootropic', version },
        authMethods: [],
        agentCapabilities: {
          loadSession: true,
          promptCapabilities: { embeddedContext: true, image: false, audio: false },
          sessionCapabilities: { list: {}, resume: {}, close: {} },
        },
      };
    })
    .onRequest(methods.agent.session.new, async ({ params, client }) => {
      const session = await open(newId(), params.cwd, false);
      announce(session, client);
      return { sessionId: session.id, modes: modesOf(session.mode) };
    })
    .onRequest(methods.agent.session.load, async ({ params, client }) => {
      const { events } = await find(params.sessionId);
      const session = await open(params.sessionId, params.cwd, true);
      const updates = createUpdates({ workspace: session.workspace, diffOf: diffOf(session.workspace), replays: true });
      for (const event of withoutRewound(events))
        for (const update of await updates(event))
          await client.notify(methods.client.session.update, { sessionId: session.id, update });
      announce(session, client);
      return { modes: modesOf(session.mode) };
    })
    .onRequest(methods.agent.session.resume, async ({ params, client }) => {
      await find(params.sessionId);
      const session = await open(params.sessionId, params.cwd, true);
      announce(session, client);
      return { modes: modesOf(session.mode) };
    })
    .onRequest(methods.agent.session.list, async ({ params }) => {
      const workspace = params.cwd ? await folderOf(params.cwd) : undefined;
      const found = (await assistant.sessions.list()).filter(
        (each) => workspace === undefined || each.workspace === workspace,
      );
      return {
        sessions: found.map(({ id, workspace: cwd, title, updatedAt }) => ({
          sessionId: id,
          cwd,
          title,
          updatedAt: new Date(updatedAt).toISOString(),
        })),
      };
    })
    .onRequest(methods.agent.session.close, ({ params }) => {
      sessions.get(params.sessionId)?.running?.abort(new NootropicError('ABORTED'));
      sessions.delete(params.sessionId);
      return {};
    })
    .onRequest(methods.agent.session.setMode, ({ params }) => {
      const mode = agentModes.find((each) => each === params.modeId);
      if (mode === undefined)
        throw RequestError.invalidParams({ modeId: params.modeId }, `There are the modes ${agentModes.join(', ')}.`);
      known(params.sessionId).mode = mode;
      return {};
    })
    .onRequest(methods.agent.session.prompt, async ({ params, client, signal }) => ({
      stopReason: await prompt(params, client, signal),
    }))
    .onNotification(methods.agent.session.cancel, ({ params }) => {
      sessions.get(params.sessionId)?.running?.abort(new NootropicError('ABORTED', 'The editor cancelled it.'));
    });
}

function modesOf(currentModeId: AgentMode): SessionModeState {
  const availableModes: SessionMode[] = agentModes.map((id) => {
    const [name, description] = modeWords[id];
    return { id, name, description };
  });
  return { currentModeId, availableModes };
}

async function folderOf(cwd: string): Promise<string> {
  const found = isAbsolute(cwd) ? await stat(cwd).catch(() => undefined) : undefined;
  if (!found?.isDirectory())
    throw RequestError.invalidParams({ cwd }, 'The folder has to be there, and its path absolute.');
  return realpath(cwd);
}

/** What can be typed after a slash: our own, then those that files of the user and of a trusted folder define. */
async function commandsOf(assistant: Assistant, workspace: string): Promise<AvailableCommand[]> {
  const { commands } = await assistant.trust.show({ workspace });
  const own = new Set(ownCommands.map(({ name }) => name));
  return [
    ...ownCommands,
    ...commands
      .filter(({ name }) => !own.has(name))
      .map(({ name, description }) => ({
        name,
        description: description === '' ? name : description,
        input: { hint: 'arguments' },
      })),
  ];
}

/** A failure as the protocol tells it: what happened and what to do, with the code for those who look. */
function failure(cause: unknown): RequestError {
  const { code, message, hint } = NootropicError.from(cause);
  return new RequestError(-32_603, hint === '' ? message : `${message} ${hint}`, { code });
}
