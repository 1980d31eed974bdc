import { createApprovalMemory, type ApprovalMemory } from './approval-memory.ts';

/** What was answered in one session; nothing of it outlives the process. */
export interface SessionLeave {
  readonly memory: ApprovalMemory;
  /** The answer to the question whether the project's own programs may run unconfined. */
  readonly said: { programs?: boolean };
  /** What the files of hooks held when the session first saw them, as a hash by their path. */
  readonly hooks: Map<string, string>;
}

export interface SessionLeaves {
  /** Of a session in a workspace. `hash` is that of a file of the workspace by its path. */
  of(sessionId: string, hash: (path: string) => Promise<string | undefined>): SessionLeave;
  forget(sessionId: string): void;
}

export function createSessionLeaves(): SessionLeaves {
  const leaves = new Map<string, SessionLeave>();
  return {
    of(sessionId, hash) {
      const known = leaves.get(sessionId);
      if (known) return known;
      const leave = { memory: createApprovalMemory({ hash }), said: {}, hooks: new Map<string, string>() };
      leaves.set(sessionId, leave);
      return leave;
    },
    forget: (sessionId) => void leaves.delete(sessionId),
  };
}
