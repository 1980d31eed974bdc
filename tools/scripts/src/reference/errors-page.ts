import { errorTable, exitCodes } from '@nootropic/contracts';
import { code, markdownPage, markdownTable } from './markdown.ts';

export function errorsPage(): string {
  const exits = Object.entries(exitCodes).map(([name, number]) => [code(number), name]);
  const errors = Object.entries(errorTable).map(([name, { summary, hint, exit, status }]) => [
    code(name),
    summary,
    hint,
    code(exitCodes[exit]),
    code(status),
  ]);
  return markdownPage('Errors and exit codes', [
    'Every error carries a code, a message that says what happened, and a hint that says what to do next. The hints here are the general ones.',
    '## Exit codes',
    markdownTable(['exit', 'meaning'], exits),
    '## Errors',
    markdownTable(['code', 'what happened', 'what to do', 'exit', 'HTTP status'], errors),
  ]);
}
