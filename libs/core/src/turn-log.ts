import type {
  stopReasons,
  Citation,
  NootropicError,
  SendInput,
  Session,
  SessionLog,
  Telemetry,
  TurnEvent,
  TurnEventBody,
  Usage,
} from '@nootropic/contracts';
import { allTools, type Agents } from './agents.ts';
import { createRecorder } from './recorder.ts';
import type { Tally } from './tally.ts';

export interface TurnLogPorts {
  readonly sessions: SessionLog;
  readonly telemetry: Telemetry;
  readonly now: () => number;
  readonly newId: () => string;
  readonly agents: Agents;
}

/** What a turn has said so far, and how it goes on the record. */
export interface TurnLog {
  readonly session: Session;
  readonly turnId: string;
  /** Writes events to the session and returns them: only what is on the disk is shown. */
  write(bodies: readonly TurnEventBody[]): Promise<TurnEvent[]>;
  /** All events of the session, this turn's last. */
  events(): readonly TurnEvent[];
  /** All text shown. */
  text(): string;
  /** Whether the model has said or called anything: from then on no other model can take its place. */
  hasSpoken(): boolean;
  readonly ended: boolean;
  end(reason: (typeof stopReasons)[number], citations: Citation[]): Promise<TurnEvent[]>;
  fail(error: NootropicError): Promise<TurnEvent[]>;
}

/** Opens the session of a turn, a new one where none is named. Rejects with `SESSION_NOT_FOUND` before anything is written. */
export async function openTurnLog(ports: TurnLogPorts, input: SendInput, tally: Tally): Promise<TurnLog> {
  const { sessions, telemetry, now } = ports;
  const startedAt = now();
  const session = await openSession(ports, input);
  const history = session.events > 0 ? await sessions.read(session.id) : [];
  const turnId = ports.newId();
  const { record } = createRecorder({ log: sessions, sessionId: session.id, turnId, lastSeq: session.events, now });
  const shown: TurnEvent[] = [];
  let text = '';
  let spoken = false;
  let ended = false;
  let firstTextMs: number | undefined;

  const tools = new Set(allTools(ports.agents).map(({ spec }) => spec.name));
  // A model may call tools by any name; a metric's labels are few.
  const label = (name: string) => (tools.has(name) ? name : 'unknown');
  const usage = (): Usage => {
    const { read, reused, written, cost } = tally.total();
    return {
      tokensRead: read,
      tokensReused: reused,
      tokensWritten: written,
      ...(cost > 0 && { cost }),
      ...(firstTextMs !== undefined && { firstTextMs }),
      totalMs: now() - startedAt,
    };
  };
  const write = async (bodies: readonly TurnEventBody[]) => {
    const events = await record(bodies);
    for (const body of bodies) {
      spoken ||= body.type === 'text-delta' || body.type === 'reasoning-delta' || body.type === 'tool-call';
      if (body.type === 'tool-result')
        telemetry.count('nootropic_tool_calls_total', 1, { tool: label(body.name), result: body.ok ? 'ok' : 'error' });
      if (body.type === 'approval-answer')
        telemetry.count('nootropic_approvals_total', 1, {
          decision: body.automatic === true ? 'nobody' : body.decision,
        });
      if (body.type === 'file-change') telemetry.count('nootropic_file_changes_total', 1, { change: body.change });
      if (body.type === 'check-result')
        telemetry.count('nootropic_checks_total', 1, { result: body.ok ? 'passed' : 'failed' });
      if (body.type !== 'text-delta') continue;
      text += body.text;
      if (firstTextMs !== undefined) continue;
      firstTextMs = now() - startedAt;
      telemetry.time('nootropic_first_text_seconds', firstTextMs / 1000);
    }
    shown.push(...events);
    return events;
  };
  const close = async (outcome: string) => {
    ended = true;
    await tally.settle();
    telemetry.count('nootropic_turns_total', 1, { outcome });
    telemetry.time('nootropic_turn_duration_seconds', (now() - startedAt) / 1000);
  };

  return {
    session,
    turnId,
    write,
    events: () => [...history, ...shown],
    text: () => text,
    hasSpoken: () => spoken,
    get ended() {
      return ended;
    },
    async end(reason, citations) {
      await close(reason);
      return write([{ type: 'turn-end', reason, text, citations, usage: usage() }]);
    },
    async fail(error) {
      await close('error');
      telemetry.count('nootropic_errors_total', 1, { code: error.code });
      telemetry.log('error', error.message, { code: error.code, turn: turnId });
      return write([{ type: 'turn-error', error: error.toJSON(), usage: usage() }]);
    },
  };
}

async function openSession({ sessions, newId, now }: TurnLogPorts, input: SendInput): Promise<Session> {
  if (input.sessionId !== undefined) return sessions.find(input.sessionId);
  const title = (input.text.trim().split('\n')[0] ?? '').slice(0, 80);
  return sessions.create({ id: input.newSessionId ?? newId(), workspace: input.workspace, title, createdAt: now() });
}
