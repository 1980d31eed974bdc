/** Every word of the chat's part that a person reads and that is not the page's own. */
export const chatStrings = {
  tab: 'nootropic chat',
  show: 'Show the Chat',
  nothingSelected: 'Nothing is selected in the terminal.',
  selection: (name: string, first: number, last: number) =>
    first === last ? `Selection: ${name}, line ${String(first)}` : `Selection: ${name}, lines ${first}–${last}`,
  file: (name: string) => `File: ${name}`,
  problems: (name: string, count: number) => `Problems of ${name} (${String(count)})`,
  problemsName: (name: string) => `Problems of ${name}`,
  terminal: (command: string) => `Terminal: ${command}`,
  terminalSelection: 'Terminal selection',
};
