import type { RecordedRequest, ScriptedAnswer } from '@nootropic/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openEditor, type OpenEditor } from './editor.ts';

const retry = `/** How often something is tried, and how long it waits in between. */
export interface RetryPolicy {
  readonly attempts: number;
  readonly delayMs: number;
}

export const defaultPolicy: RetryPolicy = { attempts: 3, delayMs: 200 };

export function waitBefore(attempt: number, policy: RetryPolicy): number {
  return attempt < 2 ? 0 : policy.delayMs * 2 ** (attempt - 2);
}
`;

const total = `export interface Parcel {
  readonly name: string;
  readonly bytes: number;
}

export function totalBytes(parcels: readonly Parcel[]): number {
  
}
`;

const documented = retry.replace(
  'export function waitBefore',
  '/** Milliseconds to wait before an attempt, counted from 1: none before the first, then twice as long each time. */\nexport function waitBefore',
);

const question = 'How long is waited before an attempt?';
const answer = `The wait is in \`waitBefore\`, src/retry.ts:9-11. There is none before the first attempt; after that it begins with \`delayMs\` and doubles:

| Attempt | Wait |
| --- | --- |
| 1 | none |
| 2 | 200 ms |
| 3 | 400 ms |
`;

/** What the model says: to a request for code that is missing, to the question, and to the task of a code action. */
function say({ path, body }: RecordedRequest): ScriptedAnswer {
  if (path === '/infill') {
    const isWritten = JSON.stringify(body?.['input_prefix'] ?? '').includes('.reduce(');
    return { text: isWritten ? [] : ['return parcels', '.reduce((sum, ', '{ bytes }) => ', 'sum + bytes, 0);'] };
  }
  const messages = (body?.['messages'] ?? []) as readonly { readonly role: string; readonly content: unknown }[];
  const asked = JSON.stringify(messages.findLast(({ role }) => role === 'user')?.content ?? '');
  if (asked.includes(question)) return { text: answer.match(/\s*\S{1,8}|\s+$/gu) ?? [], pieceDelayMs: 2 };
  const steps = messages.filter(({ role }) => role === 'tool').length;
  if (steps === 0) return { toolCalls: [{ id: 'c1', name: 'read', arguments: { path: 'src/retry.ts' } }] };
  if (steps === 1)
    return {
      text: [`I add what it says.\n\`\`\`ts\n${documented}\`\`\`\n`],
      toolCalls: [{ id: 'c2', name: 'edit', arguments: { path: 'src/retry.ts' } }],
    };
  return { text: ['Done: it says now what it gives.'] };
}

/** Ends what hangs; a machine that does much else is slow. */
const limitMs = 180_000;

describe('the extension in VS Code', { timeout: 600_000 }, () => {
  let editor: OpenEditor;

  beforeAll(async () => {
    editor = await openEditor({
      answer: say,
      files: { 'src/retry.ts': retry, 'src/total.ts': total, 'README.md': '# parcels\n' },
    });
  }, 1_200_000);
  afterAll(() => editor[Symbol.asyncDispose]());

  it('activates with less than 50 ms of work', async () => {
    await expect.poll(() => editor.log(), { timeout: limitMs }).toContain('Activated in');
    const [, work] = /Activated in [\d.]+ ms, ([\d.]+) ms of work/u.exec(await editor.log()) ?? [];
    expect(Number(work)).toBeLessThan(50);
  });

  it('answers in the chat, and its citation opens the file at the line', async () => {
    const { chat, page } = editor;
    await editor.openFile('src/total.ts');
    await editor.command('nootropic: Open Chat');
    const field = chat.locator('textarea').first();
    await field.waitFor();
    await field.fill(question);
    await field.press('Enter');
    await chat.getByText('There is none before the first attempt').first().waitFor({ timeout: limitMs });
    await chat.getByRole('cell', { name: '400 ms' }).waitFor();
    await editor.picture('vscode-chat');
    await chat
      .getByText(/src\/retry\.ts:9/u)
      .first()
      .click();
    await page.locator('.tab.active', { hasText: 'retry.ts' }).waitFor();
    await page.getByText('Ln 9,').waitFor();
  });

  it('shows ghost text that Tab takes', async () => {
    const { page } = editor;
    await editor.openFile('src/total.ts');
    await editor.goTo(7, 3);
    const ghost = page.locator('.ghost-text, .ghost-text-decoration').first();
    await page.getByText('Ln 7,').waitFor();
    await page.keyboard.press('Alt+\\');
    await ghost.waitFor({ timeout: limitMs });
    await editor.picture('vscode-completion');
    await page.keyboard.press('Tab');
    await ghost.waitFor({ state: 'hidden' });
    await page.keyboard.press('Control+S');
    await expect
      .poll(() => editor.read('src/total.ts'))
      .toContain('  return parcels.reduce((sum, { bytes }) => sum + bytes, 0);');
  });

  it('asks for leave to make a change, and shows it as the editor’s own diff', async () => {
    const { page } = editor;
    await editor.openFile('src/retry.ts');
    await editor.goTo(9, 20);
    const action = await editor.codeAction('Document with nootropic');
    await editor.picture('vscode-action');
    await action.click();
    await page.locator('.monaco-diff-editor').first().waitFor({ timeout: limitMs });
    await page.getByText('Milliseconds to wait before an attempt').first().waitFor();
    await editor.picture('vscode-edit');
    expect(await editor.read('src/retry.ts')).toBe(retry);
    await editor.command('nootropic: Allow the Proposed Change');
    await expect.poll(() => editor.read('src/retry.ts'), { timeout: limitMs }).toBe(documented);
  });

  it('takes the change back', async () => {
    const { page } = editor;
    await editor.command('nootropic: Undo the Turn');
    const yes = page.getByRole('button', { name: 'Undo the Turn' });
    await yes.click({ timeout: 15_000 }).catch(() => undefined);
    await expect.poll(() => editor.read('src/retry.ts'), { timeout: limitMs }).toBe(retry);
  });
});
