import {
  errorTable,
  isKnownEvent,
  NootropicError,
  type Assistant,
  type Config,
  type DiffAnswer,
  type ErrorBody,
  type ErrorCode,
  type SendInput,
  type TurnEvent,
} from '@nootropic/contracts';
import { cleanMessage, plainMessage } from './commit-message.ts';
import type { Models } from './models.ts';
import { lineCounter, readFindings } from './review-findings.ts';
import { stoppable } from './stoppable.ts';
import type { WorkplacePorts } from './workplace.ts';

export interface GitAgentPorts extends Pick<WorkplacePorts, 'workplace'> {
  readonly diff: Assistant['git']['diff'];
  readonly send: Assistant['send'];
  readonly models: Pick<Models, 'list'>;
  readonly config: Pick<Config, 'models'>;
}

interface CallOptions {
  readonly signal?: AbortSignal | undefined;
}

type Input<Name extends 'review' | 'message'> = Parameters<Assistant['git'][Name]>[0];
type Item<Name extends 'review' | 'message'> =
  Awaited<ReturnType<Assistant['git'][Name]>> extends AsyncIterable<infer T> ? T : never;

/** Tokens that are assumed where a model does not say how much it reads. */
const usualContext = 8192;
/** Characters of a token, on the low side, and the part of the room that a diff may take: beside it stand the rules, what is looked up, and the answer. */
const perToken = 3;
const share = 0.45;
const room = { least: 2000, most: 60_000 };

/**
 * Agents that speak about changes, with what they say read, checked and cleaned: `git.review` and `git.message` of the contract. The events of
 * their turn pass through; a turn that fails is thrown after its events, and one that is aborted ends in `ABORTED`.
 */
export function createGitAgents(ports: GitAgentPorts): Pick<Assistant['git'], 'review' | 'message'> {
  const { diff, send, workplace } = ports;

  /** How many characters of a diff the model that will answer can read. */
  const roomFor = async (model: string | undefined): Promise<number> => {
    const { chat, models } = await ports.models.list();
    const known = models.find(({ ref, name }) => ref === (model ?? chat) || name === model)?.contextLength ?? 0;
    const lengths = [known, ports.config.models.contextLength ?? 0].filter((length) => length > 0);
    const tokens = lengths.length > 0 ? Math.min(...lengths) : usualContext;
    return Math.round(Math.min(room.most, Math.max(room.least, tokens * perToken * share)));
  };

  /** A turn about a change; its events, then what was said. */
  async function* speak(
    input: SendInput,
    signal: AbortSignal,
  ): AsyncGenerator<{ readonly type: 'event'; readonly event: TurnEvent }, Said> {
    let said: Said | undefined;
    for await (const event of await send(input, { signal })) {
      yield { type: 'event', event };
      if (!isKnownEvent(event)) continue;
      if (event.type === 'turn-end' && event.reason !== 'aborted') said = { text: event.text };
      else if (event.type === 'turn-error') said = { text: '', error: event.error };
    }
    if (signal.aborted || !said) throw new NootropicError('ABORTED', 'The turn was interrupted.');
    return said;
  }

  async function* review(input: Input<'review'>, signal: AbortSignal): AsyncGenerator<Item<'review'>, void> {
    const { workspace, of = 'uncommitted', revision, paths, model } = input;
    const asked = { workspace, of, ...(revision !== undefined && { revision }), ...(paths && { paths }) };
    const change = await diff({ ...asked, characters: await roomFor(model) }, { signal });
    if (change.files.length === 0)
      throw new NootropicError('NOT_FOUND', 'There is no change to review.', { hint: nothingToReview[of] });
    yield { type: 'change', files: change.files };
    const { text, error } = yield* speak(
      turnAbout(change, { workspace, model, agent: 'review', text: 'Review the attached change.' }),
      signal,
    );
    if (error) throw errorOf(error);
    const found = await readFindings(text, lineCounter((await workplace(workspace)).files));
    yield { type: 'findings', ...found, files: change.files };
  }

  async function* message(input: Input<'message'>, signal: AbortSignal): AsyncGenerator<Item<'message'>, void> {
    const { workspace, of = 'staged', model } = input;
    const hint = input.hint?.trim() ?? '';
    const change = await diff({ workspace, of, everywhere: true, characters: await roomFor(model) }, { signal });
    if (change.files.length === 0)
      throw new NootropicError('NOT_FOUND', nothingToCommit[of].message, { hint: nothingToCommit[of].hint });
    const { files } = change;
    yield { type: 'change', files };
    const byRule = {
      type: 'message' as const,
      message: withHint(plainMessage(files), hint),
      by: 'rule' as const,
      files,
    };
    if (model === 'none') {
      yield byRule;
      return;
    }
    const text = `Write the message of this commit.${hint === '' ? '' : `\nIts author says: ${hint}`}`;
    const said = yield* speak(turnAbout(change, { workspace, model, agent: 'commit', text }), signal);
    // With a model that was asked for by name, silence about its failure would be a wrong answer.
    if (said.error && (model !== undefined || !isNoModel(said.error))) throw errorOf(said.error);
    const written = cleanMessage(said.text);
    yield written === '' ? byRule : { type: 'message', message: written, by: 'model', files };
  }

  return {
    review: async (input, options?: CallOptions) => stoppable((signal) => review(input, signal), options?.signal),
    message: async (input, options?: CallOptions) => stoppable((signal) => message(input, signal), options?.signal),
  };
}

interface Said {
  /** Empty where the turn ended in an error. */
  readonly text: string;
  readonly error?: ErrorBody;
}

type Reviewed = NonNullable<Input<'review'>['of']>;
type Committed = NonNullable<Input<'message'>['of']>;

const nothingToReview: Readonly<Record<Reviewed, string>> = {
  uncommitted: 'Everything is committed: name a revision, such as `nootropic review HEAD`.',
  staged: 'Nothing is staged: `git add PATH`, or look at all that is not committed.',
  revision: 'The revision changed nothing in this folder.',
};

const nothingToCommit: Readonly<Record<Committed, { readonly message: string; readonly hint: string }>> = {
  staged: {
    message: 'Nothing is staged.',
    hint: 'Stage what belongs into the commit with `git add PATH`, or take every change with `nootropic commit -a`.',
  },
  tracked: {
    message: 'There is nothing to commit: no file that git knows has changed.',
    hint: 'New files have to be staged first: `git add PATH`.',
  },
  uncommitted: { message: 'There is nothing to commit.', hint: 'Everything is committed.' },
};

function turnAbout(
  { text: diff }: DiffAnswer,
  asked: {
    readonly workspace: string;
    readonly model: string | undefined;
    readonly agent: string;
    readonly text: string;
  },
): SendInput {
  const { workspace, model, agent, text } = asked;
  return {
    ...{ workspace, agent, text, mode: 'plan' },
    attachments: [{ kind: 'text', name: 'changes.diff', text: diff }],
    ...(model !== undefined && { model }),
  };
}

/** The rule's message under what its author says of it. */
function withHint(message: string, hint: string): string {
  return hint === '' ? message : `${hint}\n\n${message}`;
}

function isNoModel({ code }: ErrorBody): boolean {
  return code in errorTable && errorTable[code as ErrorCode].exit === 'noModel';
}

function errorOf({ code, message, hint }: ErrorBody): NootropicError {
  return new NootropicError(code in errorTable ? (code as ErrorCode) : 'INTERNAL', message, { hint });
}
