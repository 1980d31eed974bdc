import { stat } from 'node:fs/promises';
import { isAbsolute, join, relative, sep } from 'node:path';
import { NootropicError, type AgentMode, type Assistant, type Attachment, type SendInput } from '@nootropic/contracts';
import { userModelRef, withAssistant, workspaceOf, type Cli, type CommonOptions } from './cli.ts';
import { followTask } from './run-task.ts';

export interface CodeTaskOptions extends CommonOptions {
  readonly mode?: AgentMode;
  readonly model?: string;
  readonly verbose?: boolean;
}

/** Lines before and after the one that is named. */
const around = { before: 20, after: 60 };
const mostDefinitions = 3;

/** Explains a place or a symbol. Gives the exit code. */
export function explainCode(cli: Cli, what: string, options: CodeTaskOptions): Promise<number> {
  return work(cli, what, { options, agent: 'explain', mode: 'plan', order: (name) => `Explain ${name}.` });
}

/** Writes tests for a place or a symbol, and runs them. Gives the exit code. */
export function writeTests(cli: Cli, what: string, options: CodeTaskOptions): Promise<number> {
  return work(cli, what, { options, agent: 'test', order: (name) => `Write tests for ${name}, and run them.` });
}

interface Work {
  readonly options: CodeTaskOptions;
  readonly agent: string;
  readonly mode?: AgentMode;
  readonly order: (name: string) => string;
}

async function work(cli: Cli, what: string, { options, agent, mode, order }: Work): Promise<number> {
  const workspace = await workspaceOf(cli, options);
  return withAssistant(cli, async (assistant, host) => {
    const attachments = (await placeMeant(workspace, what)) ?? (await symbolMeant(assistant, workspace, what));
    const { stdin, stderr } = cli.surroundings;
    const input: SendInput = {
      ...{ workspace, agent, text: order(what), attachments },
      mode: mode ?? options.mode ?? (await host.config()).agent?.mode ?? 'ask',
      attended: options.json !== true && stdin.kind === 'terminal' && stderr.isTTY,
      ...(options.model !== undefined && { model: userModelRef(cli, options.model) }),
    };
    return followTask(cli, assistant, { input, options });
  });
}

/** A file of the workspace, or the lines around one of it; undefined where the word names none. */
async function placeMeant(workspace: string, what: string): Promise<Attachment[] | undefined> {
  const [, named = what, line] = /^(.+?):(\d+)$/u.exec(what) ?? [];
  for (const [word, at] of [[what, undefined] as const, [named, line] as const]) {
    const path = isAbsolute(word) ? relative(workspace, word) : word;
    const found = await stat(join(workspace, path)).catch(() => undefined);
    if (found === undefined) continue;
    if (path.split(/[/\\]/u)[0] === '..' || isAbsolute(path))
      throw new NootropicError('PATH_OUTSIDE_ROOT', `${word} leads out of ${workspace}.`);
    if (!found.isFile())
      throw new NootropicError('INPUT_INVALID', `${word} is not a file.`, { hint: 'Name a file, or a symbol.' });
    const center = Number(at);
    const range =
      at === undefined ? {} : { startLine: Math.max(1, center - around.before), endLine: center + around.after };
    return [{ kind: 'file', path: path.split(sep).join('/'), ...range }];
  }
  return undefined;
}

async function symbolMeant(assistant: Assistant, workspace: string, name: string): Promise<Attachment[]> {
  const found = await assistant.symbol({ workspace, name });
  if (found.length === 0)
    throw new NootropicError('NOT_FOUND', `There is no file and no symbol ${name} here.`, {
      hint: `Look for it: nootropic search "symbol:${name}"`,
    });
  return found.slice(0, mostDefinitions).map(({ definition: { path, startLine, endLine } }) => ({
    ...{ kind: 'file', path, startLine, endLine },
  }));
}
