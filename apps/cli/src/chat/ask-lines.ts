import { fitted } from '../text-width.ts';
import { askTitle, type Ask } from './chat-state.ts';
import type { AskPanel, Customizations } from './chat-view.ts';
import { diffLines, isDiff } from './diff-lines.ts';
import type { ItemForm } from './item-lines.ts';
import { cutLine, span, wrapLine, type Line } from './styled-line.ts';
import { visibleLine, visibleText } from './visible-text.ts';

/** What is asked for, in full: a diff in colours, a command as it would run. */
export function askDetail(ask: Ask, width: number): Line[] {
  const text = visibleText(ask.detail).trimEnd();
  if (ask.action === 'question') return text.split('\n').flatMap((line) => wrapLine([span(line)], width));
  if (isDiff(text)) return diffLines(text, width);
  return text
    .split('\n')
    .flatMap((line) => cutLine([span(`  ${line}`, ask.action === 'run' ? 'bold' : 'dim')], width, [span('  ')]));
}

/** A request for approval, or a question, above the line of input; `rows`: how many lines it may take. */
export function askLines(ask: Ask, panel: AskPanel, form: ItemForm & { readonly rows: number }): Line[] {
  const { width } = form;
  const asked = ask.action === 'question';
  const head: Line[] = asked
    ? [[span('The agent asks', 'bold', 'yellow')]]
    : wrapLine(
        [
          span('May it ', 'bold', 'yellow'),
          span(`${visibleLine(ask.action === 'run' ? 'run' : askTitle(ask))}?`, 'bold'),
        ],
        width,
      );
  const facts = [
    ...(ask.reason === '' ? [] : [visibleLine(ask.reason)]),
    ...(ask.sandboxed === undefined || ask.action !== 'run'
      ? []
      : [ask.sandboxed ? 'In the sandbox.' : 'Without a sandbox: it can reach all that you can.']),
  ];
  const why = facts.flatMap((fact) => wrapLine([span(fact, ask.sandboxed === false ? 'yellow' : 'dim')], width));
  const keys = keyLines(ask, panel, width);
  const detail = askDetail(ask, width);
  const room = Math.max(3, form.rows - head.length - why.length - keys.length);
  return [...head, ...why, ...windowOf(detail, panel, { rows: room, width }), ...keys];
}

function windowOf(
  detail: readonly Line[],
  { open, scroll }: AskPanel,
  { rows: room, width }: { readonly rows: number; readonly width: number },
): Line[] {
  if (detail.length <= room) return [...detail];
  const visible = Math.max(1, room - 1);
  const from = open ? Math.min(scroll, detail.length - visible) : 0;
  const until = Math.min(detail.length, from + visible);
  const remark = open
    ? `${from + 1} to ${until} of ${detail.length}; arrows scroll`
    : `${detail.length - until} more lines; d shows all`;
  return [...detail.slice(from, until), [span(fitted(`  … ${remark}`, width), 'dim')]];
}

function keyLines(ask: Ask, panel: AskPanel, width: number): Line[] {
  if (panel.denying) return wrapLine([span('Why not? Enter denies, Esc goes back.', 'dim')], width);
  if (ask.action === 'question') {
    const options = ask.options
      .slice(0, 9)
      .flatMap((option, at) =>
        wrapLine([span(`${at + 1}`, 'cyan'), span(` ${visibleLine(option)}`)], width, [span('  ')]),
      );
    const how =
      ask.options.length > 0 ? 'A number, or type an answer. Esc interrupts.' : 'Type an answer. Esc interrupts.';
    return [...options, ...wrapLine([span(how, 'dim')], width)];
  }
  const key = (name: string, meaning: string): Line => [span(name, 'cyan'), span(` ${meaning}  `)];
  const keys: Line = [
    ...key('y', 'once'),
    ...(ask.offer === undefined ? [] : key('a', 'always')),
    ...key('n', 'no'),
    ...key('d', panel.open ? 'less' : 'all of it'),
    ...key('Esc', 'no, and stop'),
  ];
  const always =
    ask.offer === undefined
      ? []
      : wrapLine([span(`a adds the rule: ${ruleText(ask.offer)}`, 'dim')], width, [span('  ')]);
  return [...wrapLine(keys, width), ...always];
}

/** A rule in words. */
export function ruleText(rule: NonNullable<Ask['offer']>): string {
  const about = [
    ...(rule.command === undefined ? [] : [`commands that begin with \`${visibleLine(rule.command)}\``]),
    ...(rule.path === undefined ? [] : [`paths like \`${visibleLine(rule.path)}\``]),
    ...(rule.host === undefined ? [] : [`the host \`${visibleLine(rule.host)}\``]),
  ].join(', ');
  return `${rule.decision} ${rule.tool === '*' ? 'every tool' : visibleLine(rule.tool)}${about === '' ? '' : `: ${about}`}`;
}

/** What an untrusted folder holds for agents, and the question whether it may count. */
export function trustLines(
  found: Customizations,
  { width, rows }: { readonly width: number; readonly rows: number },
): Line[] {
  const held = heldLines(found);
  const room = Math.max(2, rows - 5);
  const shown =
    held.length > room ? [...held.slice(0, room - 1), `… ${held.length - room + 1} more; /trust lists them`] : held;
  return [
    [span('This folder is not trusted yet.', 'bold', 'yellow')],
    ...wrapLine(
      [
        span(
          held.length === 0
            ? 'It holds no instructions, agents, skills, hooks or commands for an agent.'
            : 'It holds for agents, and none of it counts so far:',
        ),
      ],
      width,
    ),
    ...shown.flatMap((text) => wrapLine([span(`  ${text}`)], width, [span('    ')])),
    ...wrapLine(
      [
        span('y', 'cyan'),
        span(' trust it, what changes is asked again  '),
        span('n', 'cyan'),
        span(' not now: all else works'),
      ],
      width,
    ),
  ];
}

function heldLines(found: Customizations): string[] {
  const names = (what: string, list: readonly { readonly name: string }[]): string[] =>
    list.length === 0 ? [] : [`${what}: ${list.map(({ name }) => visibleLine(name)).join(', ')}`];
  return [
    ...found.instructions.map(({ path }) => `instructions: ${visibleLine(path)}`),
    ...names('agents', found.agents),
    ...names('skills', found.skills),
    ...names('commands', found.commands),
    ...found.hooks.map(({ event, command }) => `hook at ${visibleLine(event)}: ${visibleLine(command)}`),
    ...found.ignored.map(
      ({ path, what, reason }) => `${visibleLine(path)} (${visibleLine(what)}): ${visibleLine(reason)}`,
    ),
  ];
}
