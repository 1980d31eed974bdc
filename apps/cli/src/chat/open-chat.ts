import { exitCodes, type AgentMode } from '@nootropic/contracts';
import { userModelRef, withAssistant, workspaceOf, type Cli, type CommonOptions } from '../cli.ts';
import { createChat, type Chat, type ChatOptions } from './chat.ts';

export interface ChatCommandOptions extends CommonOptions {
  readonly continue?: boolean;
  readonly resume?: string;
  readonly mode?: AgentMode;
  readonly model?: string;
  readonly agent?: string;
  readonly screenReader?: boolean;
}

/** Opens the chat on the terminal and gives the exit code when it is over. What draws it is loaded here, so that no other command pays for it. */
export async function openChat(cli: Cli, options: ChatCommandOptions): Promise<number> {
  const here = await workspaceOf(cli, options);
  return withAssistant(cli, async (assistant, host) => {
    const sessionId = options.resume ?? (options.continue === true ? await newestSession(assistant, here) : undefined);
    const workspace =
      options.resume === undefined || options.cwd !== undefined
        ? here
        : (await assistant.sessions.show({ id: options.resume })).session.workspace;
    const { agent } = await host.config();
    const chat = createChat({
      ...{ assistant, workspace, sessionId, agent: options.agent, signal: cli.signal },
      mode: options.mode ?? agent?.mode ?? 'ask',
      model: options.model === undefined ? undefined : userModelRef(cli, options.model),
      now: () => cli.surroundings.now(),
    });
    await cli.out(
      `${cli.style.bold(`nootropic ${cli.surroundings.version}`)} ${cli.style.dim(`in ${cli.clean(workspace)}`)}\n`,
    );
    await show(cli, chat, options);
    await sayGoodbye(cli, chat);
    return cli.signal.aborted ? exitCodes.interrupted : exitCodes.ok;
  });
}

async function show(cli: Cli, chat: Chat, options: ChatCommandOptions): Promise<void> {
  const { env, terminal } = cli.surroundings;
  const linear = options.screenReader === true || env['INK_SCREEN_READER'] === 'true' || env['TERM'] === 'dumb';
  if (linear || terminal === undefined) {
    const { runLinearChat } = await import('./linear-chat.ts');
    return runLinearChat(cli, chat);
  }
  const { runChatScreen } = await import('./run-chat-screen.ts');
  return runChatScreen(cli, { chat, terminal });
}

async function newestSession(assistant: ChatOptions['assistant'], workspace: string): Promise<string | undefined> {
  const sessions = await assistant.sessions.list();
  return sessions.find((session) => session.workspace === workspace)?.id;
}

async function sayGoodbye(cli: Cli, chat: Chat): Promise<void> {
  const { sessionId } = chat.view().state;
  if (sessionId !== undefined)
    await cli.talk(cli.errorStyle.dim(`Go on with it: nootropic --resume ${sessionId.slice(0, 8)}`) + '\n');
}
