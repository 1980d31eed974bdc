import { createTreeSitterParser, installedGrammar, runParserWorker } from '@nootropic/parser';

const inSource = import.meta.url.endsWith('.ts');

runParserWorker({
  createParser: (process) =>
    createTreeSitterParser({
      ...process,
      grammar: (file) => (inSource ? installedGrammar(file) : new URL(`./grammars/${file}`, import.meta.url)),
    }),
});
