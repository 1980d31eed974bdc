import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { isDeepStrictEqual } from 'node:util';
import { resolvePaths } from '@nootropic/server';
import { createPlace, jsonLines, run, start, type Place } from './command.ts';

export interface KillGateReport {
  readonly asked: number;
  /** Turns that were killed while they streamed. A turn that ended before its moment is not counted and is run again. */
  readonly run: number;
  /** Events that had been printed, over all killed turns. */
  readonly shown: number;
  readonly seed: number;
  readonly failures: readonly string[];
}

export interface KillGateOptions {
  /** A small GGUF model file, such as the tiny one of the testing library. */
  readonly model: string;
  /** The program's entry file. Default: its source. */
  readonly main?: string;
}

/** The latest moment, as the number of events printed before it. */
const latestEvent = 40;
const longestPauseMs = 20;

/**
 * Kills the program with SIGKILL at seeded moments while an answer of the tiny model streams. Each time, every event
 * that was printed must be in the session afterwards, exactly as it was printed, and the database must be whole.
 */
export async function runCliKillGate(count: number, seed: number, options: KillGateOptions): Promise<KillGateReport> {
  await using place = await createPlace();
  const failures: string[] = [];
  let killed = 0;
  let shown = 0;
  for (let attempt = 0; killed < count && attempt < count * 3; attempt += 1) {
    const moment = momentOf(seed, attempt);
    const turn = await killedTurn({ place, ...options }, moment);
    if (turn === undefined) continue;
    killed += 1;
    shown += turn.length;
    const problem = await examine({ place, ...options }, turn);
    if (problem !== '')
      failures.push(`killed after ${moment.events} events and ${moment.pauseMs.toFixed(1)} ms: ${problem}`);
  }
  return { asked: count, run: killed, shown, seed, failures };
}

interface Subject extends KillGateOptions {
  readonly place: Place;
}

interface Moment {
  readonly events: number;
  readonly pauseMs: number;
}

/** The same moment for the same seed and attempt: after so many events, and so many milliseconds more. */
function momentOf(seed: number, attempt: number): Moment {
  const digest = createHash('sha256').update(`${seed}:${attempt}`).digest();
  return {
    events: 1 + (digest.readUInt32LE(0) % latestEvent),
    pauseMs: (digest.readUInt32LE(4) / 2 ** 32) * longestPauseMs,
  };
}

/** The events a turn had printed when it was killed; undefined when it ended by itself before. */
async function killedTurn(
  { place, model, main }: Subject,
  moment: Moment,
): Promise<Record<string, unknown>[] | undefined> {
  const turn = start(['ask', '--json', '--model', `file:${model}`, 'tell me everything'], {
    place,
    ...(main === undefined ? {} : { main }),
  });
  await turn.printed((out) => out.split('\n').length > moment.events);
  await new Promise((resolve) => setTimeout(resolve, moment.pauseMs));
  turn.process.kill('SIGKILL');
  const { code, out, err } = await turn.finished;
  const events = jsonLines(out);
  const last = events.at(-1)?.['type'];
  if (last === 'turn-error')
    throw new Error(`The turn failed before it could be killed: ${out.trimEnd().split('\n').at(-1)}\n${err}`);
  if (events.length === 0) throw new Error(`Nothing was printed (exit ${code}): ${err}`);
  return last === 'turn-end' ? undefined : events;
}

/** What is wrong with the session after the kill; empty when nothing is. */
async function examine({ place, main }: Subject, shown: readonly Record<string, unknown>[]): Promise<string> {
  const sessionId = String(shown[0]?.['sessionId']);
  const { code, out, err } = await run(['sessions', 'show', sessionId, '--json'], {
    place,
    ...(main === undefined ? {} : { main }),
  });
  if (code !== 0) return `sessions show ended with ${code}: ${err}`;
  const stored = new Map(jsonLines(out).map((event) => [event['seq'], event]));
  const missing = shown.filter((event) => !isDeepStrictEqual(stored.get(event['seq']), event));
  if (missing.length > 0)
    return `${missing.length} of ${shown.length} shown events are not in the session, first ${JSON.stringify(missing[0])}`;
  const database = new DatabaseSync(join(resolvePaths({ NOOTROPIC_HOME: place.home }).sessions), { readOnly: true });
  try {
    const result = database.prepare('PRAGMA integrity_check').all();
    return isDeepStrictEqual(
      result.map((row) => Object.values(row)),
      [['ok']],
    )
      ? ''
      : `integrity_check: ${JSON.stringify(result)}`;
  } finally {
    database.close();
  }
}
