import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import * as http from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, connectSocket } from '@nootropic/client';
import type { Assistant } from '@nootropic/contracts';
import { compose, serve } from '@nootropic/server';
import {
  describeAssistantContract,
  startScriptedServer,
  type AssistantSubject,
  type RecordedRequest,
} from '@nootropic/testing';

const token = 'a'.repeat(43);

/** `count N`, as the suite asks for it. */
function count({ body }: RecordedRequest): { text: string[]; pieceDelayMs: number } {
  const asked = /count (\d+)(?![^]*count \d)/u.exec(JSON.stringify(body ?? {}))?.[1];
  const text = Array.from({ length: Number(asked ?? 1) }, (_, index) => `${index} `);
  return { text, pieceDelayMs: asked === undefined ? 0 : 30 };
}

async function makeSubject(
  reach: (assistant: Assistant, held: AsyncDisposableStack) => Promise<Assistant>,
): Promise<AssistantSubject> {
  await using stack = new AsyncDisposableStack();
  const place = await mkdtemp(join(tmpdir(), 'nootropic-assistant-contract-'));
  stack.defer(() => rm(place, { recursive: true, force: true, maxRetries: 5 }));
  const workspace = join(place, 'work');
  await mkdir(workspace);
  await writeFile(join(workspace, 'a.ts'), 'export const a = 1;\n');
  const model = stack.use(await startScriptedServer({ http, contextLength: 32_768, answer: count }));
  const composed = stack.use(
    await compose({
      env: { ...process.env, NOOTROPIC_HOME: join(place, 'home') },
      flags: { log: { level: 'silent' }, models: { chat: `openai:tiny@${model.url}/v1` } },
    }),
  );
  const assistant = await reach(composed.assistant, stack);
  const held = stack.move();
  return { assistant, workspace, [Symbol.asyncDispose]: () => held.disposeAsync() };
}

async function host(assistant: Assistant, held: AsyncDisposableStack): Promise<string> {
  return held.use(await serve({ assistant, token })).url;
}

describeAssistantContract('the assistant in process', () => makeSubject(async (assistant) => assistant));
describeAssistantContract('the assistant over HTTP', () =>
  makeSubject(async (assistant, held) => connect({ url: await host(assistant, held), token })),
);
describeAssistantContract('the assistant over a WebSocket', () =>
  makeSubject(async (assistant, held) => held.use(connectSocket({ url: await host(assistant, held), token }))),
);
