import { NootropicError, type Session, type SessionLog, type TurnEvent } from '@nootropic/contracts';

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
  const newestFirst = () => [...sessions.values()].reverse().map(({ session }) => session);

  return {
    async create({ id, title, workspace, createdAt }) {
      if (id === '' || id === 'latest')
        throw new NootropicError('INPUT_INVALID', `A session cannot have the id ${JSON.stringify(id)}.`);
      if (sessions.has(id)) throw new NootropicError('INPUT_INVALID', `There is a session ${id} already.`);
      const session = { id, title, workspace, createdAt, updatedAt: createdAt, events: 0 };
      put(session, []);
      return session;
    },

    async append(sessionId, events) {
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
    },

    async read(sessionId, after = 0) {
      return existing(sessionId)
        .events.map((body) => JSON.parse(body) as TurnEvent)
        .filter((event) => event.seq > after);
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

    list: async () => newestFirst(),

    async remove(sessionId) {
      existing(sessionId);
      sessions.delete(sessionId);
    },

    async [Symbol.asyncDispose]() {},
  };
}
