import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { connect as connectTcp, createServer, type AddressInfo, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { connect, connectSocket } from '@nootropic/client';
import { NootropicError, type Assistant, type TurnEvent } from '@nootropic/contracts';
import { compose, serve } from '@nootropic/server';

/** What came of a run of the gate. It holds when `run` equals `asked` and there are no faults. */
export interface ResumeGateResult {
  /** Connections that were to be cut while a turn was read through them. */
  readonly asked: number;
  readonly run: number;
  readonly turns: number;
  /** Turns that were taken up at least once. */
  readonly resumed: number;
  /** What a reader got that was not the turn as the session has it. */
  readonly faults: readonly string[];
}

export interface ResumeGateOptions {
  /** From 0 to 1. */
  readonly random: () => number;
  /** Starts an OpenAI server of 131,072 tokens of context that answers every request with these pieces, so many milliseconds apart. */
  readonly startModel: (
    answer: () => { readonly text: readonly string[]; readonly pieceDelayMs: number },
  ) => Promise<AsyncDisposable & { readonly url: string }>;
}

const token = 'a'.repeat(43);

/**
 * Turns over HTTP and over WebSocket, by turns in a new session and in an old one, through a proxy that cuts the connection after any number of bytes of
 * the answer, the first included. The reader must get each event of its turn once, in order, as the session has it.
 */
export async function runResumeGate(
  count: number,
  { random, startModel }: ResumeGateOptions,
): Promise<ResumeGateResult> {
  const faults: string[] = [];
  let turns = 0;
  let resumed = 0;
  let unsent = 0;
  const place = await mkdtemp(join(tmpdir(), 'nootropic-resume-gate-'));
  try {
    const workspace = join(place, 'work');
    await mkdir(workspace);
    const pieces = () => Array.from({ length: 10 + Math.floor(random() * 40) }, (_, index) => `word${index} `);
    const answer = () => ({ text: pieces(), pieceDelayMs: 4 });
    await using model = await startModel(answer);
    await using composed = await compose({
      env: { ...process.env, NOOTROPIC_HOME: join(place, 'home') },
      flags: { log: { level: 'silent' }, models: { chat: `openai:tiny@${model.url}/v1` } },
    });
    await using served = await serve({ assistant: composed.assistant, token });
    await using proxy = await startCuttingProxy({
      target: Number(new URL(served.url).port),
      // A cut of nothing is as good as one in the middle of an event.
      bytes: () => (random() < 0.1 ? 0 : Math.floor(random() * 2_500)),
    });
    // Cuts come far more often here than anywhere else: giving up is not what is looked at.
    const patience = { tries: 60, wait: (ms: number) => sleep(Math.min(ms, 50)) };
    const host = { url: `http://localhost:${proxy.port}`, token, ...patience };
    await using socket = connectSocket(host);
    const ways: readonly Assistant[] = [connect(host), socket];
    let sessionId: string | undefined;
    while (proxy.cuts() < count && faults.length < 10) {
      const before = proxy.cuts();
      const way = ways[turns % ways.length] as Assistant;
      turns += 1;
      const isOld: boolean = sessionId !== undefined && turns % 4 < 2;
      try {
        proxy.arm(true);
        const stream = await way.send({ workspace, text: `turn ${turns}`, ...(isOld && sessionId && { sessionId }) });
        const seen: TurnEvent[] = [];
        for await (const event of stream) seen.push(event);
        proxy.arm(false);
        if (proxy.cuts() > before) resumed += 1;
        const first = seen[0];
        if (!first) throw new Error('there were no events');
        sessionId = first.sessionId;
        const log = (await composed.assistant.sessions.show({ id: first.sessionId })).events;
        const own = log.filter(({ turnId }) => turnId === first.turnId);
        if (own.at(-1)?.type !== 'turn-end') faults.push(`turn ${turns}: ended with ${own.at(-1)?.type ?? 'nothing'}`);
        if (!isDeepStrictEqual(seen, own))
          faults.push(
            `turn ${turns}: got ${seen.map(({ seq }) => seq).join(' ')}, not ${own.map(({ seq }) => seq).join(' ')}`,
          );
      } catch (cause) {
        const { code, message } = NootropicError.from(cause);
        // A request that never came to the host is told as such; in an old session it is not sent again, lest it be done twice.
        proxy.arm(false);
        const isUnsent = code === 'HOST_UNREACHABLE' && isOld && !(await hasTurn(composed.assistant, `turn ${turns}`));
        if (isUnsent) unsent += 1;
        else faults.push(`turn ${turns}: ${code} ${message}`);
      } finally {
        proxy.arm(false);
      }
    }
    if (unsent > turns / 5) faults.push(`${unsent} of ${turns} requests never came to the host`);
    return { asked: count, run: Math.min(count, proxy.cuts()), turns, resumed, faults };
  } finally {
    await rm(place, { recursive: true, force: true, maxRetries: 5 });
  }
}

async function hasTurn({ sessions }: Assistant, text: string): Promise<boolean> {
  for (const { id } of await sessions.list()) {
    const { events } = await sessions.show({ id });
    if (events.some((event) => event.type === 'turn-start' && 'text' in event && event.text === text)) return true;
  }
  return false;
}

/** Passes connections on, and while it is armed cuts each after so many bytes of what comes back. */
async function startCuttingProxy({ target, bytes }: { readonly target: number; readonly bytes: () => number }) {
  let isArmed = false;
  let cuts = 0;
  const open = new Set<Socket>();
  const server = createServer((client) => {
    const upstream = connectTcp(target, '127.0.0.1');
    const own = `localhost:${client.localPort}`;
    let left = isArmed ? bytes() : Infinity;
    const close = () => {
      client.destroy();
      upstream.destroy();
    };
    for (const each of [client, upstream]) {
      open.add(each);
      each.on('error', close);
      each.on('close', () => {
        open.delete(each);
        close();
      });
    }
    client.on('data', (piece: Buffer) => {
      // The host answers to its own name only.
      const text = piece.toString('latin1');
      upstream.write(text.includes(own) ? Buffer.from(text.replaceAll(own, `localhost:${target}`), 'latin1') : piece);
    });
    upstream.on('data', (piece: Buffer) => {
      // One that was opened before is cut from now on too.
      if (isArmed && left === Infinity) left = bytes();
      if (!isArmed || piece.length < left) {
        if (isArmed) left -= piece.length;
        client.write(piece);
        return;
      }
      cuts += 1;
      client.write(piece.subarray(0, left), close);
      upstream.pause();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    arm: (on: boolean) => void (isArmed = on),
    cuts: () => cuts,
    async [Symbol.asyncDispose]() {
      for (const socket of open) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
