import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { openEditor } from './editor.ts';
import { files } from './surfaces-talk.ts';

/** Ends what hangs; a machine that does much else is slow. */
const limitMs = 120_000;

it('offers its models, tools and MCP server to the editor and to other extensions', async () => {
  await using editor = await openEditor({
    answer: () => ({ text: ['Parcels ', 'weigh ', 'what they hold.'] }),
    files,
    neighbour: fileURLToPath(new URL('neighbour', import.meta.url)),
  });
  const { page } = editor;
  const came = async (name: string): Promise<Record<string, unknown>> => {
    let text = '';
    await expect
      .poll(async () => (text = await editor.read(`${name}.json`).catch(() => '')), { timeout: limitMs })
      .toMatch(/\}$/u);
    return JSON.parse(text) as Record<string, unknown>;
  };
  await editor.openFile('sizes.ts');
  await page.locator('.statusbar-item', { hasText: 'nootropic' }).waitFor();
  await editor.command('Neighbour: Search with a Tool');
  await page.waitForTimeout(5000);
  await editor.picture('dbg-search');
  const search = await came('search');
  console.log(JSON.stringify(search).slice(0, 1500));
  await editor.command('Neighbour: Ask a Model');
  await page.waitForTimeout(5000);
  await editor.picture('dbg-ask');
  console.log(JSON.stringify(await came('ask')).slice(0, 1500));
}, 600_000);
