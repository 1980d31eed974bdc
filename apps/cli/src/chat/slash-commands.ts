import { agentModes, NootropicError, type AgentMode, type Assistant, type Attachment } from '@nootropic/contracts';
import { usualDiffRoom } from '../diff-room.ts';
import { nearestName } from '../nearest-name.ts';
import { turnOverChange } from '../turn-over-change.ts';
import type { ChatView } from './chat-view.ts';
import { ruleText } from './ask-lines.ts';
import { visibleLine } from './visible-text.ts';

/** What a slash command may do to the chat. */
export interface ChatActions {
  readonly assistant: Assistant;
  readonly workspace: string;
  readonly view: () => ChatView;
  readonly change: (change: Partial<ChatView>) => void;
  /** Shows Markdown for good. */
  readonly say: (markdown: string) => void;
  readonly showDiff: (diff: string) => void;
  /** Starts a turn. */
  readonly send: (text: string, agent?: string, attachments?: readonly Attachment[]) => void;
  readonly resume: (id: string) => Promise<void>;
  readonly forget: () => void;
  readonly quit: () => void;
}

interface SlashCommand {
  readonly name: string;
  readonly takes?: string;
  readonly about: string;
  readonly run: (chat: ChatActions, words: string) => Promise<void> | void;
}

/** The commands of the chat, in the order in which `/help` lists them. */
export const slashCommands: readonly SlashCommand[] = [
  { name: 'help', about: 'commands and keys', run: (chat) => chat.say(helpText()) },
  { name: 'mode', takes: '[plan|ask|auto-edit|auto]', about: 'how far the agent goes by itself', run: setMode },
  { name: 'plan', takes: '[task]', about: 'only read and plan; with a task, at once', run: plan },
  { name: 'model', takes: '[ref]', about: 'the model that answers from here on', run: setModel },
  {
    name: 'undo',
    takes: '[step]',
    about: 'take the newest change back',
    run: (chat, words) => takeBack(chat, 'undo', words),
  },
  { name: 'redo', takes: '[step]', about: 'make it again', run: (chat, words) => takeBack(chat, 'redo', words) },
  { name: 'diff', takes: '[step]', about: 'what this session changed', run: showDiff },
  { name: 'history', about: 'what agents changed here', run: listChanges },
  { name: 'rewind', takes: '[turn] [conversation|code|both]', about: 'go back to before a turn', run: rewind },
  { name: 'sessions', about: 'conversations about this folder', run: listSessions },
  {
    name: 'resume',
    takes: '<id>',
    about: 'go on with another conversation',
    run: (chat, words) => chat.resume(words === '' ? 'latest' : words),
  },
  { name: 'new', about: 'begin a new conversation', run: (chat) => chat.forget() },
  { name: 'status', about: 'model, mode, folder, tokens', run: (chat) => chat.say(statusText(chat)) },
  { name: 'permissions', takes: '[command]', about: 'what the rules say of a command', run: permissions },
  { name: 'trust', takes: '[yes|no]', about: 'whether the settings of this folder count', run: trust },
  { name: 'agents', takes: '[name]', about: 'personas; with a name, talk to that one', run: agents },
  { name: 'skills', about: 'skills that this folder and you have', run: skills },
  {
    name: 'commit',
    about: 'write a commit message for the changes',
    run: (chat, words) => overChange(chat, 'commit', words),
  },
  {
    name: 'review',
    about: 'look for faults in the changes',
    run: (chat, words) => overChange(chat, 'review', words),
  },
  {
    name: 'explain',
    takes: '[what]',
    about: 'explain code',
    run: (chat, words) => chat.send(words === '' ? 'Explain this project.' : words, 'explain'),
  },
  {
    name: 'test',
    takes: '[what]',
    about: 'write tests',
    run: (chat, words) => chat.send(words === '' ? 'Write tests for the changes.' : words, 'test'),
  },
  { name: 'quit', about: 'end the chat', run: (chat) => chat.quit() },
];

/** Commands that start or change turns, and so wait for the one that runs. */
const waiting = new Set(['undo', 'redo', 'rewind', 'resume', 'new', 'commit', 'review', 'explain', 'test']);

/**
 * Runs a line that begins with a slash. What is no command of the chat, but one that a file of the folder or the user
 * defines, goes to the assistant as it is. A failure is shown, never thrown.
 */
export async function runSlashCommand(chat: ChatActions, line: string): Promise<void> {
  const [, name = '', rest = ''] = /^\/(\S*)\s*([\s\S]*)$/u.exec(line) ?? [];
  const command = slashCommands.find((each) => each.name === name || (name === 'exit' && each.name === 'quit'));
  const busy = chat.view().state.turn !== undefined;
  try {
    if (command === undefined) await runFileCommand(chat, name, line);
    else if (busy && waiting.has(command.name))
      chat.change({ flash: `/${name} waits until the agent is done; Esc interrupts it.` });
    else await command.run(chat, rest.trim());
  } catch (error) {
    const { message, hint } = NootropicError.from(error);
    chat.say(`**error:** ${message} ${hint}`);
  }
}

async function runFileCommand(chat: ChatActions, name: string, line: string): Promise<void> {
  const { commands } = await chat.assistant.trust.show({ workspace: chat.workspace });
  if (commands.some((each) => each.name === name)) {
    chat.send(line);
    return;
  }
  const near = nearestName(
    name,
    [...slashCommands, ...commands].map((each) => each.name),
  );
  chat.change({
    flash: `There is no command /${name}.${near === undefined ? ' /help lists them.' : ` Did you mean /${near}?`}`,
  });
}

function helpText(): string {
  const rows = slashCommands.map(
    ({ name, takes, about }) => `- \`/${name}${takes === undefined ? '' : ` ${takes}`}\` ${about}`,
  );
  const keys = [
    '- `Enter` sends; `Alt-Enter`, `Ctrl-J` or `\\` at the end of a line begins a new one',
    '- `Shift-Tab` the next mode; `Esc` interrupts; `Ctrl-C` twice quits',
    '- `Up`, `Down`, `Ctrl-R` what was said before',
    '- `Tab` completes `/command` and `@file`; a file named with `@` goes along',
    '- `!command` runs a command at once; the agent reads what came of it with the next message',
    '- `Ctrl-O` the result of the last tool in full; `Ctrl-T` the last reasoning',
    '- what you send while the agent works reaches it with its next step',
  ];
  return `**Commands**\n\n${rows.join('\n')}\n\n**Keys**\n\n${keys.join('\n')}`;
}

async function setMode(chat: ChatActions, words: string): Promise<void> {
  const mode = agentModes.find((each) => each === words);
  if (mode === undefined) return chat.say(`The mode is **${chat.view().mode}**. Modes: ${agentModes.join(', ')}.`);
  if (mode === 'auto' && !(await allowedUnattended(chat))) return;
  chat.change({ mode });
  chat.say(modeText(mode));
}

/** `auto` needs an earlier yes for this folder. */
async function allowedUnattended({ assistant, workspace, say }: ChatActions): Promise<boolean> {
  const { unattended, trusted } = await assistant.trust.show({ workspace });
  if (unattended && trusted) return true;
  say(
    'The mode `auto` runs commands without asking. It needs a yes for this folder first: run `nootropic trust --unattended` in it.',
  );
  return false;
}

export function modeText(mode: AgentMode): string {
  const meanings = {
    plan: 'it reads and plans, and changes nothing',
    ask: 'it asks before it changes a file or runs a command',
    'auto-edit': 'it changes files by itself, and asks before it runs a command',
    auto: 'it changes files and runs commands in the sandbox by itself',
  };
  return `Mode **${mode}**: ${meanings[mode]}.`;
}

function plan(chat: ChatActions, words: string): void {
  chat.change({ mode: 'plan' });
  if (words === '') chat.say(modeText('plan'));
  else chat.send(words);
}

async function setModel(chat: ChatActions, words: string): Promise<void> {
  if (words !== '') {
    chat.change({ model: words, window: undefined });
    return chat.say(`The next turns are answered by \`${visibleLine(words)}\`.`);
  }
  const { chat: chosen, models } = await chat.assistant.models.list();
  const rows = models
    .filter(({ can }) => can.includes('generate'))
    .map(({ ref, contextLength }) => `- \`${ref}\` ${contextLength > 0 ? `${contextLength} tokens` : ''}`);
  chat.say(
    `The model that answers: \`${chat.view().model ?? chosen}\`.\n\n${rows.length === 0 ? 'No model is installed: `nootropic models recommend` names those that fit this machine.' : rows.join('\n')}`,
  );
}

type Outcome = Awaited<ReturnType<Assistant['changes']['undo']>>;

function stepOf(words: string): { step?: number } {
  if (words === '') return {};
  const step = Number(words);
  if (!Number.isInteger(step) || step < 1)
    throw new NootropicError('USAGE', `\`${words}\` is no number of a step.`, { hint: '`/history` lists the steps.' });
  return { step };
}

async function takeBack(chat: ChatActions, how: 'undo' | 'redo', words: string): Promise<void> {
  const outcome = await chat.assistant.changes[how]({ workspace: chat.workspace, ...stepOf(words) });
  chat.say(outcomeText(outcome, how === 'undo' ? 'Taken back' : 'Made again'));
}

/** What was restored and what could not be. */
export function outcomeText({ steps, restored, conflicts, lost }: Outcome, title: string): string {
  if (steps.length === 0 && conflicts.length === 0) return 'There is nothing to take back.';
  const lines = [
    ...restored.map(({ path, change }) => `- \`${path}\` ${change}`),
    ...conflicts.map(({ path, reason }) => `- \`${path}\` left as it is: ${reason}`),
    ...lost.map((path) => `- \`${path}\` is kept no more`),
  ];
  return `**${title}:** ${steps.map(({ id, label }) => `${id} ${label}`).join('; ') || 'nothing'}\n\n${lines.join('\n')}`;
}

async function showDiff(chat: ChatActions, words: string): Promise<void> {
  const { sessionId } = chat.view().state;
  const selection = words === '' ? (sessionId === undefined ? {} : { sessionId }) : stepOf(words);
  const { diff } = await chat.assistant.changes.diff({ workspace: chat.workspace, ...selection });
  if (diff === '') chat.say('Nothing was changed.');
  else chat.showDiff(diff);
}

async function listChanges({ assistant, workspace, say }: ChatActions): Promise<void> {
  const steps = await assistant.changes.list({ workspace, limit: 20 });
  const rows = steps.map(({ id, label, state, changes }) => {
    const files = changes.map(({ path }) => `\`${path}\``).join(', ');
    return `- **${id}** ${label}${files === '' ? '' : `: ${files}`}${state === 'undone' ? ' (undone)' : ''}`;
  });
  say(rows.length === 0 ? 'Agents have changed nothing here.' : rows.join('\n'));
}

const rewindKinds = ['conversation', 'code', 'both'] as const;

async function rewind(chat: ChatActions, words: string): Promise<void> {
  const { sessionId } = chat.view().state;
  if (sessionId === undefined) return chat.say('Nothing was said yet.');
  const parts = words.split(/\s+/u).filter((part) => part !== '');
  const what = rewindKinds.find((kind) => parts.includes(kind)) ?? 'both';
  const turnId = parts.find((part) => !(rewindKinds as readonly string[]).includes(part));
  if (turnId === undefined) return listTurns(chat, sessionId);
  const { code } = await chat.assistant.sessions.rewind({ id: sessionId, turnId, what });
  chat.say(
    `Back to before turn \`${visibleLine(turnId)}\` (${what}).${code === undefined ? '' : `\n\n${outcomeText(code, 'Taken back')}`}`,
  );
}

async function listTurns({ assistant, say }: ChatActions, id: string): Promise<void> {
  const { events } = await assistant.sessions.show({ id });
  const rows = events.flatMap((event) =>
    event.type === 'turn-start' ? [`- \`${event.turnId.slice(0, 8)}\` ${visibleLine(String(event['text']))}`] : [],
  );
  say(
    `Go back to before which turn? \`/rewind TURN\`, with \`conversation\`, \`code\` or \`both\`.\n\n${rows.join('\n')}`,
  );
}

async function listSessions({ assistant, workspace, say }: ChatActions): Promise<void> {
  const sessions = (await assistant.sessions.list()).filter((session) => session.workspace === workspace).slice(0, 15);
  const rows = sessions.map(
    ({ id, title, updatedAt }) =>
      `- \`${id.slice(0, 8)}\` ${visibleLine(title)} (${new Date(updatedAt).toISOString().slice(0, 16).replace('T', ' ')})`,
  );
  say(
    rows.length === 0
      ? 'There is no conversation about this folder yet.'
      : `${rows.join('\n')}\n\n\`/resume ID\` goes on with one.`,
  );
}

function statusText({ view, workspace }: ChatActions): string {
  const { state, mode, model, agent, window, trusted, sandbox } = view();
  const rows = [
    `folder: \`${workspace}\`, ${trusted === true ? 'trusted' : 'not trusted'}`,
    `mode: ${mode}${agent === undefined ? '' : `, agent ${agent}`}`,
    `model: \`${model ?? (state.model || 'none so far')}\``,
    `sandbox: ${sandbox === undefined ? 'not needed so far' : sandbox ? 'commands run in it' : 'there is none; every command is asked for'}`,
    `context: ${state.promptTokens === undefined ? 'nothing read yet' : `${state.promptTokens} tokens${window === undefined ? '' : ` of ${window}`}`}`,
    `cache: ${state.reused === undefined ? 'nothing read yet' : `${Math.round(state.reused * 100)}% of the last prompt needed no reading`}`,
    `session: ${state.sessionId === undefined ? 'begins with the first message' : `\`${state.sessionId}\``}`,
  ];
  return rows.map((row) => `- ${row}`).join('\n');
}

async function permissions(chat: ChatActions, words: string): Promise<void> {
  if (words === '')
    return chat.say(
      '`/permissions COMMAND` tells what the rules say of a command. Rules are settings: `nootropic config explain permissions.rules`.',
    );
  const verdict = await chat.assistant.permissions.check({
    workspace: chat.workspace,
    tool: 'run',
    subject: words,
    mode: chat.view().mode,
  });
  const offers = (verdict.offers ?? []).map((rule) => `- rule on offer: ${ruleText(rule)}`);
  chat.say(`**${verdict.decision}:** ${verdict.reason}${offers.length === 0 ? '' : `\n\n${offers.join('\n')}`}`);
}

async function trust(chat: ChatActions, words: string): Promise<void> {
  const { assistant, workspace } = chat;
  const found =
    words === 'yes' || words === 'no'
      ? await assistant.trust.set({ workspace, trusted: words === 'yes' })
      : await assistant.trust.show({ workspace });
  chat.change({ trusted: found.trusted });
  const rows = [
    ...found.instructions.map(({ path }) => `- instructions: \`${path}\``),
    ...found.agents.map(({ name, description }) => `- agent \`${name}\`: ${description}`),
    ...found.skills.map(({ name, description }) => `- skill \`${name}\`: ${description}`),
    ...found.commands.map(({ name, description }) => `- command \`/${name}\`: ${description}`),
    ...found.hooks.map(({ event, command }) => `- hook at ${event}: \`${command}\``),
    ...found.ignored.map(({ path, what, reason }) => `- left out: \`${path}\` (${what}): ${reason}`),
  ];
  chat.say(
    `This folder is ${found.trusted ? '**trusted**; `/trust no` ends that' : '**not trusted**; `/trust yes` lets what it holds count'}.\n\n${rows.join('\n')}`,
  );
}

async function agents(chat: ChatActions, words: string): Promise<void> {
  const found = (await chat.assistant.trust.show({ workspace: chat.workspace })).agents;
  const known = [...builtInAgents, ...found.map(({ name, description }) => ({ name, description }))];
  if (words === 'none' || words === 'default') {
    chat.change({ agent: undefined });
    return chat.say('The usual agent answers again.');
  }
  if (words !== '') {
    if (!known.some(({ name }) => name === words))
      return chat.change({ flash: `There is no agent ${words}. /agents lists them.` });
    chat.change({ agent: words });
    return chat.say(`\`${words}\` answers from here on; \`/agents none\` ends that.`);
  }
  chat.say(known.map(({ name, description }) => `- \`${name}\` ${description}`).join('\n'));
}

const builtInAgents = [
  { name: 'commit', description: 'writes a commit message from the changes' },
  { name: 'review', description: 'looks for faults in the changes' },
  { name: 'explain', description: 'explains code' },
  { name: 'test', description: 'writes tests' },
];

async function skills({ assistant, workspace, say }: ChatActions): Promise<void> {
  const found = (await assistant.trust.show({ workspace })).skills;
  say(
    found.length === 0
      ? 'No skills. A skill is a folder with a `SKILL.md`.'
      : found.map(({ name, description }) => `- \`${name}\` ${description}`).join('\n'),
  );
}

async function overChange(chat: ChatActions, agent: 'commit' | 'review', words: string): Promise<void> {
  const turn = await turnOverChange(chat, agent, { words, characters: usualDiffRoom });
  if ('said' in turn) chat.say(turn.said);
  else chat.send(turn.input.text, turn.input.agent, turn.input.attachments);
}
