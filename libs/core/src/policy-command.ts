import type {
  PermissionDecision,
  PermissionRule,
  PermissionVerdict,
  ShellCommand,
  ShellLine,
} from '@nootropic/contracts';
import picomatch from 'picomatch';
import { isBelow, isGlob, placeOf, whyProtected, whySteering } from './policy-paths.ts';
import type { PolicyOptions, PolicySituation } from './policy.ts';
import {
  beginsWith,
  fetchers,
  interpreters,
  isHarmlessVariable,
  isSteeringVariable,
  mightyWrappers,
  plainWrappers,
  strictRules,
  writers,
} from './policy-rules.ts';
import { readsOnly, type ReadOnlyProgram } from './read-only-program.ts';
import { readOnlyPrograms } from './read-only-programs.ts';
import { ruleCovers } from './user-rules.ts';

/** One thing that is said of a subject. The strictest holds. */
export interface Finding {
  readonly decision: PermissionDecision;
  readonly reason: string;
  /** Whether a rule says so, and not just that nothing allows it: what a rule asks for cannot be allowed by another rule. */
  readonly isByRule: boolean;
}

interface Entry extends Finding {
  readonly words: readonly string[];
  readonly isKnown: boolean;
}

const order: readonly PermissionDecision[] = ['allow', 'ask', 'deny'];

/** The strictest of several; of equal ones a rule's, then the first. */
export function strictest<T extends Finding>(findings: readonly T[]): T | undefined {
  let worst: T | undefined;
  for (const each of findings) {
    const more = worst === undefined ? 1 : order.indexOf(each.decision) - order.indexOf(worst.decision);
    if (more > 0 || (more === 0 && each.isByRule && worst?.isByRule !== true)) worst = each;
  }
  return worst;
}

/** Stands for a word that only the shell knows. */
export const unknownWord = '$(…)';

const sinks: ReadonlySet<string> = new Set(['/dev/null', '/dev/stdout', '/dev/stderr', '/dev/stdin']);

/** Names of files that hold secrets, to see whether a glob could stand for one. */
const secretSamples = [
  ...['.env', '.env.local', '.env.production', 'prod.env', '.npmrc', '.netrc', '.pypirc', '.git-credentials', '.envrc'],
  ...[
    'id_rsa',
    'id_ed25519',
    'id_ecdsa',
    'server.pem',
    'server.key',
    'store.p12',
    'a.pfx',
    'a.jks',
    'a.kdbx',
    'a.gpg',
    'a.asc',
  ],
  ...[
    'credentials',
    'credentials.json',
    'credentials.yml',
    'secrets.json',
    'secrets.yml',
    'secrets.yaml',
    'secrets.toml',
    'token',
  ],
];

/** Options of git itself that only make it do less. */
const quietOptions: ReadonlySet<string | undefined> = new Set([
  '--no-pager',
  '-P',
  '--no-optional-locks',
  '--literal-pathspecs',
]);

/** Judges one line, command by command. */
export class LineJudge {
  readonly #options: PolicyOptions;
  readonly #situation: PolicySituation;
  readonly #tool: string;
  /** Folders that the shell may be in, relative to the root. */
  #folders: string[];
  /** Whether the line begins where nothing of it can be told. */
  readonly #isAway: boolean;

  constructor(
    options: PolicyOptions,
    situation: PolicySituation,
    { tool, cwd = '.' }: { readonly tool: string; readonly cwd?: string },
  ) {
    this.#options = options;
    this.#situation = situation;
    this.#tool = tool;
    const place = placeOf(cwd, options);
    this.#isAway = place.kind === 'outside' || whyProtected(place.path) !== undefined;
    this.#folders = [place.kind === 'inside' ? place.path : '.'];
  }

  judge(line: ShellLine): Omit<PermissionVerdict, 'reason'> & { readonly reason: string } {
    const { sandboxed, trusted } = this.#situation;
    const entries = line.commands.flatMap((command) => this.#command(command));
    const findings: Finding[] = [...entries];
    if (bringsCode(line))
      findings.push({ decision: 'deny', reason: 'It runs code from elsewhere that nobody has seen.', isByRule: true });
    if (this.#isAway)
      findings.push({
        decision: 'ask',
        reason: 'It would run outside of the workspace, or among its settings.',
        isByRule: true,
      });
    if (!line.complete)
      findings.push({
        ...{ decision: 'ask', isByRule: true },
        reason: `It is not fully understood (${line.unclear[0] ?? 'the line'}).`,
      });
    if (!sandboxed) findings.push({ decision: 'ask', reason: 'There is no sandbox to run it in.', isByRule: true });
    if (findings.length === 0) findings.push({ decision: 'allow', reason: 'It does nothing.', isByRule: false });
    const verdict = strictest(findings);
    const asked = entries.filter(({ decision }) => decision === 'ask');
    const isOffered =
      verdict?.decision === 'ask' &&
      !this.#isAway &&
      line.complete &&
      sandboxed &&
      trusted &&
      asked.every(({ isByRule, isKnown }) => isKnown && !isByRule);
    const offers = isOffered ? asked.flatMap(({ words }) => offersFor(words, this.#tool)) : [];
    return {
      decision: verdict?.decision ?? 'ask',
      reason: verdict?.reason ?? 'Nothing is known of it.',
      commands: entries.map(({ words, decision }) => ({ words: [...words], decision })),
      ...(offers.length > 0 && { offers }),
    };
  }

  /** The command itself, and every file that it is made to read or write. */
  #command(command: ShellCommand): Entry[] {
    const { words, assigns, redirects } = command;
    const entries: Entry[] = [];
    if (words.length > 0 || assigns.length > 0) {
      const shown = [
        ...assigns.map((name) => `${name}=`),
        ...command.wrappers.flatMap((each) => each.split(' ')),
        ...words.map((word) => word ?? unknownWord),
      ];
      const finding = strictest(this.#findings(command)) ?? this.#byDefault(shown[0] ?? '');
      entries.push({ ...finding, words: shown, isKnown: !words.includes(undefined) });
    }
    for (const { mode, target } of redirects) {
      const sign = mode === 'read' ? '<' : '>';
      const finding = mode === 'read' ? this.#reads(target) : this.#writes(target);
      entries.push({ ...finding, words: [sign, target ?? unknownWord], isKnown: target !== undefined });
    }
    return entries;
  }

  #findings(command: ShellCommand): Finding[] {
    const { words, assigns, wrappers } = command;
    const findings: Finding[] = [];
    const asks = (reason: string, isByRule = true) => findings.push({ decision: 'ask', reason, isByRule });

    for (const name of assigns) {
      if (isSteeringVariable(name)) asks(`${name} changes what programs do.`);
      else if (!isHarmlessVariable(name)) findings.push(this.#byDefault(`${name}=`));
    }
    for (const name of wrappers) {
      if (mightyWrappers.has(name)) asks(`${name} runs it with other rights, or elsewhere.`);
      else if (!plainWrappers.has(name)) findings.push(this.#byDefault(name));
    }
    if (words.length === 0)
      return findings.length > 0
        ? findings
        : [{ decision: 'allow', reason: 'It sets how things are written.', isByRule: false }];

    const program = words[0];
    const name = programName(program);
    const around = { root: this.#options.root, home: this.#options.home };
    for (const rule of strictRules) {
      const match = weaker(beginsWith(words, rule.command.split(' ')), rule.when?.(words, around) ?? 'yes');
      if (match === 'no' || program === undefined) continue;
      const decision = match === 'maybe' ? 'ask' : rule.decision;
      findings.push({ decision, reason: `${rule.command.replace('*', '')}: ${rule.reason}.`, isByRule: true });
    }
    if (program === undefined) asks('Only the shell knows which program it is.');
    else if (/[^\x20-\x7e]/u.test(program)) asks('The name of the program only looks like one.');
    for (const builtin of ['export', 'declare', 'typeset', 'readonly', 'local', 'unset', 'set'])
      if (program === builtin)
        for (const word of words.slice(1)) {
          const variable = /^\w+/u.exec(word ?? '')?.[0];
          if (variable === undefined ? word === undefined : isSteeringVariable(variable))
            asks(`${builtin} changes what programs do.`);
        }
    for (const rule of this.#options.rules ?? [])
      if (rule.decision !== 'allow' && ruleCovers(rule, this.#tool, { words }))
        findings.push({
          decision: rule.decision,
          reason: rule.reason ?? `Your rule says so: ${describeRule(rule)}.`,
          isByRule: true,
        });

    const reading = program === 'cd' ? this.#changesFolder(words) : this.#isReading(words);
    if (reading !== undefined) return [...findings, ...reading];
    findings.push(...this.#touches(words, name));
    if (this.#isAllowedByUser(words))
      findings.push({ decision: 'allow', reason: 'A rule of yours allows it.', isByRule: true });
    else
      findings.push(
        this.#byDefault(
          words
            .slice(0, 2)
            .map((word) => word ?? unknownWord)
            .join(' '),
        ),
      );
    if (!this.#situation.trusted) asks('This folder is not trusted, and the command may run its code.');
    return findings;
  }

  /** Of a command that nothing is said about. */
  #byDefault(what: string): Finding {
    const { mode, sandboxed, unattended, trusted } = this.#situation;
    if (mode === 'auto' && sandboxed && unattended && trusted)
      return { decision: 'allow', reason: 'It runs by itself, in the sandbox.', isByRule: false };
    const why =
      mode !== 'auto'
        ? 'no rule allows it'
        : sandboxed
          ? 'commands do not run by themselves in this folder yet'
          : 'there is no sandbox to run it in';
    return { decision: 'ask', reason: `${what}: ${why}.`, isByRule: false };
  }

  /** `undefined` where the command is none that only reads. */
  #isReading(given: ShellCommand['words']): Finding[] | undefined {
    const words = given[0] === 'git' && quietOptions.has(given[1]) ? ['git', ...given.slice(2)] : given;
    for (const program of readOnlyPrograms) {
      const reading = readsOnly(program, words);
      if (!reading.isReading) continue;
      const { trusted } = this.#situation;
      if (program.settings === true && !trusted)
        return [
          {
            decision: 'ask',
            reason: 'Settings of a folder that is not trusted may make it run other programs.',
            isByRule: true,
          },
        ];
      const findings = reading.paths.map((path) => this.#reads(path, program));
      // A repository inside of a trusted one is not trusted with it.
      if (program.settings === true && this.#folders.some((folder) => folder !== '.'))
        findings.push(this.#byDefault(`${program.words} in a folder that may be another repository`));
      return [{ decision: 'allow', reason: 'It only reads.', isByRule: false }, ...findings];
    }
    return undefined;
  }

  #changesFolder(words: ShellCommand['words']): Finding[] {
    const [target, ...more] = words.slice(1);
    if (target === undefined || more.length > 0 || target.startsWith('-') || isGlob(target))
      return [{ decision: 'ask', reason: 'cd: nobody can say where it leads.', isByRule: true }];
    const places = this.#folders.map((folder) => placeOf(target, this.#options, folder));
    if (places.some(({ kind }) => kind === 'outside'))
      return [{ decision: 'ask', reason: 'cd: it leads out of the workspace.', isByRule: true }];
    this.#folders = [...new Set([...this.#folders, ...places.map(({ path }) => path)])].slice(0, 64);
    return [{ decision: 'allow', reason: 'It stays in the workspace.', isByRule: false }];
  }

  #reads(path: string | undefined, program?: ReadOnlyProgram): Finding {
    const { isSecretPath, rules = [] } = this.#options;
    if (path === undefined) return { decision: 'ask', reason: 'Only the shell knows what it reads.', isByRule: true };
    if (sinks.has(path) || path === '-') return { decision: 'allow', reason: 'It reads nothing.', isByRule: false };
    if (path.split('/').some((segment) => /^\.[*?[]/u.test(segment)))
      return { decision: 'ask', reason: `${path} may lead out of the workspace.`, isByRule: true };
    for (const folder of this.#folders) {
      const place = placeOf(path, this.#options, folder);
      if (place.kind === 'outside')
        return { decision: 'ask', reason: `${path} is outside of the workspace.`, isByRule: true };
      if (isSecretPath(place.path) || isSecretPath(path))
        return { decision: 'ask', reason: `${path} may hold secrets.`, isByRule: true };
      for (const rule of rules)
        if (rule.decision !== 'allow' && ruleCovers(rule, 'read', { path: place.path }))
          return {
            decision: rule.decision,
            reason: rule.reason ?? `Your rule says so: ${describeRule(rule)}.`,
            isByRule: true,
          };
    }
    if (
      program?.names !== true &&
      (program?.operands === 'revisions' ? /[*?[]/u.test(path) : isGlob(path)) &&
      this.#mayBeSecret(path)
    )
      return { decision: 'ask', reason: `${path} may stand for a file with secrets.`, isByRule: true };
    return { decision: 'allow', reason: 'It reads in the workspace.', isByRule: false };
  }

  #mayBeSecret(path: string): boolean {
    const name = path.slice(path.lastIndexOf('/') + 1);
    // What stands in front of a file name that is filled in may be a folder of secrets as well.
    if (isGlob(path.slice(0, path.lastIndexOf('/') + 1)) && /^\./u.test(path)) return true;
    const isMatch = picomatch(name, { nocase: true, dot: name.startsWith('.') });
    return secretSamples.some((sample) => isMatch(sample) && this.#options.isSecretPath(sample));
  }

  #writes(target: string | undefined): Finding {
    if (target === undefined)
      return { decision: 'ask', reason: 'Only the shell knows what it writes.', isByRule: true };
    if (sinks.has(target)) return { decision: 'allow', reason: 'It writes nothing.', isByRule: false };
    for (const folder of this.#folders) {
      const place = placeOf(target, this.#options, folder);
      const refused = this.#whyNotWritten(place.path);
      if (refused !== undefined) return refused;
      if (place.kind === 'outside')
        return { decision: 'ask', reason: `${target} is outside of the workspace.`, isByRule: true };
      for (const rule of this.#options.rules ?? [])
        if (rule.decision !== 'allow' && ruleCovers(rule, 'write', { path: place.path }))
          return {
            decision: rule.decision,
            reason: rule.reason ?? `Your rule says so: ${describeRule(rule)}.`,
            isByRule: true,
          };
    }
    if (isGlob(target)) return { decision: 'ask', reason: 'Only the shell knows what it writes.', isByRule: true };
    return this.#byDefault(`Writing ${target}`);
  }

  #whyNotWritten(path: string): Finding | undefined {
    const why = whyProtected(path);
    if (why !== undefined) return { decision: 'deny', reason: `${path} is protected: ${why}.`, isByRule: true };
    const { root, ownPaths = [], isSecretPath } = this.#options;
    if (isBelow(path, ownPaths) || isBelow(`${root}/${path}`, ownPaths))
      return { decision: 'deny', reason: `${path} belongs to nootropic itself.`, isByRule: true };
    if (isSecretPath(path)) return { decision: 'ask', reason: `${path} may hold secrets.`, isByRule: true };
    const steering = whySteering(path);
    return steering === undefined ? undefined : { decision: 'ask', reason: `${path}: ${steering}.`, isByRule: true };
  }

  /** What a command that does more than read is given to work on. */
  #touches(words: ShellCommand['words'], name: string): Finding[] {
    const findings: Finding[] = [];
    for (const word of words.slice(1)) {
      if (word === undefined) continue;
      const path = word.replace(/^-{0,2}[A-Za-z][\w-]*=/u, '');
      if (path.startsWith('-')) continue;
      for (const folder of this.#folders) {
        const place = placeOf(path, this.#options, folder);
        const refused = this.#whyNotWritten(place.path);
        if (refused !== undefined && writers.has(name)) findings.push(refused);
        else if (refused !== undefined && (refused.decision === 'deny' || this.#options.isSecretPath(place.path)))
          findings.push({ ...refused, decision: 'ask' });
        else if (writers.has(name) && place.kind === 'outside')
          findings.push({ decision: 'ask', reason: `${path} is outside of the workspace.`, isByRule: true });
      }
    }
    return findings;
  }

  #isAllowedByUser(words: ShellCommand['words']): boolean {
    return (this.#options.rules ?? []).some(
      (rule) => rule.decision === 'allow' && ruleCovers(rule, this.#tool, { words }),
    );
  }
}

export function programName(program: string | undefined): string {
  return program === undefined ? '' : program.slice(program.lastIndexOf('/') + 1).toLowerCase();
}

/** What is fetched and run in one line. */
function bringsCode({ commands }: ShellLine): boolean {
  const isFetched = commands.some(({ words }) => fetchers.has(programName(words[0])));
  if (!isFetched) return false;
  return commands.some(({ words, wrappers }) => {
    const [program, ...rest] = words;
    if (!interpreters.test(programName(program)))
      return wrappers.some((each) => interpreters.test(each.split(' ')[0] ?? '')) && words.includes(undefined);
    return rest.includes(undefined) || rest.every((word) => word?.startsWith('-') === true);
  });
}

function weaker(a: 'yes' | 'maybe' | 'no', b: 'yes' | 'maybe' | 'no'): 'yes' | 'maybe' | 'no' {
  if (a === 'no' || b === 'no') return 'no';
  return a === 'maybe' || b === 'maybe' ? 'maybe' : 'yes';
}

export function describeRule(rule: PermissionRule): string {
  const about = rule.command ?? rule.path ?? rule.host ?? '';
  return [rule.decision, rule.tool === '*' ? '' : rule.tool, about].filter((part) => part !== '').join(' ');
}

/** Programs whose second word says what they do. */
const withSubcommands: ReadonlySet<string> = new Set([
  ...[
    'git',
    'npm',
    'yarn',
    'pnpm',
    'bun',
    'cargo',
    'go',
    'make',
    'just',
    'dotnet',
    'mvn',
    'gradle',
    'nx',
    'poetry',
    'uv',
    'rake',
    'mix',
  ],
]);

/** Rules that would allow the like, the narrowest first. Only what can be written as words is offered. */
function offersFor(words: readonly string[], tool: string): PermissionRule[] {
  const [program = '', verb = '', ...rest] = words;
  if (program === '>' || program === '<' || program.includes('=')) return [];
  const rule = (command: string): PermissionRule => ({ decision: 'allow', tool, command, matches: [], differs: [] });
  const isPlain = words.every((word) => /^[\w@%+=:,./^~-]+$/u.test(word));
  const offers = isPlain ? [rule(words.join(' '))] : [];
  if (!withSubcommands.has(program) || !/^[a-z][\w:-]*$/u.test(verb)) return offers;
  // `npm run` alone would be every script there is.
  const isRun = verb === 'run' || verb === 'exec';
  const prefix = isRun ? words.slice(0, 3) : words.slice(0, 2);
  if ((isRun && !/^[a-z][\w:-]*$/u.test(rest[0] ?? '')) || prefix.join(' ') === offers[0]?.command) return offers;
  return [...offers, rule(prefix.join(' '))];
}
