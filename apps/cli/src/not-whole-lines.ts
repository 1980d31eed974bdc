import type { DiffAnswer } from '@nootropic/contracts';
import type { Cli } from './cli.ts';

const mostNamed = 10;

/** The files of a diff that the model does not read, or not to their end, each with the reason. */
export function notWholeLines(cli: Cli, { files }: Pick<DiffAnswer, 'files'>): string[] {
  const partial = files.filter(({ shown }) => shown !== 'whole');
  const lines = partial
    .slice(0, mostNamed)
    .map(({ path, shown, reason }) =>
      cli.errorStyle.dim(`${shown === 'cut' ? 'read in part' : 'not read'}: ${cli.cleanTalk(path)} (${reason ?? ''})`),
    );
  const more = partial.length > mostNamed ? [cli.errorStyle.dim(`and ${partial.length - mostNamed} more`)] : [];
  return [...lines, ...more].map((line) => `${line}\n`);
}
