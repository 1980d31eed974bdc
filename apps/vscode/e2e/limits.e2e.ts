import { expect, it } from 'vitest';
import { openEditor } from './editor.ts';

const files = { 'src/one.ts': 'export const one = 1;\n' };
const answer = () => ({ text: ['ok'] });

it('shows how the program is installed where there is none, and installs nothing', async () => {
  await using editor = await openEditor({ answer, files, noProgram: true });
  const { page } = editor;
  await editor.command('nootropic: Find the Host Again');
  const message = page.locator('.notification-toast', { hasText: 'npm install --global nootropic' });
  await message.waitFor();
  await message.getByRole('button', { name: 'Copy the Install Command' }).waitFor();
  await message.getByRole('button', { name: 'Run It in a Terminal' }).waitFor();
  await page.locator('.statusbar-item[aria-label*="is not installed"]').waitFor();
  expect(await page.locator('.terminal-wrapper').count()).toBe(0);
}, 400_000);

it('suggests nothing and runs nothing while the workspace is not trusted', async () => {
  await using editor = await openEditor({ answer, files, untrusted: true });
  const { page } = editor;
  await page.getByText('Restricted Mode').first().waitFor();
  await editor.openFile('src/one.ts');
  await page.locator('.editor-instance .view-lines').first().click();
  await page.keyboard.press('Alt+\\');
  await page.locator('.statusbar-item[aria-label*="is not trusted"]').first().waitFor();
  expect(editor.model.requests.filter(({ method }) => method === 'POST')).toEqual([]);
}, 400_000);
