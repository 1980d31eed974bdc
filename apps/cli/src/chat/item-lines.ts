import { formatDuration } from '../durations.ts';
import { formatCost, formatNumber } from '../sizes.ts';
import { place } from '../transcript.ts';
import { fitted } from '../text-width.ts';
import type { CallItem, ChatItem, InnerItem, TurnChanges } from './chat-items.ts';
import { modelName } from './model-name.ts';
import { diffLines } from './diff-lines.ts';
import { codeLines, languageLine, markdownLines } from './markdown-lines.ts';
import { span, wrapLine, type Line, type Look } from './styled-line.ts';
import { visibleLine, visibleText } from './visible-text.ts';

/** How items are written down. `spoken`: for a screen reader, in words and without signs that it would spell out. */
export interface ItemForm {
  readonly width: number;
  readonly spoken: boolean;
}

/** Lines of a failed call or check that are shown without being asked for. */
const glimpse = 4;
/** Lines of the output of a command that a person typed. */
const typedLines = 40;

/** An item as lines, sanitised: whatever it holds, no control sequence is among them. */
export function itemLines(item: ChatItem, form: ItemForm): Line[] {
  switch (item.kind) {
    case 'user':
      return [[], ...userLines(item, form)];
    case 'plan':
      return [
        [],
        [span('Plan', 'bold')],
        ...item.steps.flatMap((step, at) =>
          wrapLine([span(`  ${at + 1}. ${visibleLine(step)}`)], form.width, [span('     ')]),
        ),
      ];
    case 'said':
      return [[], ...bubble(item.text, form)];
    case 'text':
      return [[], ...markdownLines(visibleText(item.text), form.width)];
    case 'code':
      return [
        ...(item.first ? [[], ...languageLine(visibleLine(item.language))] : []),
        ...codeLines(visibleText(item.text), form.width),
      ];
    case 'thought':
      return [[], [span(`${mark('thought', form)}${thoughtSize(item.text)}`, 'dim')]];
    case 'call':
      return callLines(item, form);
    case 'change':
    case 'asked':
    case 'check':
    case 'diff':
    case 'lesson':
      return innerLines(item, form);
    case 'agent':
      return agentLines(item, form);
    case 'note':
      return wrapLine(
        [
          span(item.level === 'warning' ? 'warning: ' : 'note: ', item.level === 'warning' ? 'yellow' : 'cyan'),
          span(visibleLine(item.text)),
        ],
        form.width,
        [span('  ')],
      );
    case 'sources':
      return [
        [],
        [span('Sources', 'bold')],
        ...item.citations.map((each): Line => [
          span('  '),
          span(fitted(visibleLine(place(each)), form.width - 4), 'cyan'),
          span(each.symbol === undefined ? '' : ` ${visibleLine(each.symbol)}`),
        ]),
      ];
    case 'end':
      return endLines(item, form);
    case 'error':
      return [
        [],
        ...wrapLine([span(`error ${item.code}: `, 'red'), span(visibleLine(item.message))], form.width, [span('  ')]),
        ...(item.hint === ''
          ? []
          : wrapLine([span('  '), span(visibleLine(item.hint), 'dim')], form.width, [span('  ')])),
      ];
    case 'local':
      return [[], ...markdownLines(visibleText(item.text), form.width)];
  }
}

/** So many lines at most, and how many more there would be. */
export function shortened(lines: readonly Line[], most: number, how: string): Line[] {
  if (lines.length <= most) return [...lines];
  return [
    ...lines.slice(0, most),
    [span(`  … ${lines.length - most} more lines${how === '' ? '' : `: ${how}`}`, 'dim')],
  ];
}

const signs = { ok: '✓ ', failed: '✗ ', cut: '◌ ', running: '● ', thought: '∴ ', change: '± ', lesson: '! ' } as const;
const words = {
  ok: 'Done: ',
  failed: 'Failed: ',
  cut: 'Interrupted: ',
  running: 'Running: ',
  thought: '',
  change: 'Changed: ',
  lesson: 'Lesson: ',
} as const;

/** The sign in front of a line, in words where it is spoken. */
export function mark(name: keyof typeof signs, { spoken }: ItemForm): string {
  return (spoken ? words : signs)[name];
}

function thoughtSize(text: string): string {
  const count = text.trim().split(/\s+/u).length;
  return `Thought, ${formatNumber(count)} words (Ctrl-T shows them)`;
}

function userLines(item: ChatItem & { kind: 'user' }, form: ItemForm): Line[] {
  const attached =
    item.attached.length === 0 ? [] : [[span(`  with ${item.attached.map(visibleLine).join(', ')}`, 'dim')]];
  return [...bubble(item.text, form), ...attached];
}

function bubble(text: string, form: ItemForm): Line[] {
  const sign = form.spoken ? 'You: ' : '> ';
  return visibleText(text)
    .trimEnd()
    .split('\n')
    .flatMap((part, at) =>
      wrapLine([span(at === 0 ? sign : '  ', 'bold'), span(part, 'bold')], form.width, [span('  ')]),
    );
}

function callLines(item: CallItem, form: ItemForm): Line[] {
  const look: Look = item.state === 'ok' ? 'green' : item.state === 'failed' ? 'red' : 'yellow';
  const about = visibleLine(item.about);
  const size = item.content === '' ? 0 : item.content.trimEnd().split('\n').length;
  const count = item.state === 'ok' && size > 1 ? ` (${size} lines)` : '';
  const room = form.width - item.name.length - count.length - 4;
  const head: Line = [
    span(mark(item.state, form), look),
    span(visibleLine(item.name), 'bold'),
    span(about === '' ? '' : ` ${fitted(about, room)}`),
    span(count, 'dim'),
  ];
  const inner = item.inner.flatMap((each) => innerLines(each, form));
  if (item.typed === true)
    return [
      head,
      ...inner,
      ...shortened(codeLines(visibleText(item.content).trimEnd(), form.width), typedLines, 'Ctrl-O shows all of it'),
    ];
  return [head, ...inner, ...(item.state === 'failed' ? glimpseOf(item.content, form) : [])];
}

function glimpseOf(text: string, form: ItemForm): Line[] {
  const shown = visibleText(text).trim().split('\n');
  const lines = shown.slice(0, glimpse).map((line): Line => [span(`    ${fitted(line, form.width - 4)}`, 'dim')]);
  return shown.length > glimpse
    ? [...lines, [span(`    … ${shown.length - glimpse} more lines (Ctrl-O shows them)`, 'dim')]]
    : lines;
}

/** What happened inside of a call, indented below it. */
export function innerLines(item: InnerItem, form: ItemForm): Line[] {
  switch (item.kind) {
    case 'change': {
      const from = item.from === undefined ? '' : `${visibleLine(item.from)} → `;
      const counts: Line = [span(` +${item.added}`, 'green'), span(` -${item.removed}`, 'red')];
      return [
        [
          span(`  ${mark('change', form)}`, 'cyan'),
          span(`${item.change} ${from}${fitted(visibleLine(item.path), form.width - 24)}`),
          ...(item.change === 'deleted' ? [] : counts),
        ],
      ];
    }
    case 'asked': {
      const question = item.question === '' ? '' : ` · ${visibleLine(item.question)}`;
      return wrapLine(
        [span(form.spoken ? 'Answer: ' : '  ⤷ ', 'dim'), span(visibleLine(item.answer)), span(question, 'dim')],
        form.width,
        [span('    ')],
      );
    }
    case 'check':
      return [
        [
          span(`  ${mark(item.ok ? 'ok' : 'failed', form)}`, item.ok ? 'green' : 'red'),
          span(fitted(visibleLine(item.name), form.width - 6)),
          span(item.ok ? ' passed' : ' failed', 'dim'),
        ],
        ...(item.ok ? [] : glimpseOf(item.output, form)),
      ];
    case 'diff':
      return shortened(diffLines(visibleText(item.text), form.width), item.most, '/diff shows all of it');
    case 'lesson':
      return wrapLine(
        [span(`  ${mark('lesson', form)}`, 'yellow'), span(`Taken back, and learnt: ${visibleLine(item.text)}`)],
        form.width,
        [span('    ')],
      );
  }
}

function agentLines(item: ChatItem & { kind: 'agent' }, form: ItemForm): Line[] {
  const look: Look = item.state === 'failed' ? 'red' : 'cyan';
  const title =
    item.state === 'started'
      ? `agent ${visibleLine(item.name)}: `
      : item.state === 'done'
        ? 'agent done: '
        : 'agent failed: ';
  return wrapLine([span(title, look), span(fitted(visibleLine(item.text), form.width * 2))], form.width, [span('  ')]);
}

function endLines(item: ChatItem & { kind: 'end' }, form: ItemForm): Line[] {
  const { usage } = item;
  const prompt = usage.tokensRead + usage.tokensReused;
  const facts = [
    ...(item.model === '' ? [] : [modelName(item.model)]),
    formatDuration(usage.totalMs),
    ...(prompt === 0
      ? []
      : [
          `${formatNumber(usage.tokensRead)} read, ${formatNumber(usage.tokensReused)} reused, ${formatNumber(usage.tokensWritten)} written`,
        ]),
    ...(usage.cost === undefined || usage.cost === 0 ? [] : [formatCost(usage.cost)]),
  ];
  return [
    [],
    ...(item.remark === '' ? [] : [[span(item.remark, 'yellow')]]),
    ...changesLines(item.changes, form),
    ...wrapLine([span(facts.join(' · '), 'dim')], form.width),
  ];
}

/** What a turn changed, and how to take it back; nothing where it changed nothing. */
export function changesLines({ files, checks, turnId }: TurnChanges, form: ItemForm): Line[] {
  const judged = [
    ...(checks.passed > 0 ? [`${checks.passed} ${checks.passed === 1 ? 'check' : 'checks'} passed`] : []),
    ...(checks.failed > 0 ? [`${checks.failed} failed`] : []),
  ].join(', ');
  if (files.length === 0) return judged === '' ? [] : [[span(judged, checks.failed > 0 ? 'red' : 'green')]];
  const sum = files.reduce(
    (all, { added, removed }) => ({ added: all.added + added, removed: all.removed + removed }),
    { added: 0, removed: 0 },
  );
  return wrapLine(
    [
      span(`${files.length === 1 ? '1 file' : `${files.length} files`} changed`, 'bold'),
      span(` +${sum.added}`, 'green'),
      span(` -${sum.removed}`, 'red'),
      span(judged === '' ? '' : ` · ${judged}`),
      span(` · nootropic undo --turn ${turnId.slice(0, 8)}`, 'dim'),
    ],
    form.width,
    [span('  ')],
  );
}
