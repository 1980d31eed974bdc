import {
  isKnownEvent,
  NootropicError,
  type FoundSession,
  type Session,
  type SessionLog,
  type TurnEvent,
} from '@nootropic/contracts';

/** A session log in memory. It ends with the process; in everything else it is one. */
export function createMemorySessionLog({ now = Date.now }: { readonly now?: () => number } = {}): SessionLog {
  /** The last one changed is the last one in the map. */
  const sessions = new Map<string, { readonly session: Session; readonly events: readonly string[] }>();

  const existing = (id: string) => {
    const found = sessions.get(id);
    if (found === undefined) throw new NootropicError('SESSION_NOT_FOUND', `There is no session ${id}.`);
    return found;
  };
  const put = (session: Session, events: readonly string[]) => {
    sessions.delete(session.id);
    sessions.set(session.id, { session, events });
  };
  const eventsOf = (id: string) => existing(id).events.map((body) => JSON.parse(body) as TurnEvent);
  const newestFirst = () => [...sessions.values()].reverse().map(({ session }) => session);

  const append: SessionLog['append'] = async (sessionId, events) => {
    const { session, events: before } = existing(sessionId);
    if (events.length === 0) return;
    events.forEach((event, at) => {
      const seq = session.events + at + 1;
      if (event.seq !== seq)
        throw new NootropicError(
          'INPUT_INVALID',
          `Event ${event.seq} does not follow ${seq - 1} in session ${sessionId}.`,
        );
      if (event.sessionId !== sessionId)
        throw new NootropicError(
          'INPUT_INVALID',
          `Event ${event.seq} is of session ${event.sessionId}, not ${sessionId}.`,
        );
    });
    const all = [...before, ...events.map((event) => JSON.stringify(event))];
    put({ ...session, events: all.length, updatedAt: Math.max(session.updatedAt, now()) }, all);
  };

  return {
    append,

    async create({ id, title, workspace, createdAt, events = [] }) {
      if (id === '' || id === 'latest')
        throw new NootropicError('INPUT_INVALID', `A session cannot have the id ${JSON.stringify(id)}.`);
      if (sessions.has(id)) throw new NootropicError('INPUT_INVALID', `There is a session ${id} already.`);
      const session = { id, title, workspace, createdAt, updatedAt: createdAt, events: 0 };
      put(session, []);
      try {
        await append(id, events);
      } catch (error) {
        sessions.delete(id);
        throw error;
      }
      return existing(id).session;
    },

    async read(sessionId, after = 0) {
      return eventsOf(sessionId).filter((event) => event.seq > after);
    },

    async find(id) {
      if (id === 'latest') {
        const [latest] = newestFirst();
        if (latest === undefined) throw new NootropicError('SESSION_NOT_FOUND', 'There is no session yet.');
        return latest;
      }
      const exact = sessions.get(id);
      if (exact !== undefined) return exact.session;
      const matches = id === '' ? [] : [...sessions.values()].filter(({ session }) => session.id.startsWith(id));
      const [match] = matches;
      if (match === undefined)
        throw new NootropicError('SESSION_NOT_FOUND', `There is no session ${JSON.stringify(id)}.`);
      if (matches.length > 1) {
        throw new NootropicError(
          'SESSION_NOT_FOUND',
          `${JSON.stringify(id)} is ambiguous: ${matches.length} sessions begin so.`,
        );
      }
      return match.session;
    },

    async list(matching) {
      if (!matching) return newestFirst();
      const { query, workspace, limit = 20 } = matching;
      return newestFirst()
        .filter((session) => workspace === undefined || session.workspace === workspace)
        .flatMap((session) => look(session, eventsOf(session.id), query))
        .slice(0, limit);
    },

    async change(sessionId, to) {
      const { session, events } = existing(sessionId);
      if (to === 'removed') {
        sessions.delete(sessionId);
        return session;
      }
      const renamed = { ...session, title: to.title };
      // Where it is among the others stays.
      sessions.set(sessionId, { session: renamed, events });
      return renamed;
    },

    async [Symbol.asyncDispose]() {},
  };
}

/** The session with the turn in which the words are, where one has them with the title. */
function look(session: Session, events: readonly TurnEvent[], query: string): FoundSession[] {
  const asked = query
    .split(/\s+/u)
    .map(wordsIn)
    .filter((words) => words !== '');
  if (asked.length === 0) return [];
  const turns = new Map<string, string>([['', '']]);
  for (const event of events)
    if (isKnownEvent(event) && ['turn-start', 'user-message', 'turn-end'].includes(event.type) && 'text' in event)
      turns.set(event.turnId, `${turns.get(event.turnId) ?? ''} ${event.text ?? ''}`);
  const has = (text: string) => (words: string) => ` ${wordsIn(text)}`.includes(` ${words}`);
  const found = [...turns].filter(([, text]) => asked.every((words) => has(session.title)(words) || has(text)(words)));
  const [turn = '', text = ''] = found.find(([, said]) => asked.some(has(said))) ?? found[0] ?? [];
  if (found.length === 0) return [];
  if (!asked.some(has(text))) return [{ ...session, found: { snippet: session.title } }];
  return [{ ...session, found: { turnId: turn, snippet: text.replace(/\s+/gu, ' ').trim().slice(0, 200) } }];
}

/** Its words without capitals, accents and signs, a space between each two. */
function wordsIn(text: string): string {
  return text
    .normalize('NFD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .split(/[^\p{L}\p{N}]+/u)
    .filter((word) => word !== '')
    .join(' ');
}
