import { exitCodes, NootropicError, type Assistant } from '@nootropic/contracts';
import { userModelRef, withAssistant, workspaceOf, type Cli, type CommonOptions } from './cli.ts';
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

/** Writes the message of a commit, and commits where a person, or `--yes`, says so. Gives the exit code. */
export async function makeCommit(cli: Cli, options: CommitOptions): Promise<number> {
  const workspace = await workspaceOf(cli, options);
  const json = options.json === true;
  const written = await withAssistant(cli, (assistant) => write(cli, assistant, { workspace, options }));
  if (!json) await cli.out(`${cli.clean(written.message)}\n`);
  const how = await decide(cli, options);
  const commit = how === 'no' ? undefined : await commitNow(cli, { workspace, message: written.message, how, options });
  if (json) {
    const files = written.files.map(({ path, shown, reason }) => ({
      path,
      shown,
      ...(reason !== undefined && { reason }),
    }));
    await cli.json({ message: written.message, by: written.by, files, committed: commit ?? null });
  } else if (commit !== undefined)
    await cli.talk(`Committed ${commit.slice(0, 10)} (${count(written.files.length, 'file')}).\n`);
  else if (options.dryRun !== true) await cli.talk('Nothing was committed.\n');
  return exitCodes.ok;
}

type Written = Extract<MessageItem, { type: 'message' }>;
type MessageItem = Awaited<ReturnType<Assistant['git']['message']>> extends AsyncIterable<infer Item> ? Item : never;

async function write(
  cli: Cli,
  assistant: Assistant,
  { workspace, options }: { readonly workspace: string; readonly options: CommitOptions },
): Promise<Written> {
  const hint = options.message?.trim() ?? '';
  const { model } = options;
  const items = await assistant.git.message(
    {
      ...{ workspace, of: options.all === true ? 'tracked' : 'staged' },
      ...(hint !== '' && { hint }),
      ...(model !== undefined && { model: userModelRef(cli, model) }),
    },
    { signal: cli.signal },
  );
  const { result, error } = await quietTurn(cli, items, { json: options.json === true });
  if (!result) throw new NootropicError('ABORTED', 'It ended before the message.');
  if (result.by === 'rule' && model !== 'none') {
    const why = error === undefined ? 'The model wrote none' : 'There is no model to write it';
    await cli.talk(`note: ${why}: this message is made by rule, from the names of files and symbols.\n`);
  }
  return result;
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
