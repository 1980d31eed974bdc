import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createStage, type Stage } from './page.ts';
import { explainQuestion, pieces, scriptedTalk, taskQuestion, usualTalk } from './scripted-talk.ts';

const askQuestion = 'Ask me which store';
const slowQuestion = 'Count slowly';
let stage: Stage;
beforeAll(async () => {
  const talk = {
    ...usualTalk,
    [askQuestion]: [
      {
        toolCalls: [
          { id: 'q1', name: 'ask-user', arguments: { question: 'Which store?', options: ['disk', 'memory'] } },
        ],
      },
      { text: pieces('You said it.') },
    ],
    [slowQuestion]: [
      { text: pieces('one two three '), toolCalls: [{ id: 's1', name: 'list', arguments: { path: 'src' } }] },
      { text: Array.from({ length: 400 }, (_, at) => `n${at} `), pieceDelayMs: 15 },
    ],
  };
  stage = await createStage({ answer: scriptedTalk(talk) });
  await stage.assistant.trust.set({ workspace: stage.repository, trusted: true });
});
afterAll(() => stage[Symbol.asyncDispose]());

const file = (): Promise<string> => readFile(join(stage.repository, 'src/retry.ts'), 'utf8');

it('takes one part of a change and leaves another out, and rewinds the code', async () => {
  await using opened = await stage.open();
  const { page } = opened;
  const before = await file();
  await page.getByRole('combobox', { name: 'Mode', exact: true }).selectOption('ask');
  await page.locator('#nt-question').fill(taskQuestion);
  await page.keyboard.press('Enter');
  await page.getByRole('checkbox', { name: /^Take change 2 of 2/u }).uncheck();
  await page.getByRole('button', { name: 'Allow 1 of 2 changes' }).click();
  await page.getByRole('heading', { name: 'Run this command?' }).waitFor();
  const after = await file();
  expect(after).toContain('delayMs: 500');
  expect(after).not.toContain('no success');
  await page.getByRole('button', { name: 'Deny' }).click();
  await page.keyboard.type('not now');
  await page.keyboard.press('Enter');
  await page.locator('.nt-turn-facts').waitFor();
  await page.getByText('Allowed without 1 change').waitFor();
  await page.getByText('“not now”').waitFor();

  await page.getByRole('button', { name: 'Changes', exact: true }).click();
  await page.locator('.nt-change .nt-diff').waitFor();
  await opened.look('chat-diff');
  expect(await opened.axe()).toEqual([]);

  await page.getByRole('button', { name: 'Rewind to before this' }).click();
  await page.getByRole('dialog').getByText('src/retry.ts').waitFor();
  await opened.look('chat-rewind');
  expect(await opened.axe()).toEqual([]);
  await page.getByRole('button', { name: 'Rewind', exact: true }).click();
  await page.getByText('Back to before that question.').waitFor();
  expect(await file()).toBe(before);
  expect(opened.trouble).toEqual([]);
});

it('takes the answer to a question of the agent', async () => {
  await using opened = await stage.open({ theme: 'dark', size: 'narrow' });
  const { page } = opened;
  await page.getByRole('combobox', { name: 'Mode', exact: true }).selectOption('plan');
  await page.locator('#nt-question').fill(askQuestion);
  await page.keyboard.press('Enter');
  await page.getByRole('button', { name: 'memory' }).waitFor();
  await opened.look('narrow-question');
  expect(await opened.axe()).toEqual([]);
  await page.getByRole('button', { name: 'memory' }).click();
  await page.getByText('“memory”').waitFor();
  await page.locator('.nt-turn-facts').waitFor();
  expect(opened.trouble).toEqual([]);
});

it('says something to an agent while it works', async () => {
  await using opened = await stage.open();
  const { page } = opened;
  await page.getByRole('combobox', { name: 'Mode', exact: true }).selectOption('plan');
  await page.locator('#nt-question').fill(slowQuestion);
  await page.keyboard.press('Enter');
  await page.locator('.nt-markdown').getByText('n20 ').first().waitFor();
  await page.locator('#nt-question').fill('and faster');
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: 'You: and faster' }).waitFor();
  await page.getByText('You, while it works').waitFor();
  await page.keyboard.press('Escape');
  await page.getByText('Stopped. What was shown is kept.').waitFor();
  expect(opened.trouble).toEqual([]);
});

it('renames, finds, forks, exports and removes a session, and takes the removal back', async () => {
  await using opened = await stage.open({ theme: 'dark' });
  const { page } = opened;
  await page.locator('#nt-question').fill(explainQuestion);
  await page.keyboard.press('Enter');
  await page.locator('.nt-turn-facts').waitFor();
  await page.getByRole('button', { name: `What can be done with ${explainQuestion}` }).click();
  await page.getByRole('button', { name: 'Rename' }).click();
  await page.keyboard.press('Control+a');
  await page.keyboard.type('About retries');
  await page.keyboard.press('Enter');
  await page.getByRole('link', { name: 'About retries' }).waitFor();
  await page.locator('.nt-chat-head').getByText('About retries').waitFor();

  await page.getByRole('button', { name: 'What can be done with About retries' }).click();
  const downloading = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Export as Markdown' }).click();
  const kept = await downloading;
  expect(await readFile(await kept.path(), 'utf8')).toContain('withRetry');

  await page.getByRole('button', { name: 'Fork from here' }).click();
  await page.getByText('A new chat begins with these turns.').waitFor();
  expect(await stage.assistant.sessions.list()).toHaveLength(5);

  await page.getByRole('searchbox', { name: 'Search in chats' }).fill('defaultPolicy');
  await page.locator('.nt-session-snippet').first().waitFor();
  await opened.look('chat-search');
  expect(await opened.axe()).toEqual([]);
  await page.getByRole('searchbox', { name: 'Search in chats' }).fill('');

  await page.getByRole('button', { name: 'What can be done with About retries', exact: true }).click();
  await page.getByRole('button', { name: 'Remove', exact: true }).click();
  await page.getByText('Removed “About retries”.').waitFor();
  await page.getByRole('button', { name: 'Undo', exact: true }).click();
  await page.getByRole('link', { name: 'About retries', exact: true }).waitFor();
  expect(opened.trouble).toEqual([]);
});

it('asks before it opens an address', async () => {
  await using opened = await stage.open();
  const { page } = opened;
  await page.getByRole('link', { name: 'About retries', exact: true }).click();
  await page.getByRole('button', { name: /the store's page/u }).click();
  await page.getByText('https://example.org/protocol').waitFor();
  await opened.look('chat-link');
  expect(await opened.axe()).toEqual([]);
  await page.getByRole('button', { name: 'Cancel' }).click();
  expect(page.context().pages()).toHaveLength(1);
  expect(opened.trouble).toEqual([]);
});
