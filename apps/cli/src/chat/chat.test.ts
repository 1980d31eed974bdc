import { describe, expect, it } from 'vitest';
import { fakeSession } from '../fake-host.test-fixture.ts';
import { tryChat, turnOf, usage, type ScriptedTurn } from './chat.test-fixture.ts';

const enter = { return: true };
const escape = { escape: true };

const approving: ScriptedTurn = async function* ({ input, answered, signal }) {
  yield { type: 'turn-start', text: input.text, agent: 'coder', workspace: '/w' };
  yield {
    type: 'approval-request',
    ...{ requestId: 'r1', action: 'run', detail: 'npm test', sandboxed: true, reason: 'Commands are asked for.' },
    offers: [{ decision: 'allow', tool: 'run', command: 'npm test', matches: [], differs: [] }],
  };
  const answer = await answered();
  yield { type: 'approval-answer', requestId: 'r1', decision: answer.decision };
  yield { type: 'turn-end', reason: signal?.aborted === true ? 'aborted' : 'done', text: '', citations: [], usage };
};

const endless: ScriptedTurn = async function* ({ input, signal }) {
  yield { type: 'turn-start', text: input.text, agent: 'coder', workspace: '/w' };
  await new Promise<void>((resolve) => signal?.addEventListener('abort', () => resolve()));
  yield { type: 'turn-end', reason: 'aborted', text: '', citations: [], usage };
};

describe('createChat', () => {
  it('sends what is typed as a task in the mode, and goes on with the same session', async () => {
    await using tried = await tryChat(turnOf({ type: 'text-delta', text: 'Yes.' }));
    tried.press('rename it', enter);
    await tried.settle();
    tried.press({ shift: true, tab: true }, 'and again', enter);
    await tried.settle();
    expect(tried.sent).toMatchObject([
      { text: 'rename it', mode: 'ask', attended: true, workspace: '/w' },
      { text: 'and again', mode: 'auto-edit', sessionId: fakeSession.id },
    ]);
    expect(tried.chat.view().state.items.map(({ kind }) => kind)).toEqual([
      'user',
      'text',
      'end',
      'user',
      'text',
      'end',
    ]);
  });

  it('approves with one key, once or always', async () => {
    await using tried = await tryChat(approving);
    for (const key of ['y', 'a']) {
      tried.press('go', enter);
      await tried.settle();
      tried.press(key);
      await tried.settle();
    }
    expect(tried.answers.map(({ decision }) => decision)).toEqual(['allow', 'always']);
  });

  it('denies with a reason, and with Esc stops the turn too', async () => {
    await using tried = await tryChat(approving);
    tried.press('go', enter);
    await tried.settle();
    tried.press('n', 'use pnpm', enter);
    await tried.settle();
    expect(tried.answers).toMatchObject([{ decision: 'deny', text: 'use pnpm' }]);
    tried.press('again', enter);
    await tried.settle();
    tried.press(escape);
    await tried.settle();
    expect(tried.answers[1]).toMatchObject({ decision: 'deny' });
    expect(tried.chat.view().state.items.at(-1)).toMatchObject({ kind: 'end', remark: 'Interrupted.' });
  });

  it('never takes a letter of a sentence for an approval', async () => {
    await using tried = await tryChat(approving);
    tried.press('go', enter);
    await tried.settle();
    // The request has just appeared, and the person is in the middle of a word.
    for (const letter of 'yay') {
      tried.clock.now += 100;
      tried.chat.key(letter, {});
    }
    await tried.settle();
    expect(tried.answers).toEqual([]);
    expect(tried.chat.view().draft.text).toBe('yay');
    // With something typed, letters stay letters, however long one waits.
    tried.press('y');
    expect(tried.chat.view().draft.text).toBe('yayy');
  });

  it('answers a question by a number or by words', async () => {
    const asking: ScriptedTurn = async function* ({ input, answered }) {
      yield { type: 'turn-start', text: input.text, agent: 'coder', workspace: '/w' };
      yield { type: 'approval-request', requestId: 'q', action: 'question', detail: 'Which?', options: ['one', 'two'] };
      const { text = '' } = await answered();
      yield { type: 'approval-answer', requestId: 'q', decision: 'allow', text };
      yield { type: 'turn-end', reason: 'done', text: '', citations: [], usage };
    };
    await using tried = await tryChat(asking);
    tried.press('go', enter);
    await tried.settle();
    tried.press('2');
    await tried.settle();
    tried.press('go', enter);
    await tried.settle();
    tried.press('neither', enter);
    await tried.settle();
    expect(tried.answers.map(({ text }) => text)).toEqual(['two', 'neither']);
  });

  it('hands on what is said while it works, and makes a turn of what nobody read', async () => {
    let release = (): void => undefined;
    const slow: ScriptedTurn = async function* ({ input }) {
      yield { type: 'turn-start', text: input.text, agent: 'coder', workspace: '/w' };
      if (input.text === 'first') {
        await new Promise<void>((resolve) => (release = resolve));
        yield { type: 'user-message', text: 'read this' };
      }
      yield { type: 'turn-end', reason: 'done', text: '', citations: [], usage };
    };
    await using tried = await tryChat(slow);
    tried.press('first', enter);
    await tried.settle();
    tried.press('read this', enter, 'and that', enter);
    await tried.settle();
    expect(tried.chat.view().queued).toEqual(['read this', 'and that']);
    release();
    await tried.settle();
    expect(tried.steered).toEqual(['read this', 'and that']);
    expect(tried.sent.map(({ text }) => text)).toEqual(['first', 'and that']);
    expect(tried.chat.view().queued).toEqual([]);
  });

  it('puts a paste into what it says while the agent works, since nothing can be attached then', async () => {
    await using tried = await tryChat(endless);
    tried.press('go', enter);
    await tried.settle();
    tried.chat.paste('a\nb\nc\nd\ne');
    tried.press('look', enter);
    await tried.settle();
    expect(tried.steered).toEqual(['a\nb\nc\nd\ne look']);
  });

  it('interrupts with Esc and gives back what waited', async () => {
    await using tried = await tryChat(endless);
    tried.press('go', enter);
    await tried.settle();
    tried.press('later', enter, escape);
    await tried.settle();
    expect(tried.chat.view()).toMatchObject({ draft: { text: 'later' }, queued: [], stopping: false });
    expect(tried.sent).toHaveLength(1);
  });

  it('quits at the second Ctrl-C, and not at two that are far apart', async () => {
    const tried = await tryChat(turnOf());
    const leave = (): void => tried.chat.key('c', { ctrl: true });
    let over = false;
    void tried.chat.ended.then(() => (over = true));
    leave();
    tried.clock.now += 10_000;
    leave();
    await tried.settle();
    expect([over, tried.chat.view().flash]).toEqual([false, 'Ctrl-C again quits.']);
    leave();
    await tried.settle();
    expect(over).toBe(true);
  });

  it('sends a named file, and a long paste, along', async () => {
    await using tried = await tryChat(turnOf());
    tried.chat.paste(Array.from({ length: 9 }, (_, at) => `line ${at}`).join('\r\n'));
    tried.press('explain @src/a.ts:2-5 and @src/none.ts', enter);
    await tried.settle();
    expect(tried.sent[0]?.text).toBe('[paste 1, 9 lines] explain @src/a.ts:2-5 and @src/none.ts');
    expect(tried.sent[0]?.attachments).toMatchObject([
      { kind: 'text', name: 'paste 1, 9 lines', text: expect.stringContaining('line 0\nline 1') },
      { kind: 'file', path: 'src/a.ts', startLine: 2, endLine: 5 },
    ]);
  });

  it('completes files after @ folder by folder, and commands after a slash', async () => {
    await using tried = await tryChat(turnOf());
    tried.press('see @s');
    await tried.settle();
    expect(tried.chat.view().panel).toMatchObject({ kind: 'choices', choices: [{ text: 'src/' }] });
    tried.press({ tab: true });
    await tried.settle();
    tried.press({ tab: true });
    expect(tried.chat.view().draft.text).toBe('see @src/a.ts ');
    tried.press({ ctrl: true });
    tried.chat.key('u', { ctrl: true });
    tried.press('/und');
    await tried.settle();
    tried.press({ tab: true });
    expect(tried.chat.view().draft.text).toBe('/undo ');
  });

  it('begins a new line at a backslash, and with Alt-Enter', async () => {
    await using tried = await tryChat(turnOf());
    tried.press('one\\', enter, 'two', { return: true, meta: true }, 'three');
    expect(tried.chat.view().draft.text).toBe('one\ntwo\nthree');
  });

  it('finds what was said before, in this session and in others', async () => {
    await using tried = await tryChat(turnOf(), { workspace: '/w' });
    await tried.chat.start();
    await tried.settle();
    tried.press({ upArrow: true });
    expect(tried.chat.view().draft.text).toBe('where is it?');
    tried.press({ downArrow: true });
    tried.chat.key('r', { ctrl: true });
    tried.press('IS IT', enter);
    expect(tried.chat.view().draft.text).toBe('where is it?');
  });

  it('asks whether the folder is trusted where it holds something, and remembers the yes', async () => {
    const asked: unknown[] = [];
    const origin = { scope: 'workspace' as const, path: 'AGENTS.md', hash: 'h' };
    const found = {
      trusted: false,
      unattended: false,
      instructions: [origin],
      agents: [],
      skills: [],
      hooks: [],
      commands: [],
      ignored: [],
    };
    const trust = {
      show: async () => found,
      set: async (input: unknown) => {
        asked.push(input);
        return { ...found, trusted: true };
      },
    };
    await using tried = await tryChat(turnOf(), { host: { changes: { trust } } });
    await tried.chat.start();
    expect(tried.chat.view().panel).toMatchObject({ kind: 'trust' });
    tried.press('x', 'y');
    await tried.settle();
    expect(asked).toEqual([{ workspace: '/w', trusted: true }]);
    expect(tried.chat.view()).toMatchObject({ trusted: true, panel: { kind: 'none' } });
  });

  it('goes on with a session and shows what was said in it', async () => {
    await using tried = await tryChat(turnOf({ type: 'text-delta', text: 'Here.' }), {
      sessionId: 'latest',
      model: 'openai:m',
    });
    await tried.chat.start();
    const { state } = tried.chat.view();
    expect(state.sessionId).toBe(fakeSession.id);
    expect(state.items.map(({ kind }) => kind)).toEqual(['note', 'user', 'text', 'end']);
    expect(state.turn).toBeUndefined();
  });

  it('shows a failure and goes on', async () => {
    await using tried = await tryChat(async function* () {
      yield* [];
      throw new Error('the wire broke');
    });
    tried.press('go', enter);
    await tried.settle();
    expect(tried.chat.view().state.items.at(-1)).toMatchObject({ kind: 'error', message: 'the wire broke' });
    expect(tried.chat.view().state.turn).toBeUndefined();
  });

  it('ends when its signal aborts, after the turn has ended', async () => {
    const controller = new AbortController();
    const tried = await tryChat(endless, { signal: controller.signal });
    tried.press('go', enter);
    await tried.settle();
    controller.abort();
    await tried.chat.ended;
    expect(tried.chat.view().state.items.at(-1)).toMatchObject({ kind: 'end', remark: 'Interrupted.' });
  });
});
