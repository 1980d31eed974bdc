import { afterAll, beforeAll, expect, it } from 'vitest';
import { createStage, type Stage } from './page.ts';
import { pieces } from './scripted-talk.ts';

let stage: Stage;
beforeAll(async () => {
  const text = pieces('It sends the pieces of a file, each with `withRetry`, in src/upload.ts:7-15.');
  stage = await createStage({ answer: () => ({ text }) });
});
afterAll(() => stage[Symbol.asyncDispose]());

it('shows a newcomer the folder, a question that fits, and its answer with sources', async () => {
  await using opened = await stage.open({ tour: true });
  const { page } = opened;
  await page.getByText('Uploads folders to a store').waitFor();
  expect(await opened.axe()).toEqual([]);
  await opened.look('tour');
  await page.getByRole('button', { name: 'Next' }).click();
  expect(await page.getByRole('radio').count()).toBeGreaterThan(1);
  await opened.look('tour-question');
  await page.getByRole('button', { name: 'Ask', exact: true }).click();
  await page.locator('.nt-turn-facts').waitFor();
  await page.getByRole('heading', { name: 'The answer names its lines' }).waitFor();
  await opened.look('tour-answer');
  expect(await opened.axe()).toEqual([]);
  await page.getByRole('button', { name: 'Done', exact: true }).click();
  await page.reload();
  await page.locator('#nt-question').waitFor();
  expect(await page.getByText('Step 1 of 3').count()).toBe(0);
  expect(opened.trouble).toEqual([]);
});

it('is led by the keyboard alone', async () => {
  await using opened = await stage.open({ theme: 'dark' });
  const { page } = opened;
  await page.keyboard.press('Control+k');
  await page.getByPlaceholder('What do you want to do?').waitFor();
  await page.getByRole('option', { name: 'Go to Settings' }).waitFor();
  await opened.picture('palette');
  await page.keyboard.type('retry');
  await page.getByText('src/retry.ts', { exact: true }).waitFor();
  await opened.look('palette-file');
  await page.locator('[cmdk-input]').fill('');
  expect(await opened.axe()).toEqual([]);
  await page.keyboard.type('theme: light');
  await page.keyboard.press('Enter');
  await expect.poll(() => page.evaluate(() => document.documentElement.dataset['theme'])).toBe('light');
  await page.locator('#content').focus();
  await page.keyboard.press('g');
  await page.keyboard.press('m');
  await expect.poll(() => page.evaluate(() => location.hash)).toBe('#models');
  await page.locator('#content').focus();
  await page.keyboard.press('?');
  await page.getByText('Keys without Ctrl do something').waitFor();
  await opened.look('shortcuts');
  expect(await opened.axe()).toEqual([]);
  await page.keyboard.press('Escape');
  await page.keyboard.press('/');
  await page.locator('#nt-question:focus').waitFor();
  await page.keyboard.type('What is sent? g m ?');
  expect(await page.evaluate(() => location.hash)).toBe('#chat');
  await page.keyboard.press('Enter');
  await page.locator('.nt-turn-facts').waitFor();
  await page.keyboard.press('ArrowUp');
  expect(await page.locator('#nt-question').inputValue()).toBe('What is sent? g m ?');
  expect(opened.trouble).toEqual([]);
});

it('attaches a file and a symbol by their names, and refuses a picture that the model cannot see', async () => {
  await using opened = await stage.open();
  const { page } = opened;
  const field = page.locator('#nt-question');
  await field.pressSequentially('Look at @retry');
  await page
    .getByRole('option', { name: /src\/retry\.ts/u })
    .first()
    .waitFor();
  await opened.look('chat-mention');
  expect(await opened.axe()).toEqual([]);
  await page.keyboard.press('Enter');
  expect(await page.getByRole('list', { name: 'Attached' }).innerText()).toContain('src/retry.ts');
  await page.locator('input[type=file]').setInputFiles({
    name: 'shot.png',
    mimeType: 'image/png',
    buffer: Buffer.from([137, 80, 78, 71]),
  });
  await page.getByText('takes no pictures').waitFor();
  await page.locator('input[type=file]').setInputFiles({
    name: 'log.txt',
    mimeType: 'text/plain',
    buffer: Buffer.from('it failed'),
  });
  await page.getByText('log.txt').waitFor();
  await field.press('Enter');
  await page.locator('.nt-turn-facts').waitFor();
  const asked = JSON.stringify(stage.model.requests.at(-1)?.body);
  expect(asked).toContain('it failed');
  expect(asked).toContain('defaultPolicy');
  expect(opened.trouble).toEqual([]);
});

it('moves nothing where a person wants no movement', async () => {
  await using opened = await stage.open({ reducedMotion: true });
  const { page } = opened;
  await page.locator('#nt-question').fill('How are pieces sent?');
  await page.keyboard.press('Enter');
  await page.locator('.nt-turn-facts').waitFor();
  await page.keyboard.press('Control+k');
  await page.getByPlaceholder('What do you want to do?').waitFor();
  const moving = () =>
    page.evaluate(() =>
      [...document.querySelectorAll('*')].flatMap((element) => {
        const { animationName, animationDuration, transitionDuration } = getComputedStyle(element);
        const times = `${animationName === 'none' ? '0s' : animationDuration}, ${transitionDuration}`.split(', ');
        const seconds = Math.max(...times.map((time) => parseFloat(time) / (time.endsWith('ms') ? 1000 : 1)));
        return seconds > 0.01 ? [`${element.tagName}.${element.className}: ${String(seconds)} s`] : [];
      }),
    );
  expect(await moving()).toEqual([]);
});
