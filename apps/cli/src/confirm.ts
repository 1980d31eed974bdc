import { NootropicError } from '@nootropic/contracts';
import type { Cli } from './cli.ts';

/**
 * Asks before something that cannot be undone. `yes` answers at once; without a terminal to ask on and without
 * `yes`, it rejects with `DENIED`, so that a script never destroys by accident.
 */
export async function confirm(cli: Cli, question: string, yes: boolean): Promise<boolean> {
  if (yes) return true;
  if (cli.surroundings.stdin.kind !== 'terminal') {
    throw new NootropicError('DENIED', 'This needs a yes, and there is no terminal to ask on.', { hint: 'Add --yes.' });
  }
  await cli.talk(`${question} [y/N] `);
  const answer = await cli.surroundings.stdin.readLine();
  return /^y(es)?$/i.test(answer.trim());
}
