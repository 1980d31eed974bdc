import * as http from 'node:http';
import { startScriptedServer } from '@nootropic/testing';

/*
 * The model of the host that is fuzzed, and a client that asks it as people's tools do, in a process that nothing else keeps busy. The client asks one
 * short answer after another while its parent says so, and tells how long each took until its last piece.
 */

const pieces = Array.from({ length: 8 }, (_, at) => `word${at} `);
const model = await startScriptedServer({
  http,
  answer: ({ body }) => {
    const isGood = JSON.stringify(body?.['messages'] ?? '').includes('a good client');
    return { text: pieces, ...(isGood && { pieceDelayMs: 5 }) };
  },
});
process.send?.({ model: model.url });

let target: { readonly url: string; readonly token: string } | undefined;
let asks = false;
let took: number[] = [];
let failed = 0;

process.on('message', (message: { target?: typeof target; ask?: boolean; tell?: boolean }) => {
  target = message.target ?? target;
  asks = message.ask ?? asks;
  if (message.tell) {
    process.send?.({ took, failed });
    took = [];
    failed = 0;
  }
});
process.on('disconnect', () => process.exit(0));

for (;;) {
  if (asks && target) {
    const start = performance.now();
    const isRight = await ask(target).catch(() => false);
    if (isRight) took.push(performance.now() - start);
    else failed += 1;
  }
  await new Promise((resolve) => setTimeout(resolve, asks ? 5 : 20));
}

async function ask({ url, token }: NonNullable<typeof target>): Promise<boolean> {
  const response = await fetch(`${url}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify({
      model: 'default',
      stream: true,
      max_tokens: 20,
      messages: [{ role: 'user', content: 'from a good client' }],
    }),
  });
  const text = await response.text();
  return response.status === 200 && text.includes('word7') && text.endsWith('data: [DONE]\n\n');
}
