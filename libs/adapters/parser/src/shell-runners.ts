import type { Word } from './shell-word.ts';

/** What a command makes another program run. */
export type Inner =
  /** Another command, as words. */
  | {
      readonly kind: 'words';
      readonly by: string;
      readonly words: readonly Word[];
      readonly assigns: readonly string[];
    }
  /** A line for a shell. */
  | { readonly kind: 'script'; readonly by: string; readonly script: Word }
  /** Code whose effect is not known: of another language, from the standard input, or of an option that is not known. */
  | { readonly kind: 'unknown'; readonly what: string };

export interface Unwrapped {
  /** Whether the command does nothing by itself but run the inner ones. */
  readonly replaces: boolean;
  readonly inner: readonly Inner[];
}

/** Text that the command reads from its standard input, where the line holds it. */
export interface GivenInput {
  readonly text: Word;
}

/** How a program that runs another one takes its arguments: options, some words of its own, then the command. */
interface RunnerSpec {
  /** Letters of options without a value. */
  readonly flags: string;
  /** Letters of options with one. */
  readonly valued: string;
  readonly longFlags?: readonly string[];
  readonly longValued?: readonly string[];
  /** Words of its own before the command. */
  readonly skip?: number;
  /** Whether `NAME=value` may stand before the command. */
  readonly assigns?: boolean;
}

const runners: Readonly<Record<string, RunnerSpec>> = {
  sudo: {
    flags: 'ABbEHKkNnPSisVv',
    valued: 'CDghpRrTtUu',
    longFlags: ['preserve-env', 'login', 'shell', 'non-interactive', 'set-home', 'stdin', 'background', 'askpass'],
    longValued: ['user', 'group', 'host', 'prompt', 'chdir', 'chroot', 'close-from'],
    assigns: true,
  },
  doas: { flags: 'Lns', valued: 'aCu', assigns: true },
  env: {
    flags: 'i0v',
    valued: 'u',
    longFlags: ['ignore-environment', 'null', 'debug'],
    longValued: ['unset'],
    assigns: true,
  },
  nice: { flags: '0123456789', valued: 'n', longValued: ['adjustment'] },
  ionice: { flags: 't', valued: 'cn', longFlags: ['ignore'], longValued: ['class', 'classdata'] },
  nohup: { flags: '', valued: '' },
  timeout: {
    flags: 'v',
    valued: 'ks',
    longFlags: ['preserve-status', 'foreground', 'verbose'],
    longValued: ['kill-after', 'signal'],
    skip: 1,
  },
  time: { flags: 'pv', valued: '', longFlags: ['portability', 'verbose'] },
  stdbuf: { flags: '', valued: 'ioe', longValued: ['input', 'output', 'error'] },
  setsid: { flags: 'cfw', valued: '', longFlags: ['ctty', 'fork', 'wait'] },
  command: { flags: 'p', valued: '' },
  builtin: { flags: '', valued: '' },
  exec: { flags: 'cl', valued: 'a' },
  chroot: { flags: '', valued: '', longFlags: ['skip-chdir'], longValued: ['userspec', 'groups'], skip: 1 },
  taskset: { flags: 'ac', valued: '', skip: 1 },
  chrt: { flags: 'bdfioR', valued: '', skip: 1 },
  flock: { flags: 'ensuxoF', valued: 'wE', skip: 1 },
  unshare: { flags: 'cmuinpUCTfr', valued: '' },
  strace: { flags: 'cCdfFhikqrtTvVwxyzZ', valued: 'abeEoOpPsSuU' },
  busybox: { flags: '', valued: '' },
  toybox: { flags: '', valued: '' },
  unbuffer: { flags: 'p', valued: '' },
  firejail: { flags: '', valued: '', longFlags: ['quiet', 'noprofile'] },
  'systemd-run': {
    flags: 'dGPqrSt',
    valued: 'EHMpu',
    longFlags: ['user', 'scope', 'pty', 'wait', 'quiet', 'collect', 'pipe'],
  },
};

const shells: ReadonlySet<string> = new Set(['sh', 'bash', 'zsh', 'dash', 'ksh', 'ash', 'mksh', 'rbash']);

/** Programs that take code on the command line, with the options that do, and how they are asked for their version. */
const interpreters: readonly { readonly name: RegExp; readonly code: RegExp }[] = [
  { name: /^(?:python|pypy)[\d.]*$/u, code: /^-[A-Za-z]*c/u },
  {
    name: /^(?:node|nodejs|bun|tsx|ts-node)$/u,
    code: /^(?:-[A-Za-z]*[ep]|--eval|--print|--import|--require|-r|--loader|--experimental-loader)/u,
  },
  { name: /^(?:perl|ruby)[\d.]*$/u, code: /^-[A-Za-z0-9]*[eEn]/u },
  { name: /^php[\d.]*$/u, code: /^(?:-[rBRE]|--run)/u },
  { name: /^(?:lua|luajit)[\d.]*$/u, code: /^-e/u },
  {
    name: /^(?:osascript|Rscript|R|julia|scala|groovy|elixir|erl|ghc|guile|racket|clojure|swift|tclsh|expect|sqlite3|psql|mysql|gdb|lldb)$/u,
    code: /^-/u,
  },
  { name: /^(?:vim?|nvim|view|vimdiff|ex|emacs|ed|nano)$/u, code: /^/u },
  { name: /^(?:deno|pwsh|powershell|cmd)$/u, code: /^/u },
];

const onlyInforms = /^(?:--version|-[vV]|--help|-h)$/u;

/** `words[0]` without its folder: `/usr/bin/env` is `env`. */
export function programOf(words: readonly Word[]): Word {
  const [first] = words;
  return first?.slice(first.lastIndexOf('/') + 1);
}

/** What this command makes other programs run. */
export function unwrap(words: readonly Word[], input: GivenInput | undefined): Unwrapped {
  const name = programOf(words);
  if (name === undefined) return { replaces: false, inner: [] };
  const rest = words.slice(1);
  if (name === 'command' && typeof rest[0] === 'string' && /^-p?[vV]/u.test(rest[0]))
    return { replaces: false, inner: [] };
  const spec = Object.hasOwn(runners, name) ? runners[name] : undefined;
  if (spec !== undefined) return ofRunner(name, spec, rest);
  if (shells.has(name)) return ofShell(name, rest, input);
  switch (name) {
    case 'eval':
      if (rest.length === 0) return nothing;
      return { replaces: false, inner: [{ kind: 'script', by: 'eval', script: joined(rest) }] };
    case 'trap':
      return { replaces: false, inner: rest.length < 2 ? [] : [{ kind: 'script', by: 'trap', script: rest[0] }] };
    case 'source':
    case '.':
    case 'coproc':
    case 'mapfile':
    case 'readarray':
      return { replaces: false, inner: [{ kind: 'unknown', what: `${name} runs code that is not in the line` }] };
    case 'xargs':
      return ofXargs(rest);
    case 'find':
    case 'fd':
    case 'fdfind':
      return ofFind(name, rest);
    case 'watch':
    case 'parallel':
      return ofWatch(name, rest);
    case 'ssh':
      return ofSsh(rest);
    case 'su':
    case 'runuser':
    case 'script':
      return ofCommandOption(name, rest);
    case 'git':
      return ofGit(rest);
    case 'tar':
    case 'bsdtar':
    case 'rsync':
    case 'scp':
    case 'zip':
      return ofProgramOption(rest, name);
    default:
      return ofInterpreter(name, rest, input);
  }
}

const nothing: Unwrapped = { replaces: false, inner: [] };

function unknown(what: string): Unwrapped {
  return { replaces: false, inner: [{ kind: 'unknown', what }] };
}

function joined(words: readonly Word[]): Word {
  return words.includes(undefined) ? undefined : words.join(' ');
}

/** The index of the first word that is no option; `undefined` where an option is not known. */
function afterOptions(words: readonly Word[], spec: RunnerSpec): number | undefined {
  let index = 0;
  while (index < words.length) {
    const word = words[index];
    if (word === undefined) return undefined;
    if (word === '--') return index + 1;
    if (!word.startsWith('-') || word === '-') return index;
    index += 1;
    if (word.startsWith('--')) {
      const [long = '', ...value] = word.slice(2).split('=');
      if (spec.longValued?.includes(long) === true) index += value.length === 0 ? 1 : 0;
      else if (spec.longFlags?.includes(long) !== true) return undefined;
      continue;
    }
    for (let at = 1; at < word.length; at++) {
      const letter = word.charAt(at);
      if (spec.valued.includes(letter)) {
        if (at === word.length - 1) index += 1;
        break;
      }
      if (!spec.flags.includes(letter)) return undefined;
    }
  }
  return index;
}

function ofRunner(name: string, spec: RunnerSpec, rest: readonly Word[]): Unwrapped {
  const start = afterOptions(rest, spec);
  if (start === undefined) return unknown(`the options of ${name}`);
  let index = start + (spec.skip ?? 0);
  const assigns: string[] = [];
  while (spec.assigns === true) {
    const assign = /^([A-Za-z_]\w*)\+?=/u.exec(rest[index] ?? '')?.[1];
    if (assign === undefined) break;
    assigns.push(assign);
    index += 1;
  }
  const words = rest.slice(index);
  if (words.length === 0) return nothing;
  return { replaces: true, inner: [{ kind: 'words', by: name, words, assigns }] };
}

function ofShell(name: string, rest: readonly Word[], input: GivenInput | undefined): Unwrapped {
  let isScript = false;
  let index = 0;
  for (; index < rest.length; index++) {
    const word = rest[index];
    if (word === undefined) return unknown(`what ${name} runs`);
    if (word === '--') {
      index += 1;
      break;
    }
    if (['--norc', '--noprofile', '--login', '--posix'].includes(word)) continue;
    if (onlyInforms.test(word) && word.startsWith('--') && rest.length === 1) return nothing;
    if (/^[-+][abefhkmnpstuvxBCEHPTlirD]*o$/u.test(word)) {
      index += 1;
      continue;
    }
    if (/^-[a-zA-Z]*c[a-zA-Z]*$/u.test(word)) {
      isScript = true;
      continue;
    }
    if (/^[-+][abefhkmnpstuvxBCEHPTlir]+$/u.test(word)) continue;
    if (word.startsWith('-') || word.startsWith('+')) return unknown(`the option ${word} of ${name}`);
    break;
  }
  if (isScript) return { replaces: true, inner: [{ kind: 'script', by: `${name} -c`, script: rest[index] }] };
  if (index < rest.length) return nothing;
  if (input === undefined) return unknown(`what ${name} reads from its input`);
  return { replaces: true, inner: [{ kind: 'script', by: name, script: input.text }] };
}

function ofXargs(rest: readonly Word[]): Unwrapped {
  const spec: RunnerSpec = {
    flags: '0rtpxo',
    valued: 'InPLsdEa',
    longFlags: ['null', 'no-run-if-empty', 'verbose', 'interactive', 'exit', 'open-tty'],
    longValued: ['max-args', 'max-procs', 'max-lines', 'max-chars', 'delimiter', 'arg-file', 'replace'],
  };
  const start = afterOptions(rest, spec);
  if (start === undefined) return unknown('the options of xargs');
  const words = rest.slice(start);
  if (words.length === 0) return nothing;
  const holder = /(?:^|\u0000)-[0rtpxo]*I(?:\u0000)?([^\u0000]+)/u.exec(rest.slice(0, start).join('\0'))?.[1];
  const filled = words.map((word) => (holder !== undefined && word?.includes(holder) === true ? undefined : word));
  return { replaces: true, inner: [{ kind: 'words', by: 'xargs', words: [...filled, undefined], assigns: [] }] };
}

function ofFind(name: string, rest: readonly Word[]): Unwrapped {
  const inner: Inner[] = [];
  const runs =
    name === 'find' ? new Set(['-exec', '-execdir', '-ok', '-okdir']) : new Set(['-x', '-X', '--exec', '--exec-batch']);
  for (let index = 0; index < rest.length; index++) {
    const word = rest[index];
    if (word === undefined || !runs.has(word)) continue;
    const end = rest.findIndex((each, at) => at > index && (each === ';' || each === '+'));
    const words = rest.slice(index + 1, end === -1 ? undefined : end);
    inner.push({
      ...{ kind: 'words', by: name, assigns: [] },
      words: words.map((each) => (each?.includes(name === 'find' ? '{}' : '{') === true ? undefined : each)),
    });
    if (end === -1) break;
    index = end;
  }
  return { replaces: false, inner };
}

function ofWatch(name: string, rest: readonly Word[]): Unwrapped {
  const spec: RunnerSpec =
    name === 'watch'
      ? {
          flags: 'bcdegprtxw',
          valued: 'nqs',
          longFlags: ['color', 'differences', 'no-title'],
          longValued: ['interval'],
        }
      : { flags: '0kmXut', valued: 'jNnLIaPS', longFlags: ['keep-order', 'null', 'will-cite'], longValued: ['jobs'] };
  const start = afterOptions(rest, spec);
  if (start === undefined) return unknown(`the options of ${name}`);
  const end = rest.findIndex((word) => word !== undefined && /^:{3,4}\+?$/u.test(word));
  const words = rest.slice(start, end === -1 ? undefined : end);
  if (words.length === 0) return name === 'watch' ? nothing : unknown('what parallel reads from its input');
  if (name === 'watch') return { replaces: false, inner: [{ kind: 'script', by: name, script: joined(words) }] };
  return {
    replaces: false,
    inner: [
      ...(joined(words)?.includes('{') === true
        ? [{ kind: 'unknown', what: 'what parallel puts into its command' } as const]
        : []),
      { kind: 'script', by: name, script: joined(words) },
    ],
  };
}

function ofSsh(rest: readonly Word[]): Unwrapped {
  const start = afterOptions(rest, { flags: '46AaCfGgKkMNnqsTtVvXxYy', valued: 'BbcDEeFIiJLlmOoPpQRSWw', skip: 1 });
  if (start === undefined) return unknown('the options of ssh');
  const words = rest.slice(start + 1);
  if (words.length === 0) return nothing;
  return { replaces: false, inner: [{ kind: 'script', by: 'ssh', script: joined(words) }] };
}

/** `su -c LINE`, `script -c LINE`. */
function ofCommandOption(name: string, rest: readonly Word[]): Unwrapped {
  const at = rest.findIndex((word) => word !== undefined && (/^-[a-z]*c$/u.test(word) || word === '--command'));
  const attached = rest.find((word) => word?.startsWith('--command=') === true);
  if (attached !== undefined)
    return { replaces: false, inner: [{ kind: 'script', by: name, script: attached.slice('--command='.length) }] };
  if (at === -1) return unknown(`what ${name} runs`);
  return { replaces: false, inner: [{ kind: 'script', by: name, script: rest[at + 1] }] };
}

/** An alias that is set for one call may be a line for the shell: https://git-scm.com/docs/git-config (alias). */
function ofGit(rest: readonly Word[]): Unwrapped {
  const inner: Inner[] = [];
  for (const [index, word] of rest.entries()) {
    if (word === undefined) continue;
    const setting =
      word === '-c' || word === '--config-env' ? rest[index + 1] : /^(?:-c|--config-env=)(.+)$/u.exec(word)?.[1];
    if (setting !== undefined) {
      const script = /^alias\.[^=]*=\s*!(.*)$/isu.exec(setting)?.[1];
      if (script !== undefined) inner.push({ kind: 'script', by: 'git', script });
    }
    const executed = /^(?:-x|--exec)$/u.test(word) && rest.includes('rebase') ? rest[index + 1] : undefined;
    const attached = /^(?:--exec=)(.+)$/su.exec(word)?.[1];
    if (executed !== undefined || attached !== undefined)
      inner.push({ kind: 'script', by: 'git', script: executed ?? attached });
    if (word === 'foreach' && rest.includes('submodule'))
      inner.push({
        kind: 'script',
        by: 'git',
        script: joined(rest.slice(index + 1).filter((each) => each !== '--recursive')),
      });
    if (word === 'run' && rest.includes('bisect'))
      inner.push({ kind: 'words', by: 'git', words: rest.slice(index + 1), assigns: [] });
  }
  return { replaces: false, inner };
}

/** Options of archivers and copiers that name a program. */
function ofProgramOption(rest: readonly Word[], by: string): Unwrapped {
  const inner: Inner[] = [];
  const add = (script: Word) => inner.push({ kind: 'script', by, script });
  for (const [index, word] of rest.entries()) {
    if (word === undefined) continue;
    const action = /^--checkpoint-action=exec=(.*)$/su.exec(word)?.[1];
    const named =
      /^--(?:to-command|use-compress-program|rsh|info-script|new-volume-script|rsync-path|unzip-command)=(.*)$/su.exec(
        word,
      )?.[1];
    if (action !== undefined) add(action);
    else if (named !== undefined) add(named);
    else if (
      /^--(?:to-command|use-compress-program|rsh|info-script|new-volume-script|rsync-path|unzip-command)$/u.test(word)
    )
      add(rest[index + 1]);
    else if (word === '--checkpoint-action') add(rest[index + 1]?.replace(/^exec=/u, ''));
    else if ((by === 'rsync' && /^-[a-zA-Z]*e$/u.test(word)) || (by.endsWith('tar') && /^-[a-zA-Z]*[IF]$/u.test(word)))
      add(rest[index + 1]);
    else if ((by === 'scp' && word === '-S') || (by === 'zip' && word === '-TT')) add(rest[index + 1]);
  }
  return { replaces: false, inner };
}

function ofInterpreter(name: string, rest: readonly Word[], input: GivenInput | undefined): Unwrapped {
  if (/^[gmn]?awk$/u.test(name)) {
    // Which awk program is harmless is for the rules to say; these are the ways in which one runs others.
    const runs = rest.some((word) => word === undefined || /system|getline|\||@/u.test(word));
    return runs ? unknown(`the program of ${name}`) : nothing;
  }
  const interpreter = interpreters.find((each) => each.name.test(name));
  if (interpreter === undefined) return nothing;
  const [first] = rest;
  if (rest.length === 1 && first !== undefined && onlyInforms.test(first)) return nothing;
  if (rest.length === 0 || first === '-' || input !== undefined) return unknown(`the code that ${name} reads`);
  return rest.some((word) => word === undefined || interpreter.code.test(word))
    ? unknown(`the code of ${name}`)
    : nothing;
}
