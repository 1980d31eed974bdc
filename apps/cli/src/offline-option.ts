import type { Surroundings } from './surroundings.ts';

/** Takes `--offline` out of a command line, wherever it stands before `--`, and puts it into the environment, which all that is started inherits. */
export function takeOffline(
  given: readonly string[],
  surroundings: Surroundings,
): { readonly args: readonly string[]; readonly surroundings: Surroundings } {
  const separator = given.indexOf('--');
  const end = separator < 0 ? given.length : separator;
  const args = given.filter((arg, at) => at >= end || arg !== '--offline');
  if (args.length === given.length) return { args, surroundings };
  return { args, surroundings: { ...surroundings, env: { ...surroundings.env, NOOTROPIC_NETWORK_OFFLINE: 'true' } } };
}
