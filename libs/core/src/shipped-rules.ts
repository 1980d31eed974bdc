import { NootropicError, type PermissionRule } from '@nootropic/contracts';
import type { PathSurroundings } from './policy-paths.ts';
import { beginsWith, strictRules, type StrictRule } from './policy-rules.ts';
import { readsOnly, type ReadOnlyProgram } from './read-only-program.ts';
import { readOnlyPrograms } from './read-only-programs.ts';
import { exampleWords } from './user-rules.ts';

/** One rule as a person sees it. */
export interface ShippedRule {
  readonly name: string;
  readonly own: false;
  readonly rule: PermissionRule;
}

/** The rules for commands that come with the program, as a person sees them. */
export function shippedRules(): readonly ShippedRule[] {
  const listed = (rule: PermissionRule): ShippedRule => ({
    name: `${rule.decision} ${rule.command ?? ''}`,
    own: false,
    rule,
  });
  return [
    ...strictRules.map(({ decision, command, reason, matches, differs }) =>
      listed({ decision, tool: 'run', command, reason, matches: [...matches], differs: [...differs] }),
    ),
    ...readOnlyPrograms.map(({ words, matches, differs }) =>
      listed({
        ...{ decision: 'allow', tool: 'run', command: words, reason: 'It only reads.' },
        ...{ matches: [...matches], differs: [...differs] },
      }),
    ),
  ];
}

/**
 * Checks every shipped rule against its examples.
 *
 * @throws `CONFIG_INVALID`, naming the rule, where one contradicts an example or lacks examples of either kind.
 */
export function checkShippedRules(
  around: PathSurroundings,
  {
    strict = strictRules,
    reading = readOnlyPrograms,
  }: { readonly strict?: readonly StrictRule[]; readonly reading?: readonly ReadOnlyProgram[] } = {},
): void {
  for (const rule of strict)
    checkExamples(`${rule.decision} ${rule.command}`, rule, (example) => {
      const words = exampleWords(example);
      return beginsWith(words, rule.command.split(' ')) === 'yes' && (rule.when?.(words, around) ?? 'yes') === 'yes';
    });
  for (const program of reading)
    checkExamples(`allow ${program.words}`, program, (example) => readsOnly(program, exampleWords(example)).isReading);
}

function checkExamples(
  name: string,
  { matches, differs }: { readonly matches: readonly string[]; readonly differs: readonly string[] },
  covers: (example: string) => boolean,
): void {
  const refuse = (why: string): never => {
    throw new NootropicError('CONFIG_INVALID', `The rule “${name}” ${why}.`);
  };
  if (matches.length === 0 || differs.length === 0) refuse('has no examples of both kinds');
  for (const example of matches) if (!covers(example)) refuse(`says that it matches “${example}”, and it does not`);
  for (const example of differs) if (covers(example)) refuse(`says that it differs from “${example}”, and it matches`);
}
