import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { openEditor } from './editor.ts';
import { files } from './surfaces-talk.ts';

/** Ends what hangs; a machine that does much else is slow. */
const limitMs = 120_000;

it('offers tools, models, an MCP server and a participant to the editor and to other extensions', async () => {
  await using editor = await openEditor({
    answer: () => ({ text: ['Parcels ', 'weigh ', 'what they hold.'] }),
    files,
    neighbour: fileURLToPath(new URL('neighbour', import.meta.url)),
  });
  const { page } = editor;
  /** What a command of the other extension left. */
  const came = async (name: string): Promise<unknown> => {
    let text = '';
    const read = async () => (text = await editor.read(`${name}.json`).catch(() => ''));
    await expect.poll(read, { timeout: limitMs }).toMatch(/\}$/u);
    return JSON.parse(text);
  };
  await editor.openFile('sizes.ts');
  await page.locator('.statusbar-item', { hasText: 'nootropic' }).waitFor();

  await editor.command('Neighbour: Search with a Tool');
  expect(await came('search')).toMatchObject({
    tools: ['nootropic_search', 'nootropic_symbol', 'nootropic_graph', 'nootropic_map', 'nootropic_undo'],
    text: expect.stringContaining('src/sizes.ts:11-15\nexport function heaviest'),
  });

  await editor.command('MCP: List Servers');
  await page.locator('.quick-input-list .monaco-list-row', { hasText: 'nootropic' }).waitFor();
  await page.keyboard.press('Escape');

  await editor.command('Neighbour: Ask a Model');
  expect(await came('ask')).toMatchObject({ models: [{ id: 'tiny' }], text: 'Parcels weigh what they hold.' });

  await page.keyboard.press('Control+Alt+I');
  const chat = page.locator('.interactive-session');
  await chat.locator('.chat-input-picker-label', { hasText: 'tiny' }).waitFor();
  await chat.locator('.interactive-input-part .monaco-editor').first().click();
  await page.keyboard.type('@nootropic What do parcels weigh?');
  // The first may go to the list of names that is open while one is typed.
  const request = chat.locator('.interactive-request', { hasText: 'What do parcels weigh?' });
  for (let tries = 0; tries < 20 && !(await request.isVisible()); tries += 1) {
    await page.keyboard.press('Enter');
    await request.waitFor({ timeout: 2000 }).catch(() => undefined);
  }
  await chat.locator('.interactive-response', { hasText: 'Parcels weigh what they hold.' }).waitFor();
  await editor.picture('vscode-participant');
}, 600_000);
