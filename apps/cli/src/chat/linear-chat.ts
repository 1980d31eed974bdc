import type { Cli } from '../cli.ts';
import { askDetail, ruleText, trustLines } from './ask-lines.ts';
import type { Chat } from './chat.ts';
import { askTitle, type Ask } from './chat-state.ts';
import { itemLines, type ItemForm } from './item-lines.ts';
import { paintLine, type Line } from './styled-line.ts';
import { visibleLine } from './visible-text.ts';

/**
 * The chat as plain lines, one after another: for screen readers, for terminals that cannot move the cursor, and for input
 * from a pipe. Nothing is drawn twice, no line is made of signs, and each question is answered by a line.
 */
export async function runLinearChat(cli: Cli, chat: Chat): Promise<void> {
  const form = (): ItemForm => ({ width: Number.isFinite(cli.width) ? cli.width : 100, spoken: true });
  let printed = 0;
  let planned: unknown;
  let queue = Promise.resolve();
  let over = false;
  const wake = new Set<() => void>();

  const print = (lines: readonly Line[]): void => {
    const text = lines.map((line) => `${paintLine(line, cli.style)}\n`).join('');
    queue = queue.then(() => cli.out(text));
  };
  const follow = (): void => {
    const { state, flash } = chat.view();
    for (const item of state.items.slice(printed))
      if (item.kind !== 'user' && item.kind !== 'plan') print(itemLines(item, form()));
    printed = state.items.length;
    if (state.plan !== planned && state.plan.length > 0)
      print([
        [{ text: 'Plan:' }],
        ...state.plan.map((step, at): Line => [{ text: `${at + 1}. ${visibleLine(step.text)}, ${step.state}` }]),
      ]);
    planned = state.plan;
    if (flash !== '' && flash !== lastFlash) print([[{ text: visibleLine(flash) }]]);
    lastFlash = flash;
    for (const listener of wake) listener();
  };
  let lastFlash = '';
  const stop = chat.subscribe(follow);
  void chat.ended.then(() => {
    over = true;
    for (const listener of wake) listener();
  });

  /** Waits until a person can say something. */
  const ready = async (): Promise<void> => {
    while (!over && chat.view().state.turn !== undefined && chat.view().state.asks.length === 0)
      await new Promise<void>((resolve) => {
        const listener = (): void => {
          wake.delete(listener);
          resolve();
        };
        wake.add(listener);
      });
    await queue;
  };

  try {
    await chat.start();
    follow();
    for (;;) {
      await ready();
      if (over) break;
      await askNext(cli, chat, form());
      if (over) break;
      // What the line started may begin a moment later.
      await new Promise((resolve) => setImmediate(resolve));
      await chat.settled();
    }
    await queue;
  } finally {
    stop();
    chat.close();
  }
}

/** Asks for one line: an answer to what is asked, or the next message. */
async function askNext(cli: Cli, chat: Chat, form: ItemForm): Promise<void> {
  const { panel, state } = chat.view();
  if (panel.kind === 'trust') {
    await show(cli, trustLines(panel.found, { width: form.width, rows: 100 }).slice(0, -1));
    return chat.trust(/^y(es)?$/iu.test((await line(cli, 'Trust it? yes or no: ')) ?? ''));
  }
  const ask = state.asks[0];
  if (ask !== undefined) return answerAsk(cli, chat, { ask, form });
  const text = await line(cli, `${chat.view().mode}> `);
  if (text === undefined) return chat.say('/quit');
  if (text.trim() !== '') chat.say(text);
}

async function answerAsk(
  cli: Cli,
  chat: Chat,
  { ask, form }: { readonly ask: Ask; readonly form: ItemForm },
): Promise<void> {
  const detail = askDetail(ask, form.width);
  const facts = [
    ask.reason,
    ask.action === 'run' && ask.sandboxed !== undefined
      ? ask.sandboxed
        ? 'In the sandbox.'
        : 'Without a sandbox.'
      : '',
  ];
  if (ask.action === 'question') {
    await show(cli, [
      [{ text: 'The agent asks:' }],
      ...detail,
      ...ask.options.map((option, at): Line => [{ text: `${at + 1}. ${visibleLine(option)}` }]),
    ]);
    const text = (await line(cli, 'Answer: ')) ?? '';
    return chat.answer('allow', ask.options[Number(text) - 1] ?? text);
  }
  await show(cli, [
    [{ text: `May it ${visibleLine(askTitle(ask))}?` }],
    ...facts.filter((fact) => fact !== '').map((fact): Line => [{ text: visibleLine(fact) }]),
    ...detail,
  ]);
  if (ask.offer !== undefined) await show(cli, [[{ text: `always adds the rule: ${ruleText(ask.offer)}` }]]);
  const text = (
    (await line(cli, `yes, ${ask.offer === undefined ? '' : 'always, '}or no with a reason: `)) ?? 'no'
  ).trim();
  if (/^y(es)?$/iu.test(text)) return chat.answer('allow');
  if (/^a(lways)?$/iu.test(text) && ask.offer !== undefined) return chat.answer('always');
  return chat.answer('deny', text.replace(/^no?\b[\s:,]*/iu, ''));
}

async function show(cli: Cli, lines: readonly Line[]): Promise<void> {
  await cli.out(lines.map((each) => `${paintLine(each, cli.style)}\n`).join(''));
}

/** One line; undefined at the end of the input. */
async function line(cli: Cli, prompt: string): Promise<string | undefined> {
  await cli.out(prompt);
  return cli.surroundings.stdin.nextLine();
}
