import { describe, expect, it, vi } from 'vitest';
import { createFakeEditor } from '../testing/fake-editor.ts';
import { createFakeExtension, streamOf } from '../testing/fake-extension.ts';
import { activateReview } from './activate-review.ts';
import { findingBody, plain } from './finding-words.ts';

const finding = { path: 'src/x.ts', line: 12, title: 'No parcels', input: 'average([])', outcome: 'NaN' };

async function reviewed(findings = [finding]) {
  const editor = createFakeEditor();
  const review = vi.fn(async () => streamOf({ type: 'findings', findings, dropped: 0, files: [{ shown: 'whole' }] }));
  const sent: unknown[] = [];
  const send = async (input: unknown) => {
    sent.push(input);
    return streamOf(
      {
        type: 'file-change',
        seq: 1,
        sessionId: 's',
        turnId: 't',
        time: 1,
        path: 'src/x.ts',
        change: 'modified',
        step: 1,
      },
      {
        ...{
          type: 'turn-end',
          seq: 2,
          sessionId: 's',
          turnId: 't',
          time: 1,
          reason: 'done',
          text: 'Done.',
          citations: [],
        },
        usage: { tokensRead: 0, tokensReused: 0, tokensWritten: 0, totalMs: 1 },
      },
    );
  };
  const extension = createFakeExtension({ assistant: { git: { review }, send } as never });
  activateReview(extension, editor.vscode);
  await editor.run('nootropic.review');
  return { editor, extension, review, sent, thread: editor.threads[0] };
}

describe('a review', () => {
  it('shows each finding as a comment at its line', async () => {
    const { thread, editor } = await reviewed();
    expect(String(thread?.uri)).toBe('file:/home/me/code/src/x.ts');
    expect(thread?.range?.start.line).toBe(11);
    expect((thread?.comments[0]?.body as { value: string }).value).toContain('**No parcels**');
    expect(editor.context.get('nootropic.hasFindings')).toBe(true);
  });

  it('says so where there is none', async () => {
    const { editor } = await reviewed([]);
    expect(editor.messages.at(-1)?.text).toBe('No faults were found. Files looked at: 1.');
  });

  it('takes the place of the one before', async () => {
    const { editor } = await reviewed();
    await editor.run('nootropic.review');
    expect(editor.threads).toHaveLength(1);
  });

  it('can be resolved and dismissed', async () => {
    const { editor, thread } = await reviewed();
    await editor.run('nootropic.review.resolve', thread);
    expect(thread).toMatchObject({ state: 1, contextValue: 'resolved' });
    await editor.run('nootropic.review.dismiss', { thread, text: '' });
    expect(editor.threads).toEqual([]);
    expect(editor.context.get('nootropic.hasFindings')).toBe(false);
  });

  it('takes a question about a finding to the chat', async () => {
    const { editor, extension, thread } = await reviewed();
    await editor.run('nootropic.review.ask', { thread, text: 'Is that so?' });
    expect(extension.chats[0]).toMatchObject({
      ...{ type: 'ask', mode: 'plan', send: true },
      attachments: [{ kind: 'file', path: 'src/x.ts', startLine: 1, endLine: 42 }],
    });
    expect(thread?.comments).toHaveLength(2);
  });

  it('lets the agent mend a finding, and then holds it for resolved', async () => {
    const { editor, sent, thread } = await reviewed();
    await editor.run('nootropic.review.fix', thread);
    expect(sent[0]).toMatchObject({ workspace: '/home/me/code', mode: 'ask', attended: true });
    expect(thread?.contextValue).toBe('resolved');
  });

  it('mends nothing in a workspace that is not trusted', async () => {
    const { editor, extension, sent, thread } = await reviewed();
    extension.isTrusted = false;
    await editor.run('nootropic.review.fix', thread);
    expect(sent).toEqual([]);
    expect(thread?.contextValue).toBe('open');
  });
});

it('shows what a model wrote as text', () => {
  const words = { input: 'With', outcome: 'Wrong' };
  const title = '![x](http://example.org/a.png) [go](command:x) <img src=y>\n# head';
  const body = findingBody({ ...finding, title }, words);
  expect(body).not.toMatch(/(?<!\\)[[\]()<>!]|^#/mu);
  expect(plain('a.b')).toBe('a\\.b');
});
