import { AsyncLocalStorage } from 'node:async_hooks';
import {
  isKnownEvent,
  NootropicError,
  type Assistant,
  type AuditEntry,
  type AuditLog,
  type SessionLog,
  type Telemetry,
  type TurnEvent,
} from '@nootropic/contracts';
import { createSqliteAuditLog } from '@nootropic/observability';
import type { Paths } from './paths.ts';

type Detail = Record<string, string | number | boolean | undefined>;

export interface OpenAudit extends AsyncDisposable {
  /** Writes a row. Never rejects: what cannot be written is logged and counted, and the work goes on. */
  write(action: string, detail: Detail): Promise<void>;
  /** The same, for one that knows when and who. */
  append: AuditLog['append'];
  /** The same session log; what agents were permitted and did is written down as it is recorded there, whoever reads the turn. */
  sessions(log: SessionLog): SessionLog;
  /** The same assistant; what people and programs change through it is written down. */
  assistant(assistant: Assistant): Assistant;
  readonly requests: Assistant['audit'];
}

const actors = new AsyncLocalStorage<string>();

/** Does the work in the name of a client: rows of the audit log that it causes carry it. */
export function asActor<Result>(name: string, work: () => Result): Result {
  return actors.run(name, work);
}

/** Tools that look and change nothing, and those whose changes are written down as such. */
const quietTools: ReadonlySet<string> = new Set([
  ...['ask-user', 'find-tools', 'graph', 'list', 'read', 'search', 'symbol', 'todo', 'use-skill'],
  ...['edit', 'write'],
]);
/** Characters of a command, or of a question, in a row. */
const longest = 1_000;

/** The audit log of this user, and what writes it. */
export function openAudit({
  paths,
  telemetry,
  now,
}: {
  paths: Pick<Paths, 'audit' | 'auditAnchor'>;
  telemetry: Telemetry;
  now: () => number;
}): OpenAudit {
  const log = createSqliteAuditLog({ path: paths.audit, anchor: paths.auditAnchor });
  const append: AuditLog['append'] = async (entry) => {
    try {
      await log.append(entry);
    } catch (cause) {
      const { code } = NootropicError.from(cause);
      telemetry.count('nootropic_audit_failures_total');
      telemetry.log('error', 'The audit log cannot be written.', { action: entry.action, code });
    }
  };
  const write: Write = (action, detail, actor = actors.getStore() ?? 'local') =>
    append({ time: now(), actor, action, detail: given(detail) });
  return {
    write,
    append,
    sessions: (sessions) => auditSessions(sessions, write),
    assistant: (assistant) => auditAssistant(assistant, write),
    requests: auditRequests(log),
    [Symbol.asyncDispose]: () => log[Symbol.asyncDispose](),
  };
}

function auditRequests(log: AuditLog): Assistant['audit'] {
  return { list: async (input) => log.list(Number(input?.limit ?? 100)), verify: async () => log.verify() };
}

type Write = (action: string, detail: Detail, actor?: string) => Promise<void>;

function auditSessions(sessions: SessionLog, write: Write): SessionLog {
  /** What is being asked or called, by the id of the request or call, until it is answered. */
  const open = new Map<
    string,
    { readonly what: string; readonly detail: string; readonly callId?: string | undefined }
  >();
  const look = async (session: string, event: TurnEvent): Promise<void> => {
    if (!isKnownEvent(event)) return;
    switch (event.type) {
      case 'approval-request':
        open.set(event.requestId, { what: event.action, detail: event.detail, callId: event.callId });
        break;
      case 'approval-answer': {
        const asked = open.get(event.requestId);
        open.delete(event.requestId);
        // The answer to a question of the agent permits nothing.
        if (asked === undefined || asked.what === 'question') break;
        const { decision, automatic, without } = event;
        // What was denied did not run.
        if (decision === 'deny' && asked.callId !== undefined) open.delete(asked.callId);
        await write('approve', {
          ...{ session, what: asked.what, detail: cut(asked.detail), decision, automatic },
          ...(without && { without: cut(JSON.stringify(without)) }),
        });
        break;
      }
      case 'tool-call': {
        const { id, name, arguments: args } = event.call;
        if (!quietTools.has(name)) open.set(id, { what: name, detail: wordsOf(args) });
        break;
      }
      case 'tool-result': {
        const called = open.get(event.callId);
        open.delete(event.callId);
        if (called)
          await write('run', { session, tool: called.what, detail: cut(called.detail), ok: event.ok }, 'agent');
        break;
      }
      case 'file-change':
        await write('change', { session, path: event.path, change: event.change, step: event.step }, 'agent');
        break;
      default:
        break;
    }
  };
  return {
    ...sessions,
    async append(sessionId, events) {
      await sessions.append(sessionId, events);
      for (const event of events) await look(sessionId, event);
    },
    async change(sessionId, to) {
      const session = await sessions.change(sessionId, to);
      if (to === 'removed') await write('session-remove', { session: sessionId });
      return session;
    },
  };
}

/** Of a command its line, of a page its address; of another call the names of what it was given, since that may be a text of any length. */
function wordsOf(args: unknown): string {
  const given = (typeof args === 'object' && args !== null ? args : {}) as Readonly<Record<string, unknown>>;
  const said = given['line'] ?? given['url'];
  return typeof said === 'string' ? said : Object.keys(given).join(', ');
}

function auditAssistant(assistant: Assistant, write: Write): Assistant {
  const { changes, trust, config, clients, mcp, keys, execute, jobs, host, lessons } = assistant;
  /** Calls, and when that has gone well, writes a row. A call that fails has changed nothing. */
  const after =
    <Given extends readonly unknown[], Result>(
      call: () => (...given: Given) => Promise<Result>,
      row: (input: Given[0], result: Result) => readonly [action: string, detail: Detail] | undefined,
    ) =>
    async (...given: Given): Promise<Result> => {
      const result = await call()(...given);
      const written = row(given[0], result);
      if (written) await write(...written);
      return result;
    };
  return {
    ...assistant,
    changes: {
      ...changes,
      undo: after(
        () => changes.undo,
        ({ workspace, dryRun, force = false }, { steps }) =>
          dryRun === true ? undefined : ['undo', { workspace, steps: steps.map(({ id }) => id).join(' '), force }],
      ),
      redo: after(
        () => changes.redo,
        ({ workspace, dryRun, force = false }, { steps }) =>
          dryRun === true ? undefined : ['redo', { workspace, steps: steps.map(({ id }) => id).join(' '), force }],
      ),
      reject: after(
        () => changes.reject,
        ({ workspace, step, parts }) => [
          'undo',
          { workspace, steps: String(step), paths: cut(parts.map(({ path }) => path).join(' ')) },
        ],
      ),
    },
    trust: {
      ...trust,
      set: after(
        () => trust.set,
        ({ workspace, trusted, unattended }) => ['trust', { workspace, trusted, unattended }],
      ),
    },
    config: {
      ...config,
      set: after(
        () => config.set,
        ({ key, value }) => [
          'config',
          { key, ...(value === undefined ? { removed: true } : { value: JSON.stringify(value) ?? '' }) },
        ],
      ),
    },
    clients: {
      ...clients,
      add: after(
        () => clients.add,
        ({ name }, { client }) => ['client', { client: name, role: client.role, change: 'added' }],
      ),
      remove: after(
        () => clients.remove,
        ({ name }) => ['client', { client: name, change: 'removed' }],
      ),
    },
    keys: {
      ...keys,
      set: after(
        () => keys.set,
        ({ provider }) => ['provider', { provider, change: 'set' }],
      ),
      remove: after(
        () => keys.remove,
        ({ provider }) => ['provider', { provider, change: 'removed' }],
      ),
    },
    mcp: {
      ...mcp,
      approve: after(
        () => mcp.approve,
        ({ name, tools }) => ['mcp', { server: name, tools: tools?.join(' ') ?? 'all' }],
      ),
    },
    execute: {
      ...execute,
      run: after(
        () => execute.run,
        ({ language, workspace }) => ['execute', { language, workspace }],
      ),
    },
    jobs: {
      ...jobs,
      add: after(
        () => jobs.add,
        (_input, { job, added }) => (added ? ['job', { job: job.id, kind: job.kind, change: 'added' }] : undefined),
      ),
      change: after(
        () => jobs.change,
        ({ id, what }) => ['job', { job: id, change: what }],
      ),
    },
    lessons: {
      ...lessons,
      remove: after(
        () => lessons.remove,
        ({ workspace, id }) => ['lesson', { workspace, lesson: id, change: 'removed' }],
      ),
    },
    host: {
      ...host,
      stop: after(
        () => host.stop,
        (_input, { pid }) => ['host-stop', { pid, asked: true }],
      ),
    },
  };
}

function cut(text: string): string {
  return text.length > longest ? `${text.slice(0, longest)}…` : text;
}

function given(detail: Detail): AuditEntry['detail'] {
  return Object.fromEntries(
    Object.entries(detail).filter((entry): entry is [string, string | number | boolean] => entry[1] !== undefined),
  );
}
