import { stat } from 'node:fs/promises';
import { isAbsolute, join, relative } from 'node:path';
import { exitCodes, NootropicError, type Assistant, type Finding } from '@nootropic/contracts';
import { userModelRef, withAssistant, workspaceOf, type Cli, type CommonOptions } from './cli.ts';
import { quietTurn } from './quiet-turn.ts';

export interface ReviewOptions extends CommonOptions {
  readonly staged?: boolean;
  readonly fail?: boolean;
  readonly model?: string;
}

type Asked = Pick<Parameters<Assistant['git']['review']>[0], 'of' | 'revision' | 'paths'>;

/** Reviews a change and prints what was found. Gives the exit code. */
export async function reviewChanges(cli: Cli, what: readonly string[], options: ReviewOptions): Promise<number> {
  const workspace = await workspaceOf(cli, options);
  const json = options.json === true;
  const asked = await changeMeant(workspace, what, options);
  return withAssistant(cli, async (assistant) => {
    const model = options.model === undefined ? {} : { model: userModelRef(cli, options.model) };
    const { result } = await quietTurn(
      cli,
      await assistant.git.review({ workspace, ...asked, ...model }, { signal: cli.signal }),
      {
        json,
        onQuestion: async (question) =>
          json ? undefined : cli.talk(`${cli.errorStyle.dim(`· ${cli.cleanTalk(question.split('\n')[0] ?? '')}`)}\n`),
      },
    );
    if (!result) throw new NootropicError('ABORTED', 'The review ended before its findings.');
    const { findings, dropped } = result;
    if (json) {
      const files = result.files.map(({ path, shown, reason }) => ({
        path,
        shown,
        ...(reason !== undefined && { reason }),
      }));
      await cli.json({ findings, dropped, files });
    } else await print(cli, findings, dropped);
    return findings.length > 0 && options.fail === true ? exitCodes.error : exitCodes.ok;
  });
}

/** Words that are files or folders name a part of what is not committed; one other word is a revision. */
async function changeMeant(workspace: string, what: readonly string[], { staged, cwd }: ReviewOptions): Promise<Asked> {
  const places = await Promise.all(what.map((word) => placeIn(workspace, word)));
  const paths = places.filter((path) => path !== undefined);
  const [revision, ...more] = what.filter((_, at) => places[at] === undefined);
  if (more.length > 0)
    throw new NootropicError(
      'USAGE',
      `There is no file ${more[0] ?? ''}, and only one revision can be reviewed at a time.`,
    );
  if (revision !== undefined && staged === true)
    throw new NootropicError(
      'USAGE',
      `${revision} is no file${cwd === undefined ? '' : ' in that folder'}, and a revision cannot go with --staged.`,
    );
  const some = paths.length > 0 ? { paths } : {};
  if (revision !== undefined) return { of: 'revision', revision, ...some };
  return { of: staged === true ? 'staged' : 'uncommitted', ...some };
}

async function placeIn(workspace: string, word: string): Promise<string | undefined> {
  const path = isAbsolute(word) ? relative(workspace, word) : word;
  if (path.startsWith('..') || isAbsolute(path)) return undefined;
  return stat(join(workspace, path)).then(
    () => (path === '' ? '.' : path),
    () => undefined,
  );
}

async function print(cli: Cli, findings: readonly Finding[], dropped: number): Promise<void> {
  const { cyan, bold, dim } = cli.style;
  for (const { path, line, title, input, outcome } of findings)
    await cli.out(
      `${cyan(`${cli.cell(path)}:${line}`)} ${bold(cli.cell(title))}\n  input  ${cli.cell(input)}\n  wrong  ${cli.cell(outcome)}\n`,
    );
  if (findings.length === 0) await cli.out('No findings.\n');
  if (dropped > 0)
    await cli.talk(`${dim(`[Dropped: ${dropped} without a place in the files, or without a scenario that fails.]`)}\n`);
}
