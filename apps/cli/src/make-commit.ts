import { exitCodes, NootropicError, type Assistant, type DiffAnswer } from '@nootropic/contracts';
import { userModelRef, withAssistant, workspaceOf, type Cli, type CommonOptions } from './cli.ts';
import { cleanMessage, plainMessage } from './commit-message.ts';
import { diffRoom } from './diff-room.ts';
import { exitCodeOf } from './failure.ts';
import type { Host } from './host.ts';
import { notWholeLines } from './not-whole-lines.ts';
import { mustRunOwnGit, runOwnGit } from './own-git.ts';
import { quietTurn } from './quiet-turn.ts';
import { count } from './sizes.ts';

export interface CommitOptions extends CommonOptions {
  readonly all?: boolean;
  readonly message?: string;
  readonly dryRun?: boolean;
  readonly yes?: boolean;
  readonly model?: string;
}

interface Written {
  readonly message: string;
  /** `rule`: no model wrote it. */
  readonly by: 'model' | 'rule';
}

/** Writes the message of a commit, and commits where a person, or `--yes`, says so. Gives the exit code. */
export async function makeCommit(cli: Cli, options: CommitOptions): Promise<number> {
  const workspace = await workspaceOf(cli, options);
  const json = options.json === true;
  const { diff, written } = await withAssistant(cli, async (assistant, host) => {
    const diff = await changesOf(cli, assistant, { host, workspace, options });
    if (!json) for (const line of notWholeLines(cli, diff)) await cli.talk(line);
    return { diff, written: await write(cli, assistant, { workspace, diff, options }) };
  });
  if (!json) await cli.out(`${cli.clean(written.message)}\n`);
  const how = await decide(cli, options);
  const commit = how === 'no' ? undefined : await commitNow(cli, { workspace, message: written.message, how, options });
  if (json) {
    const files = diff.files.map(({ path, shown, reason }) => ({
      path,
      shown,
      ...(reason !== undefined && { reason }),
    }));
    await cli.json({ ...written, files, committed: commit ?? null });
  } else if (commit !== undefined)
    await cli.talk(`Committed ${commit.slice(0, 10)} (${count(diff.files.length, 'file')}).\n`);
  else if (options.dryRun !== true) await cli.talk('Nothing was committed.\n');
  return exitCodes.ok;
}

async function changesOf(
  cli: Cli,
  assistant: Assistant,
  { host, workspace, options }: { readonly host: Host; readonly workspace: string; readonly options: CommitOptions },
): Promise<DiffAnswer> {
  const characters = await diffRoom(assistant, host, options.model);
  const of = options.all === true ? 'tracked' : 'staged';
  const diff = await assistant.git.diff({ workspace, of, everywhere: true, characters }, { signal: cli.signal });
  if (diff.files.length > 0) return diff;
  throw options.all === true
    ? new NootropicError('NOT_FOUND', 'There is nothing to commit: no file that git knows has changed.', {
        hint: 'New files have to be staged first: `git add PATH`.',
      })
    : new NootropicError('NOT_FOUND', 'Nothing is staged.', {
        hint: 'Stage what belongs into the commit with `git add PATH`, or take every change with `nootropic commit -a`.',
      });
}

async function write(
  cli: Cli,
  assistant: Assistant,
  {
    workspace,
    diff,
    options,
  }: { readonly workspace: string; readonly diff: DiffAnswer; readonly options: CommitOptions },
): Promise<Written> {
  const hint = options.message?.trim() ?? '';
  const byRule: Written = { message: withHint(plainMessage(diff.files), hint), by: 'rule' };
  if (options.model === 'none') return byRule;
  const json = options.json === true;
  const text = `Write the message of this commit.${hint === '' ? '' : `\nIts author says: ${hint}`}`;
  const { text: answer, error } = await quietTurn(cli, assistant, {
    input: {
      ...{ workspace, text, agent: 'commit', mode: 'plan' },
      attachments: [{ kind: 'text', name: 'changes.diff', text: diff.text }],
      ...(options.model !== undefined && { model: userModelRef(cli, options.model) }),
    },
    json,
  });
  // With a model that was asked for by name, silence about its failure would be a wrong answer.
  if (error !== undefined && (options.model !== undefined || exitCodeOf(error.code) !== exitCodes.noModel))
    throw new NootropicError(error.code as NootropicError['code'], error.message, { hint: error.hint });
  const message = cleanMessage(answer);
  if (message !== '') return { message, by: 'model' };
  const why = error === undefined ? 'The model wrote none' : 'There is no model to write it';
  await cli.talk(`note: ${why}: this message is made by rule, from the names of files and symbols.\n`);
  return byRule;
}

function withHint(message: string, hint: string): string {
  if (hint === '') return message;
  const [subject, ...body] = message.split('\n');
  return [hint, '', subject, ...body].join('\n');
}

/** What becomes of the message. */
async function decide(cli: Cli, options: CommitOptions): Promise<'yes' | 'edit' | 'no'> {
  if (options.dryRun === true) return 'no';
  if (options.yes === true) return 'yes';
  const { stdin, stderr } = cli.surroundings;
  if (options.json === true || stdin.kind !== 'terminal' || !stderr.isTTY) return 'no';
  const { cyan } = cli.errorStyle;
  await cli.talk(`\n${cyan('Enter')} commit  ${cyan('e')} edit it first  ${cyan('n')} leave it `);
  for (;;) {
    const key = await stdin.readKey();
    const meant = cli.signal.aborted || key === '' ? 'no' : keys[key.toLowerCase()];
    if (meant === undefined) continue;
    await cli.talk('\n');
    return meant;
  }
}

const keys: Readonly<Record<string, 'yes' | 'edit' | 'no'>> = {
  ...{ '\r': 'yes', '\n': 'yes', y: 'yes', e: 'edit', n: 'no', q: 'no', '\u001b': 'no' },
};

/** Commits as the user would, hooks and all; gives the hash. */
async function commitNow(
  cli: Cli,
  {
    workspace: cwd,
    message,
    how,
    options,
  }: {
    readonly workspace: string;
    readonly message: string;
    readonly how: 'yes' | 'edit';
    readonly options: CommitOptions;
  },
): Promise<string> {
  const { env, stdin } = cli.surroundings;
  const at = stdin.kind === 'terminal' && options.json !== true ? 'terminal' : 'nowhere';
  const args = [
    'commit',
    `--message=${message}`,
    ...(options.all === true ? ['--all'] : []),
    ...(how === 'edit' ? ['--edit'] : []),
  ];
  const { code, out, err } = await runOwnGit(args, { cwd, env, at });
  if (code !== 0)
    throw new NootropicError(
      'COMMAND_FAILED',
      `git did not commit.${[out, err].map((words) => (words.trim() === '' ? '' : `\n${words.trim()}`)).join('')}`,
      {
        hint: 'See what git or a hook of yours said; the message was: ' + (message.split('\n')[0] ?? ''),
      },
    );
  return (await mustRunOwnGit(['rev-parse', 'HEAD'], { cwd, env })).trim();
}
