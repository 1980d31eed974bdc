import { errorTable, exitCodes, type ErrorBody, type ErrorCode } from '@nootropic/contracts';
import type { Cli } from './cli.ts';

/** The exit code of a command that ended in this error; a code this version does not know is an ordinary error. */
export function exitCodeOf(code: string): number {
  return Object.hasOwn(errorTable, code) ? exitCodes[errorTable[code as ErrorCode].exit] : exitCodes.error;
}

/** Says what went wrong on standard error; with `json` also as the last line of standard output. */
export async function reportFailure(cli: Cli, error: ErrorBody, json: boolean): Promise<void> {
  if (json) await cli.json({ error: await withoutSecrets(error) });
  await talkFailure(cli, error);
}

/** Words of others may be in it: what a server answered, an address with a password. */
async function withoutSecrets(error: ErrorBody): Promise<ErrorBody> {
  const { redactErrorBody } = await import('@nootropic/server/redact');
  return redactErrorBody({ code: error.code, message: error.message, hint: error.hint });
}

/** The two lines a person reads: what happened, and what to do next. */
export async function talkFailure(cli: Cli, error: ErrorBody): Promise<void> {
  const { code, message, hint } = await withoutSecrets(error);
  const { red, dim } = cli.errorStyle;
  const advice = hint === '' ? '' : `${dim('→')} ${cli.cleanTalk(hint)}\n`;
  await cli.talk(`${red(`error ${code}:`)} ${cli.cleanTalk(message)}\n${advice}`);
}
