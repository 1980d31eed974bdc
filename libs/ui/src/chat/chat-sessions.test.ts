import { NootropicError, type Assistant, type SendInput, type TurnEvent } from '@nootropic/contracts';
import { describe, expect, it } from 'vitest';
import { createChatSessions } from './chat-sessions.ts';

const usage = { tokensRead: 0, tokensReused: 0, tokensWritten: 0, totalMs: 0 };
const base = (seq: number, sessionId = 's') => ({ seq, sessionId, turnId: 't', time: 0 });
const begun = (sessionId?: string): TurnEvent => ({
  ...base(1, sessionId),
  type: 'turn-start',
  text: 'why?',
  agent: 'answer',
  workspace: '/w',
});
const said = (seq: number, text: string): TurnEvent => ({ ...base(seq), type: 'text-delta', text });
const ended = (seq: number): TurnEvent => ({
  ...base(seq),
  type: 'turn-end',
  reason: 'done',
  text: '',
  citations: [],
  usage,
});

async function* stream(events: readonly TurnEvent[], fault?: Error): AsyncGenerator<TurnEvent, void, void> {
  for (const event of events) yield event;
  if (fault) throw fault;
}

/** What the page asks a host for, answered from lists. */
function host(answers: {
  readonly send?: () => AsyncGenerator<TurnEvent>;
  readonly shown?: readonly TurnEvent[];
  readonly resumed?: readonly TurnEvent[];
}) {
  const sent: SendInput[] = [];
  const resumed: { readonly sessionId: string; readonly after?: number | undefined }[] = [];
  const assistant = {
    send: async (input: SendInput) => {
      sent.push(input);
      return answers.send?.() ?? stream([begun(), said(2, 'So.'), ended(3)]);
    },
    sessions: {
      show: async ({ id }: { readonly id: string }) => ({ session: { id, title: 'T' }, events: answers.shown ?? [] }),
    },
    turns: {
      list: async () => (answers.resumed ? [{ sessionId: 's' }] : []),
      resume: async (input: { readonly sessionId: string; readonly after?: number }) => {
        resumed.push(input);
        return stream(answers.resumed ?? []);
      },
    },
    steer: async () => ({ taken: false }),
  } as unknown as Assistant;
  return { assistant, sent, resumed };
}

const atOnce = (run: () => void): void => queueMicrotask(run);

describe('createChatSessions', () => {
  it('begins a session that has its name before the host knows it, and goes on with it by that name', async () => {
    const { assistant, sent } = host({});
    const chats = createChatSessions({ assistant, nextFrame: atOnce, newId: () => 's' });
    const { store } = chats.send({ workspace: '/w', text: 'why?' });
    expect(store.getState().sending?.text).toBe('why?');
    await expect.poll(() => store.getState().phase).toBe('idle');
    expect(store.getState()).toMatchObject({ sending: undefined, state: { turns: [{ state: 'done' }] } });
    chats.send({ workspace: '/w', text: 'and?' }, 's');
    expect(sent).toMatchObject([{ newSessionId: 's', attended: true }, { sessionId: 's' }]);
    expect(sent[1]).not.toHaveProperty('newSessionId');
  });

  it('takes up a turn that runs, after the last event it has', async () => {
    const { assistant, resumed } = host({
      shown: [begun(), said(2, 'a')],
      resumed: [said(2, 'a'), said(3, 'b'), ended(4)],
    });
    const chats = createChatSessions({ assistant, nextFrame: atOnce });
    const { store } = chats.open('s');
    await expect.poll(() => store.getState().state.turns[0]?.state).toBe('done');
    expect(resumed).toEqual([{ sessionId: 's', after: 2 }]);
    expect(store.getState().state.turns[0]?.blocks).toMatchObject([{ text: 'ab' }]);
    expect(chats.open('s').store).toBe(store);
  });

  it('shows a turn as broken that nobody runs any more', async () => {
    const { assistant } = host({ shown: [begun(), said(2, 'half')] });
    const { store } = createChatSessions({ assistant, nextFrame: atOnce }).open('s');
    await expect.poll(() => store.getState().state.turns[0]?.state).toBe('broken');
  });

  it('keeps a question that did not arrive, and sends it again as what it was', async () => {
    let isDown = true;
    const send = (): AsyncGenerator<TurnEvent> =>
      isDown ? stream([], new NootropicError('HOST_UNREACHABLE')) : stream([begun(), ended(2)]);
    const { assistant, sent } = host({ send });
    const chats = createChatSessions({ assistant, nextFrame: atOnce, newId: () => 's' });
    const { store } = chats.send({ workspace: '/w', text: 'why?' });
    await expect.poll(() => store.getState().error?.code).toBe('HOST_UNREACHABLE');
    expect(store.getState().sending?.text).toBe('why?');
    isDown = false;
    chats.sendAgain('s');
    await expect.poll(() => store.getState().state.turns[0]?.state).toBe('done');
    expect(store.getState()).toMatchObject({ error: undefined, sending: undefined });
    expect(sent.map(({ newSessionId }) => newSessionId)).toEqual(['s', 's']);
  });

  it('puts many events of one frame into the store at once', async () => {
    const { assistant } = host({
      send: () => stream([begun(), ...Array.from({ length: 200 }, (_, at) => said(at + 2, 'x')), ended(202)]),
    });
    const frames: (() => void)[] = [];
    const chats = createChatSessions({ assistant, nextFrame: (run) => frames.push(run), newId: () => 's' });
    let changes = 0;
    const { store } = chats.send({ workspace: '/w', text: 'why?' });
    store.subscribe(() => (changes += 1));
    await expect.poll(() => store.getState().phase).toBe('idle');
    expect(store.getState().state.turns[0]?.blocks).toMatchObject([{ text: 'x'.repeat(200) }]);
    expect(changes).toBeLessThan(10);
  });

  it('gives back what a turn that had ended did not take', async () => {
    const { assistant } = host({ shown: [begun(), ended(2)] });
    const chats = createChatSessions({ assistant, nextFrame: atOnce });
    const { store } = chats.open('s');
    await expect(chats.steer('s', 'faster')).rejects.toMatchObject({ code: 'INPUT_INVALID' });
    expect(store.getState().steered).toEqual([]);
  });
});
