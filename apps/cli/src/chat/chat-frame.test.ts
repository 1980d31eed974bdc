import type { TurnEventBody } from '@nootropic/contracts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { chatFrame } from './chat-frame.ts';
import { afterEvent, emptyChat, type ChatState } from './chat-state.ts';
import type { ChatView } from './chat-view.ts';
import { lineWidth, plainLine } from './styled-line.ts';

function after(...bodies: readonly TurnEventBody[]): ChatState {
  return bodies
    .map((body, at) => ({ seq: at + 1, sessionId: 's', turnId: 't', time: 0, ...body }))
    .reduce(afterEvent, emptyChat);
}

function viewOf(change: Partial<ChatView> = {}): ChatView {
  return {
    ...{
      state: emptyChat,
      draft: { text: '', cursor: 0 },
      pasted: [],
      panel: { kind: 'none' },
      ask: { open: false, scroll: 0, denying: false },
    },
    ...{
      mode: 'ask',
      model: undefined,
      agent: undefined,
      window: 16_384,
      trusted: true,
      sandbox: true,
      queued: [],
      flash: '',
      stopping: false,
    },
    ...{ history: ['fix the parser'], closed: false },
    ...change,
  } as ChatView;
}

function shown(view: ChatView, columns = 80, rows = 24): string[] {
  return chatFrame(view, { columns, rows, now: 3000 }).lines.map((line) => plainLine(line).trimEnd());
}

const start: TurnEventBody = { type: 'turn-start', text: 'go', agent: 'coder', workspace: '/w' };
const long = Array.from({ length: 50 }, (_, at) => `+line ${at}`).join('\n');
const request: TurnEventBody = {
  type: 'approval-request',
  requestId: 'r',
  action: 'edit',
  detail: `--- a/x\n+++ b/x\n${long}`,
  paths: ['src/x.ts'],
  reason: 'It is asked for.',
};
const plan: TurnEventBody = {
  type: 'plan-update',
  steps: Array.from({ length: 12 }, (_, at) => ({
    text: `step ${at}`,
    state: at < 6 ? 'done' : at === 6 ? 'active' : 'open',
  })),
};

describe('chatFrame', () => {
  it('ends in the line of input and the status', () => {
    const state = {
      ...emptyChat,
      model: 'openai:qwen@http://127.0.0.1:1/v1',
      promptTokens: 4096,
      reused: 0.934,
      tokensPerSecond: 12.4,
    };
    expect(shown(viewOf({ state }))).toEqual([
      '',
      '> Ask, or say what to do. /help',
      'ask · qwen · context 25% of 16k · cache 93% · 12 tok/s · trusted · sandbox',
    ]);
  });

  it('leaves facts out where the terminal is narrow, the least first', () => {
    const state = {
      ...emptyChat,
      model: 'openai:a-rather-long-name@http://127.0.0.1:1/v1',
      promptTokens: 4096,
      reused: 0.934,
      tokensPerSecond: 12.4,
    };
    expect(shown(viewOf({ state }), 40).at(-1)).toBe('ask · context 25% of 16k');
    expect(shown(viewOf({ state, queued: ['a'] }), 60).at(-1)).toBe(
      'ask · a-rather-long-name · context 25% of 16k · 1 queued',
    );
  });

  it('pins the plan around its active step', () => {
    const lines = shown(viewOf({ state: after(start, plan) }));
    expect(lines).toContain('Plan 6 of 12');
    expect(lines).toContain('  ▸ step 6');
    expect(lines.filter((line) => line.includes('step'))).toHaveLength(7);
  });

  it('shows the head of a long diff, and all of it by scrolling', () => {
    const state = after(start, request);
    expect(shown(viewOf({ state }))).toContain('May it edit src/x.ts?');
    expect(shown(viewOf({ state })).join('\n')).toMatch(/more lines; d shows all/u);
    const last = shown(viewOf({ state, ask: { open: true, scroll: 999, denying: false } }));
    expect(last).toContain('+line 49');
  });

  it('never shortens the line of a command that is asked for', () => {
    const detail = `node -e "${'x'.repeat(150)}" && rm -rf important`;
    const state = after(start, { ...request, action: 'run', detail, sandboxed: false });
    const text = shown(viewOf({ state }))
      .map((line) => line.trim())
      .join('');
    expect(text).toContain(detail);
    expect(text).toContain('Without a sandbox');
  });

  it('shows a find of the history, and the choices', () => {
    expect(shown(viewOf({ panel: { kind: 'history', query: 'pars', skip: 0 } }))).toContain('  fix the parser');
    const choices = [
      { text: 'src/', about: '' },
      { text: 'spec/', about: '' },
    ];
    expect(shown(viewOf({ panel: { kind: 'choices', choices, at: 1, from: 0 } }))).toContain('▸ spec/');
  });

  it('is lower than the screen and no wider, with the cursor inside, whatever there is to show', () => {
    const body: fc.Arbitrary<TurnEventBody> = fc.oneof(
      fc.constant(plan),
      fc.constant(request),
      fc.constant<TurnEventBody>({
        ...request,
        requestId: 'q',
        action: 'question',
        detail: 'Which of these two?',
        options: ['one', 'two'],
      }),
      fc.lorem({ maxCount: 60 }).map((text): TurnEventBody => ({ type: 'text-delta', text })),
      fc.constant<TurnEventBody>({ type: 'text-delta', text: '```ts\n' }),
      fc.constant<TurnEventBody>({ type: 'reasoning-delta', text: 'hmm '.repeat(90) }),
      fc.constant<TurnEventBody>({
        type: 'tool-call',
        call: { id: 'c', name: 'run', arguments: { command: 'x '.repeat(99) } },
      }),
      fc.constant<TurnEventBody>({ type: 'check-result', name: 'tests', ok: false, output: 'a\nb\nc\nd\ne\nf\n' }),
    );
    fc.assert(
      fc.property(
        fc.record({
          bodies: fc.array(body, { maxLength: 12 }),
          draft: fc.lorem({ maxCount: 40 }),
          columns: fc.integer({ min: 40, max: 120 }),
          rows: fc.integer({ min: 10, max: 50 }),
          open: fc.boolean(),
          scroll: fc.nat(60),
        }),
        ({ bodies, draft, columns, rows, open, scroll }) => {
          const view = viewOf({
            state: after(start, ...bodies),
            draft: { text: draft, cursor: draft.length },
            ask: { open, scroll, denying: false },
          });
          const frame = chatFrame(view, { columns, rows, now: 0 });
          expect(frame.lines.length).toBeLessThan(rows - 1);
          expect(frame.lines.filter((line) => lineWidth(line) >= columns).map(plainLine)).toEqual([]);
          expect(frame.cursor.y).toBeLessThan(frame.lines.length);
          expect(frame.cursor.x).toBeLessThan(columns);
        },
      ),
      { seed: 5, numRuns: 300 },
    );
  });
});
