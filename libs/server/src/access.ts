import { clientRoles, type ClientRole, type WireRoute } from '@nootropic/contracts';

/** What a request must be, to be answered. */
export type Needs = ClientRole | 'anyone';

/**
 * The least role for every procedure of the assistant's contract, by its path in it. `read-only` looks at what is there; `user` acts, writes, or spends
 * more than a look does; `admin` changes settings, keys, or the host. A procedure that is missing here is for nobody, and a test fails.
 */
export const procedureAccess: Readonly<Record<string, ClientRole>> = {
  send: 'user',
  answer: 'user',
  steer: 'user',
  'turns.list': 'read-only',
  'turns.resume': 'read-only',
  'turns.stop': 'user',
  search: 'read-only',
  symbol: 'read-only',
  graph: 'read-only',
  map: 'read-only',
  gather: 'read-only',
  'index.refresh': 'user',
  'index.stats': 'read-only',
  'index.status': 'read-only',
  'index.pause': 'user',
  'sources.add': 'user',
  'sources.list': 'read-only',
  'sources.refresh': 'user',
  'sources.search': 'read-only',
  'sources.remove': 'user',
  'contexts.put': 'user',
  'contexts.list': 'read-only',
  'contexts.show': 'read-only',
  'contexts.search': 'read-only',
  'contexts.merge': 'user',
  'contexts.remove': 'user',
  'sessions.list': 'read-only',
  'sessions.show': 'read-only',
  'sessions.search': 'read-only',
  'sessions.why': 'read-only',
  'sessions.export': 'read-only',
  'sessions.rename': 'user',
  'sessions.fork': 'user',
  'sessions.rewind': 'user',
  'sessions.remove': 'user',
  'changes.list': 'read-only',
  'changes.diff': 'read-only',
  'changes.file': 'read-only',
  'changes.reject': 'user',
  'changes.undo': 'user',
  'changes.redo': 'user',
  'files.list': 'read-only',
  'files.read': 'read-only',
  'files.find': 'read-only',
  'git.diff': 'read-only',
  'git.review': 'user',
  'git.message': 'user',
  'completions.complete': 'user',
  'completions.state': 'read-only',
  'completions.report': 'user',
  'lessons.list': 'read-only',
  'lessons.remove': 'user',
  'permissions.check': 'read-only',
  'permissions.list': 'read-only',
  'trust.show': 'read-only',
  'trust.set': 'admin',
  'models.list': 'read-only',
  'models.show': 'read-only',
  'models.import': 'user',
  'models.search': 'user',
  'models.recommend': 'read-only',
  'models.plan': 'user',
  'models.pull': 'user',
  'models.bench': 'user',
  'models.load': 'user',
  'models.unload': 'user',
  'models.ps': 'read-only',
  'models.remove': 'admin',
  'models.usage': 'read-only',
  'keys.list': 'admin',
  'keys.set': 'admin',
  'keys.remove': 'admin',
  'host.status': 'read-only',
  'host.stop': 'admin',
  'host.signIn': 'admin',
  'clients.list': 'admin',
  'clients.add': 'admin',
  'clients.remove': 'admin',
  'config.list': 'admin',
  'config.set': 'admin',
  'egress.list': 'read-only',
  'audit.list': 'admin',
  'audit.verify': 'admin',
  'mcp.list': 'read-only',
  'mcp.approve': 'admin',
  'chains.run': 'models',
  'execute.run': 'user',
  'execute.languages': 'models',
  'jobs.add': 'user',
  'jobs.list': 'read-only',
  'jobs.show': 'read-only',
  'jobs.watch': 'read-only',
  'jobs.change': 'user',
  doctor: 'read-only',
  metrics: 'read-only',
};

/** The role that a procedure asks for; one that the table does not know is for nobody. */
export function roleOfProcedure(path: string): ClientRole | undefined {
  return Object.hasOwn(procedureAccess, path) ? procedureAccess[path] : undefined;
}

export function roleOfWireRoute({ role }: Pick<WireRoute, 'role'>): Needs {
  return role ?? 'models';
}

/** Whether a client of one role may do what asks for another. */
export function reaches(role: ClientRole, needed: ClientRole): boolean {
  return clientRoles.indexOf(role) >= clientRoles.indexOf(needed);
}
