import { EventEmitter } from 'node:events';
import { PassThrough } from 'node:stream';
import type { TurnEventBody } from '@nootropic/contracts';
import { afterEach, describe, expect, it } from 'vitest';
import { createCli } from '../cli.ts';
import { createFakeHost } from '../fake-host.test-fixture.ts';
import type { Surroundings, Terminal } from '../surroundings.ts';
import { tryChat, turnOf, type ScriptedTurn, type TriedChat } from './chat.test-fixture.ts';
import { runChatScreen } from './run-chat-screen.ts';

/** A terminal that keeps what is written to it, and whose keys a test presses. */
function fakeTerminal(columns = 60, rows = 20) {
  const written: string[] = [];
  const modes: boolean[] = [];
  const stdin = Object.assign(new PassThrough(), {
    isTTY: true,
    setRawMode: (raw: boolean) => modes.push(raw),
    ref: () => undefined,
    unref: () => undefined,
  });
  const stdout = Object.assign(new EventEmitter(), {
    ...{ isTTY: true, columns, rows, writable: true },
    write: (text: string, ...rest: unknown[]) => {
      written.push(text);
      const done = rest.find((each) => typeof each === 'function') as (() => void) | undefined;
      done?.();
      return true;
    },
  });
  return {
    terminal: { stdin, stdout, stderr: stdout } as unknown as Terminal,
    modes,
    resize: (width: number) => {
      stdout.columns = width;
      stdout.emit('resize');
    },
    type: (text: string) => stdin.write(text),
    all: () => written.join(''),
  };
}

const open: { tried: TriedChat; done: Promise<void> }[] = [];

async function draw(script: ScriptedTurn, env: Record<string, string> = {}) {
  const fake = fakeTerminal();
  const fault = { now: false };
  const tried = await tryChat(script, { model: 'openai:m' });
  const surroundings = {
    stdout: { isTTY: true, columns: 60 },
    stderr: { isTTY: true },
    env,
    now: () => {
      if (fault.now) throw new Error('a bug in what draws');
      return tried.clock.now;
    },
  } as unknown as Surroundings;
  const cli = createCli(surroundings, async () => createFakeHost(), new AbortController());
  const done = runChatScreen(cli, { chat: tried.chat, terminal: fake.terminal });
  open.push({ tried, done });
  /** Waits until the screen has held this text. */
  const until = (text: string): Promise<void> =>
    new Promise((resolve, reject) => {
      let looks = 0;
      const look = (): void => {
        if (plain(fake.all()).includes(text)) resolve();
        else if ((looks += 1) > 1000)
          reject(new Error(`The screen never held ${JSON.stringify(text)}: ${plain(fake.all()).slice(-2000)}`));
        else setTimeout(look, 5);
      };
      look();
    });
  await until('Ask, or say what to do');
  tried.clock.now += 1000;
  return { ...fake, tried, done, until, fault };
}

afterEach(async () => {
  for (const { tried, done } of open.splice(0)) {
    await tried[Symbol.asyncDispose]();
    await done.catch(() => undefined);
  }
});

const sequences = /\u001b\[[0-9;?]*[A-Za-z]/gu;

function plain(text: string): string {
  return text.replace(sequences, '');
}

function expectRestored({ all, modes }: Pick<ReturnType<typeof fakeTerminal>, 'all' | 'modes'>): void {
  expect(all().lastIndexOf('\u001b[?25h')).toBeGreaterThan(all().lastIndexOf('\u001b[?25l'));
  expect(all().lastIndexOf('\u001b[?2004l')).toBeGreaterThan(all().lastIndexOf('\u001b[?2004h'));
  expect(modes.at(-1)).toBe(false);
  expect(all()).not.toContain('\u001b[?1049h');
}

const hostile: TurnEventBody[] = [
  { type: 'text-delta', text: 'safe \u001b]52;c;ZXZpbA' },
  { type: 'text-delta', text: '==\u0007\u001b]8;;https://evil\u001b\\link\u001b[2J\u009b5n text\n\nend' },
  { type: 'tool-call', call: { id: 'c', name: '\u001b]0;title\u0007run', arguments: { command: '\u001b[31mred' } } },
  {
    type: 'tool-result',
    callId: 'c',
    name: '\u001b]0;title\u0007run',
    ok: false,
    content: '\u001b]52;c;AAAA\u0007failed\u001b[3J',
  },
  { type: 'file-change', path: '\u001b]8;;x\u0007a.ts', change: 'created' },
  { type: 'notice', level: 'warning', code: 'c', message: '\u001bPq#0\u001b\\sixel' },
];

describe('the chat on a terminal', () => {
  it('is typed into, sends with Enter, and shows the answer', async () => {
    const screen = await draw(turnOf({ type: 'text-delta', text: 'It is **here**.\n' }));
    screen.type('where');
    await screen.until('> where');
    screen.type('\r');
    await screen.until('It is here.');
    expect(screen.tried.sent.map(({ text }) => text)).toEqual(['where']);
  });

  it('takes the last letters and Enter in one piece, and a paste as a paste', async () => {
    const screen = await draw(turnOf({ type: 'text-delta', text: 'Yes.\n' }));
    screen.type('\u001b[200~two\nlines\u001b[201~');
    await screen.until('lines');
    screen.type(' more\r');
    await screen.until('Yes.');
    expect(screen.tried.sent.map(({ text }) => text)).toEqual(['two\nlines more']);
  });

  it('shows a request for approval and takes one key', async () => {
    const screen = await draw(async function* ({ input, answered }) {
      yield { type: 'turn-start', text: input.text, agent: 'coder', workspace: '/w' };
      yield { type: 'approval-request', requestId: 'r', action: 'run', detail: 'npm test', sandboxed: true };
      await answered();
      yield { type: 'approval-answer', requestId: 'r', decision: 'allow' };
      yield { type: 'text-delta', text: 'It passed.' };
    });
    screen.type('go\r');
    await screen.until('May it run?');
    screen.tried.clock.now += 1000;
    screen.type('y');
    await screen.until('It passed.');
    expect(screen.tried.answers).toMatchObject([{ decision: 'allow' }]);
  });

  it('lets no control sequence of a model, a tool or a file through', async () => {
    const screen = await draw(turnOf(...hostile));
    screen.type('go\r');
    await screen.until('1.2 s');
    const all = screen.all();
    expect(plain(all)).toContain('safe');
    expect(plain(all)).toContain('sixel');
    // What is left are the screen's own: colours, cursor, erasing of lines and what is below.
    expect(all).not.toMatch(/\u001b[\]P_^X]|[\u0080-\u009f]|\u001b\[[23]J|\u0007/u);
  });

  it('prints what is finished once, however long the session gets', async () => {
    const screen = await draw(
      turnOf(
        ...Array.from({ length: 60 }, (_, at): TurnEventBody => ({ type: 'text-delta', text: `paragraph-${at}.\n\n` })),
      ),
    );
    screen.type('go\r');
    await screen.until('1.2 s');
    const printed = plain(screen.all());
    for (const at of [0, 30, 58]) expect(printed.split(`paragraph-${at}.`).length - 1).toBeLessThanOrEqual(2);
  });

  it('follows the width of the terminal', async () => {
    const screen = await draw(turnOf());
    screen.type('a text that is longer than forty columns, but not sixty');
    await screen.until('but not sixty');
    screen.resize(40);
    await screen.until('\n  mns, but not sixty');
  });

  it('leaves the terminal as it was: cursor shown, keys as usual, no paste marks', async () => {
    const screen = await draw(turnOf());
    screen.type('\u0003');
    await screen.until('Ctrl-C again quits');
    screen.type('\u0003');
    await screen.done;
    expectRestored(screen);
  });

  it('leaves it so too when something in it breaks', async () => {
    const screen = await draw(turnOf());
    screen.fault.now = true;
    screen.type('x');
    await expect(screen.done).rejects.toThrow('a bug in what draws');
    expectRestored(screen);
  });

  it('and when the process is told to end', async () => {
    const screen = await draw(turnOf());
    await screen.tried[Symbol.asyncDispose]();
    await screen.done;
    expectRestored(screen);
  });

  it('uses no colour where NO_COLOR is set', async () => {
    const screen = await draw(turnOf({ type: 'text-delta', text: '**bold** `code`\n' }), { NO_COLOR: '1' });
    screen.type('go\r');
    await screen.until('bold code');
    expect(screen.all()).not.toMatch(/\u001b\[[0-9;]+m/u);
  });
});
