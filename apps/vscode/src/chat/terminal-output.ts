import { window, type Disposable } from 'vscode';

/** What the last command of a terminal printed. Only terminals whose shell tells the editor about its commands have one. */
export interface TerminalOutput extends Disposable {
  readonly last: { readonly command: string; readonly text: string } | undefined;
}

/** Characters that are kept of one command: its end, where the error usually is. */
const mostKept = 64_000;

/** Listens to the editor's terminals. Nothing of it leaves the extension until a person attaches it. */
export function watchTerminals(): TerminalOutput {
  let last: { command: string; text: string } | undefined;
  const subscription = window.onDidStartTerminalShellExecution(({ execution }) => {
    const own = { command: execution.commandLine.value, text: '' };
    last = own;
    void (async () => {
      for await (const piece of execution.read()) own.text = `${own.text}${piece}`.slice(-mostKept);
    })().catch(() => undefined);
  });
  return {
    get last() {
      const text = last ? plainText(last.text) : '';
      return last && text !== '' ? { command: last.command, text } : undefined;
    },
    dispose: () => subscription.dispose(),
  };
}

/** The text without what only moves the cursor and colours it: control sequences of ECMA-48, and titles and marks that end with BEL or ST. */
export function plainText(text: string): string {
  return text
    .replaceAll(/\u001b\][^\u0007\u001b]*(?:\u0007|\u001b\\)|\u001b\[[0-?]*[ -/]*[@-~]|\u001b[ -/]*[0-~]/gu, '')
    .replaceAll('\r\n', '\n')
    .replaceAll(/[^\n]*\r(?!\n)/gu, '')
    .trim();
}
