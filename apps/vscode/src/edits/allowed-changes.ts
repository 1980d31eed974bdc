import type { TurnEvent } from '@nootropic/contracts';

/**
 * Remembers which changes a person has looked at and allowed, one by one: those need no second review. A change that was allowed by a rule, or by nobody, is
 * not among them.
 */
export function createAllowedChanges(): {
  see(event: TurnEvent): void;
  /** Whether this change of a file was allowed by a person. Each leave counts for one change. */
  take(event: TurnEvent): boolean;
} {
  /** What is asked for, by request; what was allowed and is not made yet, by session and path. */
  const asked = new Map<string, readonly string[]>();
  const allowed = new Set<string>();
  const keyOf = (sessionId: string, path: string) => `${sessionId} ${path}`;
  return {
    see(event) {
      const { requestId, paths } = event as { requestId?: unknown; paths?: unknown };
      if (event.type === 'approval-request' && typeof requestId === 'string' && Array.isArray(paths))
        asked.set(requestId, paths);
      if (event.type === 'approval-answer' && typeof requestId === 'string') {
        const { decision, automatic } = event as { decision?: unknown; automatic?: unknown };
        if (decision === 'allow' && automatic !== true)
          for (const path of asked.get(requestId) ?? []) allowed.add(keyOf(event.sessionId, path));
        asked.delete(requestId);
      }
      if (event.type === 'turn-end' || event.type === 'turn-error')
        for (const key of allowed) if (key.startsWith(`${event.sessionId} `)) allowed.delete(key);
    },
    take(event) {
      const { path } = event as { path?: unknown };
      return typeof path === 'string' && allowed.delete(keyOf(event.sessionId, path));
    },
  };
}
