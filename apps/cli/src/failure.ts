import { errorTable, exitCodes, type ErrorBody, type ErrorCode } from '@nootropic/contracts';
import type { Cli } from './cli.ts';

/** The exit code of a command that ended in this error; a code this version does not know is an ordinary error. */
export function exitCodeOf(code: string): number {
  return Object.hasOwn(errorTable, code) ? exitCodes[errorTable[code as ErrorCode].exit] : exitCodes.error;
}

/** Says what went wrong on standard error; with `json` also as the last line of standard output. */
export async function reportFailure(cli: Cli, error: ErrorBody, json: boolean): Promise<void> {
  const { code, message, hint } = error;
  if (json) await cli.json({ error: { code, message, hint } });
  await talkFailure(cli, error);
}

/** The two lines a person reads: what happened, and what to do next. */
export async function talkFailure(cli: Cli, { code, message, hint }: ErrorBody): Promise<void> {
  const { red, dim } = cli.errorStyle;
  const advice = hint === '' ? '' : `${dim('→')} ${cli.cleanTalk(hint)}\n`;
  await cli.talk(`${red(`error ${code}:`)} ${cli.cleanTalk(message)}\n${advice}`);
}
