import type { SessionLog } from '@nootropic/contracts';

/**
 * A session log that opens its file when it is first asked: what needs no session - a search, `doctor` - works
 * where the file cannot be opened, and says why where it is needed.
 */
export function createLazySessionLog(open: () => SessionLog): SessionLog {
  let log: SessionLog | undefined;
  const opened = () => (log ??= open());
  return {
    create: async (session) => opened().create(session),
    append: async (sessionId, events) => opened().append(sessionId, events),
    read: async (sessionId, after) => opened().read(sessionId, after),
    find: async (id) => opened().find(id),
    list: async (matching) => opened().list(matching),
    change: async (sessionId, to) => opened().change(sessionId, to),
    [Symbol.asyncDispose]: async () => log?.[Symbol.asyncDispose](),
  };
}
