import { afterAll, beforeAll, expect, it } from 'vitest';
import { createStage, type Stage } from './page.ts';
import { explainQuestion, scriptedTalk, taskQuestion, usualTalk } from './scripted-talk.ts';

let stage: Stage;
beforeAll(async () => {
  stage = await createStage({ answer: scriptedTalk(usualTalk) });
  await stage.assistant.trust.set({ workspace: stage.repository, trusted: true });
});
afterAll(() => stage[Symbol.asyncDispose]());

it('answers a question with sources, tells why, and loads nothing from elsewhere', async () => {
  await using opened = await stage.open();
  const { page } = opened;
  await opened.look('chat-empty');
  await page.keyboard.press('Tab');
  await page.locator('#nt-question').fill(explainQuestion);
  await page.keyboard.press('Enter');
  await page.locator('.nt-turn-facts').waitFor();
  await opened.picture('chat-light');
  expect(await opened.axe()).toEqual([]);
  await page.getByRole('button', { name: 'Why this answer?' }).click();
  await page.locator('.nt-why h3').first().waitFor();
  await opened.picture('chat-why');
  expect(await opened.axe()).toEqual([]);
  expect(opened.trouble).toEqual([]);
});

it('asks before it changes a file, by keyboard', async () => {
  await using opened = await stage.open({ theme: 'dark' });
  const { page } = opened;
  await page.getByRole('combobox', { name: 'Mode', exact: true }).selectOption('ask');
  await page.locator('#nt-question').fill(taskQuestion);
  await page.keyboard.press('Enter');
  await page.locator('.nt-ask').waitFor();
  await page.waitForTimeout(600);
  await opened.picture('chat-approval');
  expect(await opened.axe()).toEqual([]);
  expect(opened.trouble).toEqual([]);
  await page.keyboard.press('a');
  await page.getByRole('heading', { name: 'Run this command?' }).waitFor();
  await page.waitForTimeout(600);
  await opened.look('chat-command');
  await page.keyboard.press('a');
  await page.locator('.nt-turn-facts').waitFor();
  await opened.picture('chat-dark');
  expect(await opened.axe()).toEqual([]);
  expect(opened.trouble).toEqual([]);
});

it('fits a narrow page', async () => {
  await using opened = await stage.open({ size: 'narrow' });
  const { page } = opened;
  await opened.look('narrow-empty');
  expect(await opened.axe()).toEqual([]);
  await page.getByRole('button', { name: 'Show the chats' }).click();
  await page.getByRole('link', { name: explainQuestion }).click();
  await page.locator('.nt-turn-facts').waitFor();
  await opened.look('narrow-chat');
  expect(await opened.axe()).toEqual([]);
  await page.getByRole('button', { name: 'Navigation' }).click();
  await opened.look('narrow-navigation');
  expect(opened.trouble).toEqual([]);
});
