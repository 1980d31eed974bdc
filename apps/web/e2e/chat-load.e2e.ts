import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createStage, type Stage } from './page.ts';

const words = Array.from({ length: 1200 }, (_, at) => (at % 12 === 11 ? `word${at}.\n\n` : `word${at} `));

interface TraceEvent {
  readonly name: string;
  readonly pid: number;
  readonly tid: number;
  /** Microseconds that passed, and of those the ones in which a processor worked for it. */
  readonly dur?: number;
  readonly tdur?: number;
  readonly args?: { readonly name?: string };
}

async function traceTasks(page: Page): Promise<void> {
  await page
    .context()
    .browser()
    ?.startTracing(page, { categories: ['toplevel', 'devtools.timeline'] });
}

/** The tasks of the page's own thread that took longest. Their share of a processor does not depend on what else the machine does. */
async function tracedTasks(page: Page): Promise<string> {
  const trace = await page.context().browser()?.stopTracing();
  const { traceEvents } = JSON.parse(trace?.toString() ?? '{"traceEvents":[]}') as { traceEvents: TraceEvent[] };
  const main = new Set(
    traceEvents
      .filter(({ name, args }) => name === 'thread_name' && args?.name === 'CrRendererMain')
      .map(({ pid, tid }) => `${pid} ${tid}`),
  );
  const tasks = traceEvents.filter(({ name, pid, tid }) => name.endsWith('RunTask') && main.has(`${pid} ${tid}`));
  const longest = (key: 'dur' | 'tdur'): string => {
    const sorted = tasks.map((task) => (task[key] ?? 0) / 1000).sort((a, b) => b - a);
    const over = sorted.filter((ms) => ms > 50).length;
    return `${String(over)} over 50 ms, the longest ${sorted
      .slice(0, 3)
      .map((ms) => ms.toFixed(0))
      .join(', ')} ms`;
  };
  return `${String(tasks.length)} tasks, by the processor ${longest('tdur')}; by the clock ${longest('dur')}`;
}

let stage: Stage;
beforeAll(async () => {
  // Two hundred pieces a second, for six seconds; for a minute where it is to be stopped.
  stage = await createStage({
    answer: ({ body }) => ({ text: words, pieceDelayMs: JSON.stringify(body).includes('once more') ? 50 : 5 }),
  });
});
afterAll(() => stage[Symbol.asyncDispose]());

it('lets a person type while two hundred tokens a second arrive', async () => {
  await using opened = await stage.open();
  const { page } = opened;
  await page.locator('#nt-question').fill('Talk');
  await page.keyboard.press('Enter');
  await page.locator('.nt-markdown').getByText('word20 ').first().waitFor();
  await traceTasks(page);
  const typed = 'this is typed while the answer is written '.repeat(3);
  const started = Date.now();
  await page.locator('#nt-question').pressSequentially(typed, { delay: 20 });
  const took = Date.now() - started;
  expect(await page.locator('#nt-question').inputValue()).toBe(typed);
  const tasks = await tracedTasks(page);
  await page.locator('.nt-turn-facts').waitFor();
  console.log(`typed ${String(typed.length)} letters in ${String(took)} ms; ${tasks}`);
  const shown = await page.locator('.nt-markdown').innerText();
  expect(shown).toContain('word1199.');
  expect(opened.trouble).toEqual([]);
});

it('loses nothing when the page is loaded anew in mid-turn', async () => {
  await using opened = await stage.open();
  const { page } = opened;
  await page.locator('#nt-question').fill('Talk again');
  await page.keyboard.press('Enter');
  await page.locator('.nt-markdown').getByText('word100 ').first().waitFor();
  await page.reload();
  await page.locator('.nt-markdown').getByText('word110 ').first().waitFor();
  await page.locator('.nt-turn-facts').waitFor();
  const shown = await page.evaluate(() => document.querySelector('.nt-markdown')?.textContent ?? '');
  expect(shown.match(/word\d+/gu)).toEqual(words.map((word) => word.trim().replace('.', '')));
  expect(opened.trouble).toEqual([]);
});

it('stops an answer, and keeps what was shown', async () => {
  await using opened = await stage.open();
  const { page } = opened;
  await page.locator('#nt-question').fill('Talk once more');
  await page.keyboard.press('Enter');
  await page.locator('.nt-markdown').getByText('word50 ').first().waitFor();
  await page.keyboard.press('Escape');
  await page.getByText('Stopped. What was shown is kept.').waitFor();
  expect(await page.locator('.nt-markdown').innerText()).toContain('word50');
  expect(opened.trouble).toEqual([]);
});

it('scrolls a session of five thousand messages, and finds in all of it', async () => {
  await using opened = await stage.open();
  const { page } = opened;
  const id = '00000000-0000-4000-8000-000000005000';
  const usage = { tokensRead: 10, tokensReused: 90, tokensWritten: 20, firstTextMs: 50, totalMs: 400 };
  const events = Array.from({ length: 2500 }, (_, turn) => {
    const base = { sessionId: id, turnId: `turn-${turn}`, time: 1_760_000_000_000 + turn * 1000 };
    const text = `Answer ${turn} names **src/retry.ts:${(turn % 30) + 1}** and goes on.\n\n- one\n- two\n\n\`\`\`ts\nconst answer = ${turn};\n\`\`\`\n`;
    return [
      { type: 'turn-start', text: `Question ${turn}`, agent: 'answer', workspace: stage.repository },
      { type: 'model-chosen', model: 'openai:tiny', reason: 'it is set' },
      { type: 'text-delta', text },
      { type: 'turn-end', reason: 'done', text, citations: [], usage },
    ].map((body, at) => ({ ...body, ...base, seq: turn * 4 + at + 1 }));
  }).flat();
  const session = { id, title: 'Long', workspace: stage.repository, createdAt: 0, updatedAt: 0, events: events.length };
  await page.route(`**/sessions/${id}`, (route) => route.fulfill({ json: { session, events } }));
  const started = Date.now();
  await page.evaluate((hash) => {
    location.hash = hash;
  }, `#chat?session=${id}`);
  await page.getByRole('heading', { name: 'You: Question 2499' }).waitFor();
  console.log(`shown after ${String(Date.now() - started)} ms`);
  await page.locator('.nt-rows').hover();
  const frames = await page.evaluate(async () => {
    const scroller = document.querySelector('.nt-rows');
    const gaps: number[] = [];
    let before = performance.now();
    for (let frame = 0; frame < 120; frame += 1) {
      scroller?.scrollBy({ top: -400 });
      await new Promise(requestAnimationFrame);
      const now = performance.now();
      gaps.push(now - before);
      before = now;
    }
    return gaps.sort((a, b) => a - b);
  });
  console.log(
    `frames while scrolling: median ${String(frames[60]?.toFixed(1))} ms, p95 ${String(frames[114]?.toFixed(1))} ms, rows in the document ${String(await page.locator('.nt-row').count())}`,
  );
  expect(await page.locator('.nt-row').count()).toBeLessThan(120);
  await page.getByRole('button', { name: 'To the newest' }).waitFor();
  await page.keyboard.press('Control+f');
  await page.getByRole('searchbox', { name: 'Find in this chat' }).fill('answer = 17;');
  await page.getByText('1 of 1').waitFor();
  await page.getByRole('heading', { name: 'You: Question 17', exact: true }).waitFor();
  await opened.look('chat-find');
  expect(await opened.axe()).toEqual([]);
  expect(opened.trouble).toEqual([]);
});
