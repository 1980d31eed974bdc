import { fitted } from '../text-width.ts';
import { askLines, trustLines } from './ask-lines.ts';
import { foundInHistory, type ChatView } from './chat-view.ts';
import { innerLines, mark, type ItemForm } from './item-lines.ts';
import { shownDraft } from './line-editor.ts';
import { codeLines, languageLine, markdownLines } from './markdown-lines.ts';
import { statusLine } from './status-line.ts';
import { span, wrapLine, type Line } from './styled-line.ts';
import { visibleLine, visibleText } from './visible-text.ts';

export interface FrameSize {
  readonly columns: number;
  readonly rows: number;
  /** Now, in milliseconds since 1970. */
  readonly now: number;
}

export interface Frame {
  readonly lines: readonly Line[];
  readonly cursor: { readonly x: number; readonly y: number };
}

/** Lines of a draft, of a plan and of a menu that are shown at most. */
const most = { draft: 8, plan: 7, choices: 6, queued: 3 } as const;

/**
 * The part of the screen that changes, below what is printed for good: what is being written, the plan, what waits for
 * an answer, the line of input and the status. It always leaves the first row of the screen to what is above it: what is
 * drawn again must not have been scrolled away, and tmux takes erasing from the first row for clearing the screen, which it
 * keeps in its history (its option scroll-on-clear).
 */
export function chatFrame(view: ChatView, { columns, rows, now }: FrameSize): Frame {
  // A line that fills the last column makes some terminals wrap.
  const form: ItemForm = { width: Math.max(16, columns - 1), spoken: false };
  const input = inputSection(view, form);
  const bottom: Line[] = [...menuLines(view, form), statusLine(view, form.width)];
  const height = Math.max(3, rows - 2);
  const room = Math.max(4, height - input.lines.length - bottom.length);
  const middle = middleLines(view, form, room);
  const live = liveLines(view, form, now).slice(-Math.max(1, room - middle.length));
  const above = [...live, ...middle].slice(-room);
  const lines = [...above, ...input.lines, ...bottom];
  const excess = Math.max(0, lines.length - height);
  return {
    lines: lines.slice(excess),
    cursor: { x: input.cursor.x, y: Math.max(0, above.length + input.cursor.y - excess) },
  };
}

/** What is being thought, written and done. */
function liveLines({ state, stopping }: ChatView, form: ItemForm, now: number): Line[] {
  const { turn, open, reasoning } = state;
  if (turn === undefined) return [];
  const thought =
    reasoning === ''
      ? []
      : [
          [],
          ...wrapLine(
            [span(fitted(visibleLine(reasoning.slice(-4 * form.width)).slice(-2 * form.width), 2 * form.width), 'dim')],
            form.width,
          ).slice(-2),
        ];
  const seconds = Math.max(0, Math.floor((now - turn.startedAt) / 1000));
  const doing = stopping ? 'Stopping' : visibleLine(turn.activity);
  return [
    ...thought,
    ...openText(open, form),
    ...turn.calls.flatMap((call): Line[] => [
      [
        span(mark('running', form), 'cyan'),
        span(visibleLine(call.name), 'bold'),
        span(` ${fitted(visibleLine(call.about), form.width - call.name.length - 4)}`),
      ],
      ...call.inner.flatMap((inner) => innerLines(inner, form)),
    ]),
    [],
    [span(fitted(`${doing} … ${seconds} s · Esc interrupts`, form.width), 'dim')],
  ];
}

function openText(open: ChatView['state']['open'], form: ItemForm): Line[] {
  if (open.fence !== undefined)
    return [
      ...(open.fence.begun ? [] : [[], ...languageLine(visibleLine(open.fence.language))]),
      ...codeLines(visibleText(open.text), form.width),
    ];
  return open.text.trim() === '' ? [] : [[], ...markdownLines(visibleText(open.text), form.width)];
}

/** What is pinned above the input: the plan, messages that wait, and what is asked. */
function middleLines(view: ChatView, form: ItemForm, room: number): Line[] {
  const { panel, state } = view;
  if (panel.kind === 'trust')
    return [[], ...trustLines(panel.found, { width: form.width, rows: room - 1 })].slice(0, room);
  const ask = state.asks[0];
  if (ask !== undefined) {
    const limit = view.ask.open ? room - 1 : Math.min(room - 1, Math.max(10, Math.floor(room * 0.6)));
    const more = state.asks.length > 1 ? [[span(`${state.asks.length - 1} more wait`, 'dim')] as Line] : [];
    const plan = view.ask.open || room < 14 ? [] : planSummary(view, form);
    return [
      ...plan,
      [],
      ...askLines(ask, view.ask, { ...form, rows: limit - more.length - plan.length }),
      ...more,
    ].slice(0, room);
  }
  const queued = view.queued
    .slice(0, most.queued)
    .map((text): Line => [span(fitted(`  waits: ${visibleLine(text)}`, form.width), 'yellow')]);
  return [...planLines(view, form), ...queued].slice(0, room);
}

const planSigns = { open: '☐', active: '▸', done: '✓', dropped: '–' } as const;

/** The plan on one line, where there is room for no more. */
function planSummary({ state }: ChatView, form: ItemForm): Line[] {
  const active = state.plan.find((step) => step.state === 'active');
  if (active === undefined) return [];
  const done = state.plan.filter((step) => step.state === 'done').length;
  const head = `Plan ${done} of ${state.plan.length}`;
  return [
    [],
    [span(head, 'bold'), span(fitted(` ${planSigns.active} ${visibleLine(active.text)}`, form.width - head.length))],
  ];
}

function planLines({ state }: ChatView, form: ItemForm): Line[] {
  const steps = state.plan;
  if (steps.length === 0 || state.turn === undefined) return [];
  const active = Math.max(
    0,
    steps.findIndex((step) => step.state === 'active'),
  );
  const from = Math.max(0, Math.min(active - 2, steps.length - most.plan));
  const shown = steps.slice(from, from + most.plan);
  const done = steps.filter((step) => step.state === 'done').length;
  return [
    [],
    [span('Plan', 'bold'), span(` ${done} of ${steps.length}`, 'dim')],
    ...shown.map((step): Line => {
      const text = fitted(`${planSigns[step.state]} ${visibleLine(step.text)}`, form.width - 2);
      return [
        span('  '),
        step.state === 'active' ? span(text, 'bold') : span(text, ...(step.state === 'open' ? [] : (['dim'] as const))),
      ];
    }),
  ];
}

function inputSection(
  view: ChatView,
  form: ItemForm,
): { readonly lines: readonly Line[]; readonly cursor: Frame['cursor'] } {
  const { panel, draft, history } = view;
  if (panel.kind === 'history') {
    const found = foundInHistory(history, panel.query, panel.skip) ?? '';
    const prompt = fitted(`search: ${panel.query}`, form.width - 8);
    return {
      lines: [
        [],
        [span(prompt, 'cyan')],
        [
          span(
            fitted(`  ${visibleLine(found) || 'nothing found'}`, form.width),
            ...(found === '' ? (['dim'] as const) : []),
          ),
        ],
      ],
      cursor: { x: Math.min(prompt.length, form.width - 1), y: 1 },
    };
  }
  const sign = view.ask.denying ? '? ' : '> ';
  const shown = shownDraft({ ...draft, text: draft.text }, form.width - sign.length);
  const from = Math.max(0, Math.min(shown.row - most.draft + 1, shown.lines.length - most.draft));
  const rows = shown.lines.slice(from, from + most.draft);
  return {
    lines: [
      [],
      ...rows.map((text, at): Line => [
        span(at === 0 && from === 0 ? sign : '  ', 'bold'),
        ...inputText(view, text, at),
      ]),
    ],
    cursor: { x: sign.length + shown.column, y: 1 + shown.row - from },
  };
}

function inputText(view: ChatView, text: string, row: number): Line {
  if (row > 0 || view.draft.text !== '') return [span(text)];
  const ask = view.state.asks[0];
  if (ask !== undefined && ask.action !== 'question') return [];
  const hint =
    ask !== undefined
      ? 'Your answer'
      : view.state.turn === undefined
        ? 'Ask, or say what to do. /help'
        : 'Say something while it works';
  return [span(hint, 'dim')];
}

function menuLines({ panel, flash }: ChatView, form: ItemForm): Line[] {
  const remark: Line[] = flash === '' ? [] : wrapLine([span(visibleLine(flash), 'yellow')], form.width).slice(0, 2);
  if (panel.kind !== 'choices') return remark;
  const from = Math.max(0, Math.min(panel.at - most.choices + 1, panel.choices.length - most.choices));
  const shown = panel.choices.slice(from, from + most.choices);
  return [
    ...shown.map((choice, index): Line => {
      const chosen = from + index === panel.at;
      const text = fitted(`${chosen ? '▸' : ' '} ${visibleLine(choice.text)}`, form.width);
      const about = fitted(visibleLine(choice.about), Math.max(0, form.width - text.length - 2));
      return [span(text, ...(chosen ? (['cyan'] as const) : [])), span(about === '' ? '' : `  ${about}`, 'dim')];
    }),
    ...remark,
  ];
}
