import { render } from 'ink';
import { createElement } from 'react';
import type { Cli } from '../cli.ts';
import type { Terminal } from '../surroundings.ts';
import type { Chat } from './chat.ts';
import { ChatScreen } from './chat-screen.ts';

/**
 * Draws the chat on a terminal until it ends, and leaves the terminal as it was: cursor shown, keys as usual, no paste marks.
 * There is no second screen, so that even a process that is killed leaves nothing covered.
 */
export async function runChatScreen(
  cli: Cli,
  { chat, terminal }: { readonly chat: Chat; readonly terminal: Terminal },
): Promise<void> {
  const now = (): number => cli.surroundings.now();
  const screen = render(createElement(ChatScreen, { chat, style: cli.style, now }), {
    ...{ stdin: terminal.stdin, stdout: terminal.stdout, stderr: terminal.stderr },
    ...{ exitOnCtrlC: false, patchConsole: false, interactive: true, isScreenReaderEnabled: false },
  });
  try {
    const broken = screen.waitUntilExit();
    await chat.start();
    await Promise.race([chat.ended, broken]);
    chat.close();
    await screen.waitUntilRenderFlush();
  } finally {
    screen.unmount();
    await screen.waitUntilExit().catch(() => undefined);
    terminal.stdin.pause();
  }
}
