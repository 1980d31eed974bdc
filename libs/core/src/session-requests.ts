import {
  isKnownEvent,
  NootropicError,
  type Assistant,
  type FoundSession,
  type Session,
  type SessionHit,
  type TurnEvent,
} from '@nootropic/contracts';
import { groupByTurn } from './prompt.ts';
import { createRewind, type RewindPorts } from './rewind.ts';
import type { SessionLeaves } from './session-leaves.ts';
import { withoutPictures } from './images.ts';
import { exportName, sessionMarkdown } from './session-markdown.ts';
import { turnIn } from './session-turns.ts';
import { createTurnAccount, type TurnAccountPorts } from './turn-account.ts';

export interface SessionRequestPorts extends RewindPorts, TurnAccountPorts {
  readonly leaves: Pick<SessionLeaves, 'forget'>;
}

/** Characters of the changes of one turn in a document. */
const diffCharacters = 20_000;
const longestTitle = 200;

/** Conversations that are kept: what `sessions` of the contract asks. */
export function createSessionRequests(ports: SessionRequestPorts): Assistant['sessions'] {
  const { sessions, leaves, workplace, newId, now } = ports;
  return {
    list: async () => (await sessions.list()).map(plain),
    show: async ({ id }) => {
      const session = await sessions.find(id);
      return { session, events: await sessions.read(session.id) };
    },
    rewind: createRewind(ports),
    remove: async ({ id }) => {
      const session = await sessions.change((await sessions.find(id)).id, 'removed');
      leaves.forget(session.id);
      return session;
    },
    search: async ({ query, workspace, limit = 20 }) =>
      (await sessions.list({ query, limit, ...(workspace !== undefined && { workspace }) })).map(hitOf),
    rename: async ({ id, title }) => {
      const text = title.replace(/\s+/gu, ' ').trim().slice(0, longestTitle);
      if (text === '') throw new NootropicError('INPUT_INVALID', 'A title needs a letter at least.');
      return sessions.change((await sessions.find(id)).id, { title: text });
    },
    fork: async ({ id, turnId }) => {
      const session = await sessions.find(id);
      const events = await sessions.read(session.id);
      const last = turnId === undefined ? events.at(-1) : turnIn(events, turnId, session.id).at(-1);
      const forkId = newId();
      return sessions.create({
        id: forkId,
        workspace: session.workspace,
        title: titleOfFork(session.title),
        createdAt: now(),
        events: copies(events.slice(0, last?.seq ?? 0), { sessionId: forkId, newId }),
      });
    },
    export: async ({ id, format = 'markdown' }) => {
      const session = await sessions.find(id);
      const events = await sessions.read(session.id);
      if (format === 'json')
        return {
          name: exportName(session, 'json'),
          text: `${JSON.stringify({ session, events: withoutPictures(events) }, null, 2)}\n`,
        };
      const turns = await Promise.all(
        groupByTurn(events).map(async (turn) => ({ events: turn, diff: await diffOf(workplace, session, turn) })),
      );
      return { name: exportName(session, 'md'), text: sessionMarkdown(session, turns) };
    },
    why: createTurnAccount(ports),
  };
}

function plain({ id, title, workspace, createdAt, updatedAt, events }: Session): Session {
  return { id, title, workspace, createdAt, updatedAt, events };
}

function hitOf({ found, ...session }: FoundSession): SessionHit {
  const { turnId, snippet = session.title } = found ?? {};
  return { session, snippet, ...(turnId !== undefined && { turnId }) };
}

/** `Where is it?` becomes `Where is it? (2)`, and that `Where is it? (3)`. */
function titleOfFork(title: string): string {
  const [, name = title, count = '1'] = /^(.*) \((\d{1,6})\)$/u.exec(title) ?? [];
  const ending = ` (${Number(count) + 1})`;
  return `${name.slice(0, longestTitle - ending.length)}${ending}`;
}

/**
 * The same events as those of another session. Its turns get ids of their own and name no step of the journal: what was changed on the disk is
 * taken back by the session that did it, and by no copy.
 */
function copies(
  events: readonly TurnEvent[],
  { sessionId, newId }: { readonly sessionId: string; readonly newId: () => string },
): TurnEvent[] {
  const ids = new Map<string, string>();
  const idOf = (turnId: string): string => {
    const known = ids.get(turnId) ?? newId();
    ids.set(turnId, known);
    return known;
  };
  return events.map((event) => {
    const copy = { ...event, sessionId, turnId: idOf(event.turnId) };
    if (!isKnownEvent(copy)) return copy;
    if (copy.type === 'rewind') return { ...copy, toTurn: idOf(copy.toTurn) };
    if (copy.type !== 'file-change' && copy.type !== 'check-result') return copy;
    const { step: _step, ...rest } = copy;
    return rest;
  });
}

/** What a turn changed, as far as the journal has it still; a folder that is gone has none. */
async function diffOf(
  workplace: RewindPorts['workplace'],
  session: Session,
  turn: readonly TurnEvent[],
): Promise<string> {
  const turnId = turn[0]?.turnId;
  if (turnId === undefined || !turn.some(({ type }) => type === 'file-change')) return '';
  try {
    const journal = await (await workplace(session.workspace)).journal();
    return await journal.diff({ turnId }, { maxCharacters: diffCharacters });
  } catch (cause) {
    const { code } = NootropicError.from(cause);
    if (code === 'PATH_NOT_FOUND' || code === 'NOT_FOUND') return '';
    throw cause;
  }
}
