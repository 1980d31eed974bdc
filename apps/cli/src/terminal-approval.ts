import { askDetail, askLines } from './chat/ask-lines.ts';
import type { Ask } from './chat/chat-state.ts';
import { paintLine, type Line } from './chat/styled-line.ts';
import type { Cli } from './cli.ts';

export interface GivenAnswer {
  readonly decision: 'allow' | 'always' | 'deny';
  readonly text?: string;
}

/** Lines of a request that are shown before `d` is pressed. */
const rows = 24;

/** Asks a person at the terminal for leave, with one key, or for the answer to a question, with a line. After an interrupt it is a no. */
export async function askAtTerminal(cli: Cli, ask: Ask): Promise<GivenAnswer> {
  const width = cli.surroundings.stderr.columns;
  const closed = { open: false, scroll: 0, denying: false };
  await talk(cli, [[], ...askLines(ask, closed, { width, rows, spoken: false })]);
  if (ask.action === 'question') {
    await cli.talk('> ');
    const text = (await cli.surroundings.stdin.readLine()).trim();
    return { decision: 'allow', text: ask.options[Number(text) - 1] ?? text };
  }
  for (;;) {
    const key = await cli.surroundings.stdin.readKey();
    if (cli.signal.aborted || key === '') return { decision: 'deny' };
    if (/^y$/iu.test(key)) return { decision: 'allow' };
    if (/^a$/iu.test(key) && ask.offer !== undefined) return { decision: 'always' };
    if (/^d$/iu.test(key)) await talk(cli, askDetail(ask, width));
    if (/^n$/iu.test(key)) return deny(cli);
    if (key === '\u001b') return { decision: 'deny' };
  }
}

async function deny(cli: Cli): Promise<GivenAnswer> {
  await cli.talk('Why not? (Enter: no reason) ');
  const text = (await cli.surroundings.stdin.readLine()).trim();
  return text === '' ? { decision: 'deny' } : { decision: 'deny', text };
}

async function talk(cli: Cli, lines: readonly Line[]): Promise<void> {
  await cli.talk(lines.map((line) => `${paintLine(line, cli.errorStyle)}\n`).join(''));
}
