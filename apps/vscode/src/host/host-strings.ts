/** Every word of the host's part that a person reads. */
export const hostStrings = {
  copy: 'Copy the Install Command',
  run: 'Run It in a Terminal',
  settings: 'Open the Setting',
  again: 'Try Again',
  log: 'Show the Log',
  copied: (command: string) => `Copied: ${command}`,
  install: (command: string) =>
    `The extension works with the nootropic program on your machine, which holds the models. It is installed once, with: ${command}`,
  terminal: 'Install nootropic',
  searching: 'Looking for the host of nootropic…',
  ready: (version: string, url: string) => `The host runs: version ${version}, at ${url}.`,
};
