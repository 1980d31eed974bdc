import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { openEditor, type OpenEditor } from './editor.ts';
import { answer, files, kilo, mended, sizes, withMode } from './surfaces-talk.ts';

const lens = ({ page }: OpenEditor, words: string) => page.locator('.codelens-decoration a', { hasText: words });

/** Limits end a test that hangs; a machine with other work is slow. */
const limits = { test: 400_000, wait: 120_000 };

it(
  'shows a change by its parts, keeps one, rejects one, and takes the turn back',
  async () => {
    await using editor = await openEditor({ answer, files: withMode('auto-edit') });
    const { page } = editor;
    page.setDefaultTimeout(limits.wait);
    await editor.openFile('sizes.ts');
    await editor.goTo(2, 10);
    await editor.command('nootropic: Document');
    await lens(editor, 'Keep').nth(1).waitFor({ timeout: limits.wait });
    expect(await editor.read('src/sizes.ts')).toBe(mended);
    // The checks of the workspace are asked for. A toast hides by itself, so the answer is given in the list of notifications.
    await editor.command('Notifications: Show Notifications');
    await page
      .locator('.notifications-center', { hasText: 'after each change' })
      .getByRole('button', { name: 'Deny' })
      .click();
    await editor.picture('vscode-edits');

    await editor.command('nootropic: Review Changes');
    await page.locator('.monaco-diff-editor .modified .view-line', { hasText: '1024' }).waitFor();
    await page.waitForTimeout(1000);
    await editor.picture('vscode-diff');

    await page.keyboard.press('Alt+J');
    await page.keyboard.press('Alt+K');
    await page.locator('.monaco-diff-editor .modified .view-line', { hasText: '1024' }).click();
    await page.keyboard.press('Alt+Y');
    await page.locator('.statusbar-item', { hasText: '1 to review' }).waitFor();
    await page.locator('.monaco-diff-editor .modified .view-line', { hasText: 'parcels.length === 0' }).click();
    // An extension hears of the cursor a moment after it has moved, and nothing shows when.
    await page.waitForTimeout(500);
    await page.keyboard.press('Alt+N');
    await expect.poll(() => editor.read('src/sizes.ts'), { timeout: limits.wait }).toBe(kilo);
    await editor.picture('vscode-diff-rejected');

    await editor.command('nootropic: Undo the Turn');
    await page.locator('.monaco-dialog-box').getByRole('button', { name: 'Undo the Turn' }).click();
    await expect.poll(() => editor.read('src/sizes.ts'), { timeout: limits.wait }).toBe(sizes);
  },
  limits.test,
);

it(
  'offers code actions, and asks leave for a change with a diff of the editor',
  async () => {
    await using editor = await openEditor({ answer, files });
    const { page } = editor;
    page.setDefaultTimeout(limits.wait);
    await editor.openFile('sizes.ts');
    await editor.goTo(17, 10);
    const action = await editor.codeAction('Document with nootropic');
    await editor.picture('vscode-code-actions');
    await action.click();
    await page
      .locator('.monaco-diff-editor .modified .view-line', { hasText: '1024' })
      .waitFor({ timeout: limits.wait });
    await editor.picture('vscode-proposal');
    expect(await editor.read('src/sizes.ts')).toBe(sizes);
    await page.locator('.monaco-diff-editor .modified .view-line', { hasText: 'parcels.length === 0' }).click();
    await page.keyboard.press('Alt+X');
    await page.keyboard.press('Alt+Y');
    await expect.poll(() => editor.read('src/sizes.ts'), { timeout: limits.wait }).toBe(kilo);
  },
  limits.test,
);

it(
  'finds a better name and lets the language support rename',
  async () => {
    await using editor = await openEditor({ answer, files });
    const { page } = editor;
    page.setDefaultTimeout(limits.wait);
    await editor.openFile('sizes.ts');
    await editor.goTo(17, 20);
    await editor.command('nootropic: Find a Better Name');
    await page
      .locator('.quick-input-list .monaco-list-row', { hasText: 'meanBytes' })
      .waitFor({ timeout: limits.wait });
    await editor.picture('vscode-rename');
    await page.keyboard.press('Enter');
    await page.locator('.view-line', { hasText: 'meanBytes' }).first().waitFor({ timeout: limits.wait });
  },
  limits.test,
);

it(
  'writes the commit message, and shows a review as comments',
  async () => {
    await using editor = await openEditor({ answer, files });
    const { page, workspace } = editor;
    page.setDefaultTimeout(limits.wait);
    await writeFile(join(workspace, 'src/sizes.ts'), kilo);
    await page.keyboard.press('Control+Shift+G');
    await page.locator('.scm-view .monaco-list-row', { hasText: 'sizes.ts' }).waitFor({ timeout: limits.wait });
    await editor.command('nootropic: Write the Commit Message');
    await page.locator('.scm-editor', { hasText: 'Count a kilobyte as 1024 bytes' }).waitFor({ timeout: limits.wait });
    await editor.picture('vscode-commit-message');

    await editor.command('nootropic: Review What Is Not Committed');
    const thread = page.locator('.review-widget', { hasText: 'The average of no parcels is not a number' });
    await thread.waitFor({ timeout: limits.wait });
    await editor.picture('vscode-review');
    await thread.getByRole('button', { name: 'Resolve' }).click();
    await thread.waitFor({ state: 'hidden', timeout: limits.wait });
  },
  limits.test,
);
