import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createStage, type Stage } from './page.ts';
import { scriptedTalk, type Talk } from './scripted-talk.ts';

const replaced = (before: string, after: string): string =>
  `<<<<<<< SEARCH\n${before}\n=======\n${after}\n>>>>>>> REPLACE\n`;

/** Two tasks of one session: an edit with two hunks, then an edit and a new file. */
const talk: Talk = {
  'Try five times': [
    { toolCalls: [{ id: 'r1', name: 'read', arguments: { path: 'src/retry.ts' } }] },
    {
      text: [
        'Two places change.\n\n```\n',
        replaced('{ attempts: 3, delayMs: 200 }', '{ attempts: 5, delayMs: 100 }'),
        replaced(
          'return error instanceof StoreError && error.status >= 500;',
          'return error instanceof StoreError && (error.status >= 500 || error.status === 429);',
        ),
        '```\n',
      ],
      toolCalls: [{ id: 'r2', name: 'edit', arguments: { path: 'src/retry.ts' } }],
    },
    { text: ['It tries five times now.'] },
  ],
  'Write the limits down': [
    { toolCalls: [{ id: 'w1', name: 'read', arguments: { path: 'docs/protocol.md' } }] },
    {
      text: ['```\n', replaced('or 503 when it is busy.', 'or 429 or 503 when it is busy.'), '```\n'],
      toolCalls: [{ id: 'w2', name: 'edit', arguments: { path: 'docs/protocol.md' } }],
    },
    {
      text: ['```\n# Limits\n\n- A piece is sent five times at most.\n- The wait doubles each time.\n```\n'],
      toolCalls: [{ id: 'w3', name: 'write', arguments: { path: 'docs/limits.md' } }],
    },
    { text: ['Both are written.'] },
  ],
};

let stage: Stage;

beforeAll(async () => {
  stage = await createStage({ answer: scriptedTalk(talk) });
  const { assistant, repository: workspace } = stage;
  await assistant.trust.set({ workspace, trusted: true });
  const progress = await assistant.index.refresh({ workspace });
  let phase = '';
  for await (const event of progress) phase = event.phase;
  expect(phase).toBe('done');
  let sessionId: string | undefined;
  for (const text of Object.keys(talk)) {
    const events = await assistant.send({
      workspace,
      text,
      mode: 'auto-edit',
      ...(sessionId !== undefined && { sessionId }),
    });
    for await (const event of events) sessionId = event.sessionId;
  }
  expect((await assistant.changes.list({ workspace })).map(({ label }) => label)).toEqual([
    'write docs/limits.md',
    'edit docs/protocol.md',
    'edit src/retry.ts',
  ]);
});
afterAll(() => stage[Symbol.asyncDispose]());

const textOf = (path: string): Promise<string> => readFile(join(stage.repository, path), 'utf8');
const field = (page: Page) => page.getByRole('combobox', { name: 'Search the code' });
const focusedName = (page: Page) =>
  page.evaluate(() => document.activeElement?.getAttribute('data-symbol') ?? document.activeElement?.textContent ?? '');

describe('every view of code and changes', () => {
  const views = [
    ['#code', '.nt-empty'],
    ['#code?q=retry+uploads', '[role="option"]'],
    ['#code?q=withRetry(&mode=exact', '[role="option"]'],
    ['#code?path=src%2Fretry.ts&line=10&end=19', '.nt-code-line'],
    ['#code?tab=files', '[role="treeitem"]'],
    ['#code?symbol=withRetry', '.nt-symbol'],
    ['#code?symbol=nothingLikeThis', '.nt-empty'],
    ['#code?tab=map', '.nt-map-files'],
    ['#code?tab=index', '.nt-figures'],
    ['#changes', '.nt-timeline'],
    ['#changes?step=1', '.nt-code-line'],
    ['#changes?tab=git', '.nt-code-line'],
  ] as const;

  for (const theme of ['light', 'dark'] as const)
    for (const size of ['wide', 'narrow'] as const)
      it(`has nothing for axe to find, ${theme} and ${size}`, async () => {
        await using opened = await stage.open({ theme, size });
        const { page } = opened;
        for (const [address, sign] of views) {
          await page.evaluate((to) => {
            location.hash = to;
          }, address);
          await page.locator(sign).first().waitFor();
          expect([address, await opened.axe()]).toEqual([address, []]);
          const width = await page.evaluate(
            () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
          );
          expect([address, width]).toEqual([address, 0]);
        }
        expect(opened.trouble).toEqual([]);
      });
});

it('searches while somebody types, and opens what was chosen, by keyboard', async () => {
  await using opened = await stage.open({ address: '#code' });
  const { page } = opened;
  await field(page).waitFor();
  await page.keyboard.type('lang:ts when is something tried again');
  await page.getByRole('button', { name: 'Remove the filter lang:ts' }).waitFor();
  await page.getByRole('option').first().waitFor();
  await page.keyboard.press('ArrowDown');
  const chosen = page.locator('[role="option"][aria-selected="true"]');
  await expect.poll(() => chosen.getAttribute('id')).toBe(await field(page).getAttribute('aria-activedescendant'));
  await page.keyboard.press('ArrowUp');
  await page.locator('.nt-file .nt-code-line').first().waitFor();
  await opened.picture('search');
  await page.keyboard.press('Enter');
  await page.locator('.nt-code-line-lit').first().waitFor();
  expect(new URL(page.url()).hash).toMatch(/^#code\?path=src%2F\w+\.ts&line=\d+/u);
  expect(opened.trouble).toEqual([]);
});

it('says why a place was found, and finds each line that holds a text', async () => {
  await using opened = await stage.open({ address: '#code?q=retry+uploads' });
  const { page } = opened;
  await page.getByText('Say why').click();
  await page.getByRole('table', { name: 'Why this place is here' }).first().waitFor();
  await page.getByRole('radio', { name: 'Exact' }).check({ force: true });
  await field(page).fill('withRetry(');
  await expect.poll(async () => (await page.locator('.nt-match mark').allTextContents()).join('')).toBe('withRetry(');
  await field(page).fill('nowhere in here');
  await page.getByText('Nothing was found').waitFor();
  expect(opened.trouble).toEqual([]);
});

it('takes lines of a file to the chat', async () => {
  await using opened = await stage.open({ address: '#code?path=src%2Fretry.ts&line=10' });
  const { page } = opened;
  const lines = page.getByRole('group', { name: 'src/retry.ts' });
  await lines.waitFor();
  await lines.focus();
  await page.keyboard.press('Shift+ArrowDown');
  await page.getByText('Lines 10 to 11 chosen').waitFor();
  await page.keyboard.press('a');
  await expect.poll(() => page.locator('.nt-attached').textContent()).toContain('retry.ts');
  expect(opened.trouble).toEqual([]);
});

it('walks the tree of files by keyboard', async () => {
  await using opened = await stage.open({ address: '#code?tab=files' });
  const { page } = opened;
  await page.getByRole('treeitem').first().focus();
  await page.keyboard.press('End');
  await page.keyboard.press('Home');
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('ArrowRight');
  await page.getByRole('treeitem', { name: 'retry.ts' }).waitFor();
  await page.keyboard.press('ArrowRight');
  await page.keyboard.press('Enter');
  await page.locator('.nt-file .nt-code-line').first().waitFor();
  await page.getByRole('combobox', { name: 'Find a file' }).fill('limts');
  await page.getByRole('option', { name: 'docs/limits.md' }).waitFor();
  expect(opened.trouble).toEqual([]);
});

it('walks the graph of calls by keyboard', async () => {
  await using opened = await stage.open({ address: '#code?symbol=upload', theme: 'dark' });
  const { page } = opened;
  const middle = page.locator('.nt-node-middle');
  await middle.waitFor();
  await middle.focus();
  await page.keyboard.press('ArrowRight');
  await expect.poll(() => focusedName(page)).toContain('src/');
  const before = await page.locator('.nt-node').count();
  await page.locator('[data-symbol*="withRetry"]').focus();
  await page.locator('[data-symbol*="withRetry"]').press('Enter');
  await expect.poll(() => page.locator('.nt-node').count()).toBeGreaterThan(before);
  await page.waitForTimeout(300);
  expect(await opened.axe()).toEqual([]);
  await opened.picture('graph');
  await page.keyboard.press('c');
  await expect.poll(() => page.locator('.nt-node-middle').textContent()).toContain('withRetry');
  await page.getByRole('button', { name: 'As a list' }).click();
  await page.getByRole('region', { name: 'What calls it' }).getByText('upload').first().waitFor();
  expect(opened.trouble).toEqual([]);
});

it('shows what the index holds, and lets it rest', async () => {
  await using opened = await stage.open({ address: '#code?tab=index' });
  const { page, axe } = opened;
  await page.getByRole('button', { name: 'Pause' }).click();
  await page.getByText('It rests').waitFor();
  expect(await axe()).toEqual([]);
  await page.getByRole('button', { name: 'Go on' }).click();
  await page.getByRole('button', { name: 'Bring up to date' }).click();
  await page.getByText('Up to date', { exact: true }).waitFor();
  await page.getByRole('button', { name: 'Bring up to date' }).waitFor();
  await opened.picture('index');
  expect(opened.trouble).toEqual([]);
});

it('goes back and forth through the changes by keyboard, after saying what that does', async () => {
  await using opened = await stage.open({ address: '#changes?step=1' });
  const { page } = opened;
  await page.locator('.nt-diff .nt-code-line').first().waitFor();
  await opened.picture('changes');
  const row = page.locator('.nt-timeline-row[aria-current="true"]');
  await row.focus();
  await page.keyboard.press('u');
  await page.getByRole('dialog').getByText('docs/limits.md', { exact: true }).waitFor();
  expect(await opened.axe()).toEqual([]);
  await page.getByRole('button', { name: 'Take back', exact: true }).press('Enter');
  await page.locator('.nt-step-undone').waitFor();
  await expect(textOf('docs/limits.md')).rejects.toThrow('ENOENT');
  await row.focus();
  await page.keyboard.press('r');
  await page.getByRole('button', { name: 'Make again', exact: true }).press('Enter');
  await expect.poll(() => page.locator('.nt-step-undone').count()).toBe(0);
  expect(await textOf('docs/limits.md')).toContain('# Limits');
  expect(opened.trouble).toEqual([]);
});

it('leaves alone what somebody else changed since, and says so', async () => {
  const mine = (await textOf('docs/protocol.md')) + '\nMine.\n';
  await writeFile(join(stage.repository, 'docs/protocol.md'), mine);
  await using opened = await stage.open({ address: '#changes?step=2' });
  const { page } = opened;
  await page.getByRole('button', { name: 'Take this step back' }).click();
  await page.getByText('Changed since by somebody else, and left alone:').waitFor();
  expect(await opened.axe()).toEqual([]);
  await page.keyboard.press('Escape');
  await expect.poll(() => page.getByRole('dialog').count()).toBe(0);
  expect(await textOf('docs/protocol.md')).toBe(mine);
  expect(opened.trouble).toEqual([]);
});

it('takes one hunk of a step back by keyboard', async () => {
  await using opened = await stage.open({ address: '#changes?step=1' });
  const { page } = opened;
  await page.getByRole('button', { name: 'Take back in part' }).click();
  await page.locator('.nt-diff').getByRole('checkbox').first().focus();
  await page.keyboard.press('j');
  await page.keyboard.press('j');
  await page.keyboard.press('Space');
  await page.getByText('1 of 2 changes taken').waitFor();
  expect(await opened.axe()).toEqual([]);
  await page.getByRole('button', { name: 'Take 1 change back' }).press('Enter');
  await expect.poll(() => textOf('src/retry.ts')).not.toContain('429');
  expect(await textOf('src/retry.ts')).toContain('attempts: 5');
  expect(opened.trouble).toEqual([]);
});
