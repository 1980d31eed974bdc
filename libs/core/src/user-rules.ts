import { NootropicError, type PermissionRule } from '@nootropic/contracts';
import picomatch from 'picomatch';
import { beginsWith } from './policy-rules.ts';

/** What a rule may be about. */
export type RuleSubject =
  | { readonly words: readonly (string | undefined)[] }
  /** Relative to the root. */
  | { readonly path: string }
  | { readonly host: string }
  | Record<never, never>;

/**
 * Whether a rule is about this. One that allows must fit exactly, and never a word that only the shell knows; one that asks or denies also holds
 * where it may fit, whatever the case of letters.
 */
export function ruleCovers(rule: PermissionRule, tool: string, subject: RuleSubject): boolean {
  if (rule.tool !== '*' && rule.tool !== tool) return false;
  const isLoose = rule.decision !== 'allow';
  if (rule.command !== undefined) {
    if (!('words' in subject)) return false;
    const prefix = rule.command.trim().split(/\s+/u);
    if (isLoose) return beginsWith(subject.words, prefix) !== 'no';
    return prefix.every((word, index) => subject.words[index] === word);
  }
  if (rule.path !== undefined) {
    if (!('path' in subject)) return false;
    return picomatch(rule.path.normalize('NFC'), { dot: true, nocase: isLoose, nonegate: true })(
      subject.path.normalize('NFC'),
    );
  }
  if (rule.host !== undefined) {
    if (!('host' in subject)) return false;
    const host = subject.host.toLowerCase().replace(/\.$/u, '');
    const wanted = rule.host.toLowerCase().replace(/\.$/u, '');
    return wanted.startsWith('*.')
      ? host.endsWith(wanted.slice(1)) && host.length > wanted.length - 1
      : host === wanted;
  }
  return true;
}

/**
 * Refuses a rule that contradicts one of its own examples, or that is about several kinds of things at once.
 *
 * @throws `CONFIG_INVALID`, naming the rule by its number, from 1.
 */
export function checkUserRules(rules: readonly PermissionRule[]): void {
  for (const [index, rule] of rules.entries()) {
    const refuse = (why: string): never => {
      throw new NootropicError(
        'CONFIG_INVALID',
        `permissions.rules: rule ${index + 1} (${rule.decision} ${rule.command ?? rule.path ?? rule.host ?? rule.tool}) ${why}.`,
      );
    };
    if ([rule.command, rule.path, rule.host].filter((each) => each !== undefined).length > 1)
      refuse('names more than one of command, path and host, and nothing is all of these');
    const covers = (example: string): boolean => ruleCovers({ ...rule, tool: '*' }, '*', subjectOf(rule, example));
    for (const example of rule.matches)
      if (!covers(example)) refuse(`says that it matches “${example}”, and it does not`);
    for (const example of rule.differs)
      if (covers(example)) refuse(`says that it differs from “${example}”, and it matches`);
  }
}

function subjectOf(rule: PermissionRule, example: string): RuleSubject {
  if (rule.command !== undefined) return { words: exampleWords(example) };
  if (rule.path !== undefined) return { path: example };
  return rule.host !== undefined ? { host: example } : {};
}

/** Examples are words with blanks between them. */
export function exampleWords(example: string): string[] {
  return example.split(' ').filter((word) => word !== '');
}
