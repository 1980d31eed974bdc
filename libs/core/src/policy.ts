import type {
  AgentMode,
  PermissionDecision,
  PermissionRule,
  PermissionSubject,
  PermissionVerdict,
  ShellLine,
  ShellParser,
} from '@nootropic/contracts';
import { describeRule, LineJudge, strictest, type Finding } from './policy-command.ts';
import { isBelow, placeOf, whyProtected, whySteering } from './policy-paths.ts';
import { checkShippedRules, shippedRules } from './shipped-rules.ts';
import { checkUserRules, ruleCovers, type RuleSubject } from './user-rules.ts';

/** The circumstances that a subject is judged in. */
export interface PolicySituation {
  readonly mode: AgentMode;
  /** Whether the folder is trusted. In one that is not, what runs code of the project is asked in every mode. */
  readonly trusted: boolean;
  /** Whether a person once said yes, at a terminal, to commands that run by themselves in this folder. */
  readonly unattended: boolean;
  /** Whether commands run in a sandbox. Without one every command is asked, whatever the rules allow. */
  readonly sandboxed: boolean;
  /** Whether somebody is there to be asked. Where nobody is, what would be asked is denied. */
  readonly attended: boolean;
}

export interface PolicyOptions {
  /** The user's own rules. Default none. Never those of a workspace. */
  readonly rules?: readonly PermissionRule[];
  readonly shell: ShellParser;
  /** Whether a path, relative or absolute, is that of a file that may hold secrets. */
  readonly isSecretPath: (path: string) => boolean;
  /** The real path of the workspace, absolute. */
  readonly root: string;
  /** The user's home, absolute; `~` stands for it. Default: `~` leads out of the workspace. */
  readonly home?: string;
  /** Absolute paths that no tool may write, nor anything below them: our own configuration and state. */
  readonly ownPaths?: readonly string[];
}

/** One rule as a person sees it. */
export interface ListedRule {
  readonly name: string;
  readonly own: boolean;
  readonly rule: PermissionRule;
}

export interface Policy {
  /** Never rejects on the subject itself: what is not understood is asked. */
  judge(subject: PermissionSubject, situation: PolicySituation): Promise<PermissionVerdict>;
  /** Every rule in force, the shipped ones first. */
  list(): readonly ListedRule[];
}

/** Tools that only read files of the workspace. Every other one is taken to write. */
const readingTools: ReadonlySet<string> = new Set(['read', 'list', 'search', 'symbol', 'graph', 'find-tools', 'map']);

/** Tools that act on the conversation alone. */
const innerTools: ReadonlySet<string> = new Set([...readingTools, 'ask-user', 'todo', 'task', 'use-skill', 'remember']);

/**
 * Judges what tools want to do. Pure but for the parser of shell lines.
 *
 * @throws `CONFIG_INVALID`, naming the rule, where a rule contradicts one of its own examples, or a shipped one has none.
 */
export function createPolicy(options: PolicyOptions): Policy {
  const { rules = [], shell } = options;
  checkShippedRules(options);
  checkUserRules(rules);

  const judgeOpenly = async (subject: PermissionSubject, situation: PolicySituation): Promise<PermissionVerdict> => {
    switch (subject.kind) {
      case 'command': {
        if (situation.mode === 'plan')
          return plain({ decision: 'deny', reason: 'In mode plan nothing is run.', isByRule: true });
        const line = await parsed(shell, subject.line);
        return new LineJudge(options, situation, subject).judge(line);
      }
      case 'path':
        return judgePath(subject, situation, options);
      case 'host':
        return judgeHost(subject, situation, rules);
      case 'tool':
        return judgeTool(subject, situation, rules);
    }
  };

  return {
    async judge(subject, situation) {
      const verdict = await judgeOpenly(subject, situation);
      if (verdict.decision !== 'ask' || situation.attended) return verdict;
      const { offers: _, ...rest } = verdict;
      return { ...rest, decision: 'deny', reason: `${verdict.reason} Nobody is there to be asked.` };
    },
    list: () => [...shippedRules(), ...rules.map((rule) => ({ name: describeRule(rule), own: true, rule }))],
  };
}

async function parsed(shell: ShellParser, line: string): Promise<ShellLine> {
  try {
    return await shell.commands(line);
  } catch {
    return { complete: false, commands: [], unclear: ['the line as a whole'] };
  }
}

function plain({ decision, reason }: Finding, offers: readonly PermissionRule[] = []): PermissionVerdict {
  return { decision, reason, ...(decision === 'ask' && offers.length > 0 && { offers: [...offers] }) };
}

function ownFindings(rules: readonly PermissionRule[], tool: string, subject: RuleSubject): Finding[] {
  return rules
    .filter((rule) => ruleCovers(rule, tool, subject))
    .map((rule) => ({
      decision: rule.decision,
      reason: rule.reason ?? `Your rule says so: ${describeRule(rule)}.`,
      isByRule: true,
    }));
}

function judgePath(
  { tool, path }: Extract<PermissionSubject, { kind: 'path' }>,
  { mode }: PolicySituation,
  options: PolicyOptions,
): PermissionVerdict {
  const { rules = [], isSecretPath, ownPaths = [], root } = options;
  const isReading = readingTools.has(tool);
  const place = placeOf(path, options);
  const isUnseen = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u.test(path);
  const findings: Finding[] = place.kind === 'inside' ? ownFindings(rules, tool, { path: place.path }) : [];
  const says = (decision: PermissionDecision, reason: string) => findings.push({ decision, reason, isByRule: true });
  if (path === '' || path.includes('\0')) says('deny', 'This is no path.');
  if (place.kind === 'outside') says(isReading ? 'ask' : 'deny', `${path} is outside of the workspace.`);
  if (isSecretPath(place.path) || isSecretPath(path)) says('ask', `${path} may hold secrets.`);
  if (!isReading) {
    const why = whyProtected(place.path) ?? whyProtected(path);
    const steering = whySteering(place.path);
    if (mode === 'plan') says('deny', 'In mode plan nothing is written.');
    if (why !== undefined) says('deny', `${path} is protected: ${why}.`);
    else if (isBelow(place.path, ownPaths) || isBelow(`${root}/${place.path}`, ownPaths))
      says('deny', `${path} belongs to nootropic itself.`);
    if (isUnseen) says('ask', 'There are characters in the path that are not seen.');
    if (steering !== undefined) says('ask', `${path}: ${steering}.`);
  }
  const byRule = strictest(findings);
  if (byRule !== undefined) return plain(byRule);
  if (isReading) return plain({ decision: 'allow', reason: 'It reads in the workspace.', isByRule: false });
  if (mode === 'auto-edit' || mode === 'auto')
    return plain({
      decision: 'allow',
      reason: `Files of the workspace are changed by themselves in mode ${mode}.`,
      isByRule: false,
    });
  const rule = (glob: string): PermissionRule => ({ decision: 'allow', tool, path: glob, matches: [], differs: [] });
  const folder = place.path.slice(0, place.path.lastIndexOf('/') + 1);
  const offers =
    /[*?[\]{}()!+@\\]/u.test(place.path) || place.path === '.'
      ? []
      : [rule(place.path), ...(folder === '' ? [] : [rule(`${folder}**`)])];
  return plain({ decision: 'ask', reason: `In mode ask every change is asked for: ${path}.`, isByRule: false }, offers);
}

/** Where machines in the cloud ask for their own keys. */
const metadataHosts =
  /^(?:169\.254\.\d+\.\d+|metadata(?:\.google\.internal)?|instance-data|100\.100\.100\.200|\[?fd00:ec2::254\]?)$/u;

function judgeHost(
  { tool, host }: Extract<PermissionSubject, { kind: 'host' }>,
  { trusted }: PolicySituation,
  rules: readonly PermissionRule[],
): PermissionVerdict {
  const name = host.toLowerCase().replace(/\.$/u, '');
  const findings = ownFindings(rules, tool, { host: name });
  if (name === '') findings.push({ decision: 'deny', reason: 'This is no host.', isByRule: true });
  if (metadataHosts.test(name))
    findings.push({ decision: 'deny', reason: `${name} gives keys to whoever asks.`, isByRule: true });
  const byRule = strictest(findings);
  if (byRule !== undefined) return plain(byRule);
  const isName = /^[a-z0-9-]+(?:\.[a-z0-9-]+)+$/u.test(name) && !/^[\d.]+$/u.test(name);
  const offers: PermissionRule[] =
    isName && trusted ? [{ decision: 'allow', tool, host: name, matches: [], differs: [] }] : [];
  return plain({ decision: 'ask', reason: `No rule allows to connect to ${name}.`, isByRule: false }, offers);
}

function judgeTool(
  { tool }: Extract<PermissionSubject, { kind: 'tool' }>,
  { mode }: PolicySituation,
  rules: readonly PermissionRule[],
): PermissionVerdict {
  const findings = ownFindings(rules, tool, {}).filter(({ isByRule }) => isByRule);
  const isInner = innerTools.has(tool);
  if (mode === 'plan' && !isInner)
    findings.push({ decision: 'deny', reason: 'In mode plan nothing is run.', isByRule: true });
  const byRule = strictest(findings);
  if (byRule !== undefined) return plain(byRule);
  if (isInner)
    return plain({ decision: 'allow', reason: 'It changes nothing outside of the conversation.', isByRule: false });
  return plain({ decision: 'ask', reason: `No rule allows ${tool}.`, isByRule: false }, [
    { decision: 'allow', tool, matches: [], differs: [] },
  ]);
}
