import type { PathRole } from './path-role.ts';

/** What is made from a source or only declares it. */
export function isCopy(role: PathRole | undefined): boolean {
  return role === 'generated' || role === 'declarations';
}
