import { watchSockets } from '@nootropic/observability/socket-watch';
import { createTreeSitterParser, installedGrammar, runParserWorker } from '@nootropic/parser';

const inSource = import.meta.url.endsWith('.ts');

// A parser reads texts that it is given, and reaches no network.
watchSockets({ program: 'parser', refuse: 'never', record: () => undefined });

runParserWorker({
  createParser: (process) =>
    createTreeSitterParser({
      ...process,
      grammar: (file) => (inSource ? installedGrammar(file) : new URL(`./grammars/${file}`, import.meta.url)),
    }),
});
