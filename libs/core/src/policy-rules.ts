import { absolutePath, isGlob, plainPath, type PathSurroundings } from './policy-paths.ts';

type Words = readonly (string | undefined)[];

/** Whether a rule is about a command; `maybe` where only the shell knows. */
export type Match = 'yes' | 'maybe' | 'no';

/** A rule that comes with the program and asks or denies, in every mode. */
export interface StrictRule {
  readonly decision: 'ask' | 'deny';
  /** Words that the command begins with; options may stand between them. `*` at the end of the first: any program whose name begins so. */
  readonly command: string;
  readonly reason: string;
  /** What must hold beyond that. */
  readonly when?: (words: Words, around: PathSurroundings) => Match;
  readonly matches: readonly string[];
  readonly differs: readonly string[];
}

/**
 * Whether the words of a command begin with those of a rule. The program may be named by its path, and options, each with a value or without, may
 * stand between the words. A word that only the shell knows may be any.
 */
export function beginsWith(words: Words, prefix: readonly string[]): Match {
  const [first] = words;
  const [program = '', ...rest] = prefix;
  if (words.length === 0) return 'no';
  if (first === undefined) return 'maybe';
  const name = first.slice(first.lastIndexOf('/') + 1).toLowerCase();
  const isProgram = program.endsWith('*') ? name.startsWith(program.slice(0, -1)) : name === program.toLowerCase();
  // A glob may stand for any program.
  if (!isProgram) return /[*?[]/u.test(first) && first.length > 1 && first !== '[[' ? 'maybe' : 'no';
  let index = 1;
  let options = 0;
  let others = 0;
  let couldBe = false;
  for (const wanted of rest) {
    let isFound = false;
    for (; index < words.length && !isFound && others <= options; index++) {
      const word = words[index];
      if (word === undefined) couldBe = true;
      else if (word === wanted || (wanted.startsWith('--') && isShortened(word, wanted))) isFound = true;
      else if (word.startsWith('-')) options += 1;
      else if (!wanted.startsWith('-')) others += 1;
    }
    if (!isFound) return couldBe ? 'maybe' : 'no';
    others = 0;
    options = 0;
  }
  return 'yes';
}

/** Long options may be cut short as long as they are not ambiguous. */
function isShortened(word: string, wanted: string): boolean {
  const [name = ''] = word.split('=');
  return name.length > 3 && wanted.startsWith(name);
}

function hasOption(words: Words, letters: string, long: string): boolean {
  return words.some(
    (word) =>
      word !== undefined &&
      (new RegExp(`^-[A-Za-z]*[${letters}]`, 'u').test(word) || (word.startsWith('--') && isShortened(word, long))),
  );
}

/** A folder that whole machines or homes hang on: the root, what is just below it, a home, and what a workspace lies in. */
function isVital(word: string, around: PathSurroundings): boolean {
  const slash = word.lastIndexOf('/') + 1;
  const folder = isGlob(word.slice(slash)) ? word.slice(0, slash) : word;
  if (/^~[a-z]*\/?$/u.test(folder)) return true;
  const absolute = absolutePath(folder === '' ? '.' : folder, around);
  if (absolute === undefined) return false;
  const below = (path: string | undefined): boolean =>
    path !== undefined && (plainPath(path) === absolute || plainPath(path).startsWith(`${absolute}/`));
  if (absolute === plainPath(around.root)) return false;
  return absolute.split('/').length <= 2 || below(around.home) || below(around.root);
}

function destroysVital(words: Words, around: PathSurroundings): Match {
  if (!hasOption(words, 'rR', '--recursive')) return 'no';
  if (words.slice(1).some((word) => word !== undefined && !word.startsWith('-') && isVital(word, around))) return 'yes';
  return words.includes(undefined) ? 'maybe' : 'no';
}

/** The workspace as a whole. */
function emptiesWorkspace(words: Words, around: PathSurroundings): Match {
  if (!hasOption(words, 'rR', '--recursive')) return 'no';
  const isAll = (word: string): boolean =>
    absolutePath(word.replace(/(?:^|\/)[*]$/u, '') || '.', around) === plainPath(around.root);
  return words.slice(1).some((word) => word !== undefined && !word.startsWith('-') && isAll(word)) ? 'yes' : 'no';
}

function isRecursive(words: Words): Match {
  return hasOption(words, 'rR', '--recursive') ? 'yes' : 'no';
}

function writesDevice(words: Words): Match {
  return words.some((word) => word !== undefined && /^of=\/dev\/(?!null$|stdout$|stderr$)/u.test(word)) ? 'yes' : 'no';
}

/** Settings for one call can name programs: https://git-scm.com/docs/git-config. */
function setsForOneCall(words: Words): Match {
  for (const word of words.slice(1)) {
    if (word === undefined) return 'maybe';
    if (/^(?:-c|--config-env|--exec-path=|--upload-pack|--receive-pack|--git-dir|--work-tree|-u$)/u.test(word))
      return 'yes';
    if (!word.startsWith('-')) return 'no';
  }
  return 'no';
}

function setsSomething(words: Words): Match {
  const isReading = words.some((word) => word !== undefined && /^(?:--get|--get-all|--list|-l)$/u.test(word));
  return isReading &&
    !words.some((word) => word !== undefined && /^--(?:add|unset|replace|edit|file|rename|remove)/u.test(word))
    ? 'no'
    : 'yes';
}

/** Variables that say which programs run, what code they load, or where they connect to. */
export function isSteeringVariable(name: string): boolean {
  return (
    /^(?:PATH|IFS|ENV|HOME|SHELL|PWD|OLDPWD|CDPATH|FPATH|EDITOR|VISUAL|PAGER|BROWSER|MANPAGER|LESS.*|PS\d|TERMINFO.*|TMPDIR|USER|LOGNAME|MAKEFLAGS|MFLAGS|CC|CXX|LD|AR|RUSTC.*|RUSTFLAGS|CFLAGS|LDFLAGS|NODE_OPTIONS|NODE_PATH|CLASSPATH|LOCPATH|NLSPATH|RIPGREP_CONFIG_PATH|GREP_OPTIONS|TAR_OPTIONS|RSYNC_.*|SSH_.*|KUBECONFIG|DOCKER_.*|AWS_.*|GOOGLE_.*|AZURE_.*)$/u.test(
      name,
    ) ||
    /^(?:LD_|DYLD_|GIT_|BASH|PROMPT|PYTHON|PERL|RUBY|GEM_|JAVA|_JAVA|JDK_|MAVEN_|GRADLE_|NPM_|npm_|YARN_|PNPM_|BUN_|DENO_|GO[A-Z]|CARGO_|XDG_|SUDO_|ZDOTDIR|GCONV|MALLOC_|GLIBC_|OPENSSL_|SSL_|CURL_|WGET|NOOTROPIC)/u.test(
      name,
    ) ||
    /_(?:PROXY|proxy)$|^(?:http|https|all|no|ftp)_proxy$/u.test(name)
  );
}

/** Variables that change how things are written, and nothing else. */
export function isHarmlessVariable(name: string): boolean {
  return /^(?:LC_[A-Z]+|LANG|TZ|NO_COLOR|FORCE_COLOR|CI|COLUMNS|CLICOLOR)$/u.test(name);
}

/** Programs that run another one as if the shell did, and add nothing of their own. */
export const plainWrappers: ReadonlySet<string> = new Set([
  ...['time', 'nice', 'ionice', 'timeout', 'env', 'command', 'builtin', 'stdbuf', 'exec', 'eval', 'nohup', 'setsid'],
  ...['sh', 'bash', 'dash', 'sh -c', 'bash -c', 'dash -c'],
]);

/** Programs that run another one with more rights, or elsewhere. */
export const mightyWrappers: ReadonlySet<string> = new Set([
  'sudo',
  'doas',
  'su',
  'runuser',
  'ssh',
  'chroot',
  'systemd-run',
  'unshare',
]);

/** Programs that bring something from elsewhere. */
export const fetchers: ReadonlySet<string> = new Set([
  'curl',
  'wget',
  'fetch',
  'aria2c',
  'http',
  'https',
  'xh',
  'nc',
  'ncat',
  'netcat',
  'socat',
  'lynx',
  'ftp',
]);

/** Programs that run what they read. */
export const interpreters =
  /^(?:sh|bash|zsh|dash|ksh|ash|fish|eval|source|\.|python[\d.]*|node|perl|ruby|php|lua|deno|bun|pwsh|osascript)$/u;

function rules(decision: 'ask' | 'deny', reason: string, commands: readonly string[]): StrictRule[] {
  return commands.map((command) => {
    const [program = '', ...rest] = command.split(' ');
    return {
      ...{ decision, command, reason },
      matches: [command, [program, '-q', ...rest, 'x'].join(' ')],
      differs: [
        `${program}x${rest.length > 0 ? ` ${rest.join(' ')}` : ''}`,
        ...(rest.length > 0 ? [program] : [`echo ${program}`]),
      ],
    };
  });
}

const sends = 'it reaches out of this machine';
const installs = 'it fetches code from elsewhere and runs it';

/** Every rule that comes with the program and asks or denies. */
export const strictRules: readonly StrictRule[] = [
  {
    ...{ decision: 'deny', command: 'mkfs*', reason: 'it destroys a file system' },
    matches: ['mkfs /dev/sda', 'mkfs.ext4 /dev/sda1'],
    differs: ['mkdir x', 'echo mkfs'],
  },
  ...rules('deny', 'it destroys a disk', [
    'fdisk',
    'sfdisk',
    'parted',
    'wipefs',
    'blkdiscard',
    'hdparm',
    'diskutil eraseDisk',
  ]),
  ...rules('deny', 'it stops the machine', [
    'shutdown',
    'reboot',
    'halt',
    'poweroff',
    'init 0',
    'init 6',
    'telinit',
    'systemctl poweroff',
    'systemctl reboot',
    'systemctl halt',
  ]),
  ...rules('deny', 'it changes the kernel or who may do what', [
    'insmod',
    'modprobe',
    'rmmod',
    'visudo',
    'passwd',
    'useradd',
    'usermod',
    'userdel',
    'chpasswd',
    'sysctl',
  ]),
  ...rules('deny', 'it changes what this program itself may do', [
    'nootropic trust',
    'nootropic config',
    'nootropic keys',
    'nootropic permissions',
    'nootropic serve',
  ]),
  ...['rm', 'chmod', 'chown', 'chgrp', 'shred', 'srm'].map((command): StrictRule => ({
    ...{
      decision: 'deny',
      command,
      reason: 'it destroys a whole machine, a home, or what the workspace lies in',
      when: destroysVital,
    },
    matches: [`${command} -rf /`, `${command} -fR ~`, `${command} -r /etc`],
    differs: [`${command} -rf node_modules`, `${command} a.txt`],
  })),
  {
    ...{ decision: 'ask', command: 'rm', reason: 'it empties the whole workspace', when: emptiesWorkspace },
    matches: ['rm -rf .', 'rm -r *'],
    differs: ['rm -rf src', 'rm a.txt'],
  },
  {
    ...{ decision: 'deny', command: 'dd', reason: 'it writes to a device', when: writesDevice },
    matches: ['dd if=a of=/dev/sda', 'dd of=/dev/disk1 bs=1m'],
    differs: ['dd if=a of=b', 'dd if=/dev/zero of=/dev/null'],
  },
  ...rules('ask', 'it sends commits to others, or brings theirs', [
    'git push',
    'git fetch',
    'git pull',
    'git clone',
    'git ls-remote',
    'git send-email',
    'git request-pull',
    'git svn',
    'git lfs',
    'git daemon',
    'git archive --remote',
    'git remote add',
    'git remote set-url',
    'git remote update',
    'git remote show',
    'git remote prune',
    'git submodule',
  ]),
  ...rules('ask', 'it throws work away', [
    'git reset --hard',
    'git clean',
    'git checkout --force',
    'git checkout -f',
    'git checkout --',
    'git restore',
    'git stash drop',
    'git stash clear',
    'git branch -D',
    'git branch -d',
    'git tag -d',
    'git reflog expire',
    'git reflog delete',
    'git gc --prune',
    'git prune',
    'git filter-branch',
    'git filter-repo',
    'git update-ref',
    'git rebase',
    'git worktree remove',
    'git push --force',
  ]),
  ...rules('ask', 'it makes git run other programs', [
    'git bisect run',
    'git difftool',
    'git mergetool',
    'git credential',
    'git hook',
    'git maintenance',
    'git instaweb',
    'git init',
  ]),
  {
    ...{
      decision: 'ask',
      command: 'git',
      reason: 'a setting for one call can make git run other programs',
      when: setsForOneCall,
    },
    matches: ['git -c core.pager=x log', 'git --exec-path=x status'],
    differs: ['git log -c', 'git status'],
  },
  {
    ...{ decision: 'ask', command: 'git config', reason: 'settings of git can name programs', when: setsSomething },
    matches: ['git config core.pager x', 'git config --global alias.x !y'],
    differs: ['git config --get user.name', 'git config --list'],
  },
  ...rules('ask', 'it publishes, or changes who may', [
    'npm publish',
    'npm unpublish',
    'npm deprecate',
    'npm dist-tag',
    'npm owner',
    'npm access',
    'npm token',
    'npm login',
    'npm adduser',
    'npm team',
    'npm hook',
    'npm config',
    'npm set',
    'npm link',
    'yarn publish',
    'yarn npm',
    'pnpm publish',
    'cargo publish',
    'cargo login',
    'cargo owner',
    'gem push',
    'twine',
    'poetry publish',
    'mvn deploy',
    'docker push',
    'docker login',
  ]),
  ...rules('ask', installs, [
    'npm install',
    'npm i',
    'npm ci',
    'npm add',
    'npm update',
    'npm exec',
    'npm init',
    'npm create',
    'npm audit',
    'npx',
    'yarn add',
    'yarn install',
    'yarn dlx',
    'pnpm add',
    'pnpm install',
    'pnpm i',
    'pnpm dlx',
    'bun add',
    'bun install',
    'bunx',
    'pip install',
    'pip3 install',
    'pip download',
    'pipx',
    'uv pip',
    'uv add',
    'uvx',
    'poetry add',
    'poetry install',
    'cargo install',
    'cargo add',
    'go install',
    'go get',
    'gem install',
    'bundle install',
    'composer',
    'brew',
    'apt',
    'apt-get',
    'dpkg',
    'dnf',
    'yum',
    'pacman',
    'apk',
    'snap',
    'flatpak',
    'choco',
    'winget',
    'nix',
    'nix-shell',
    'conda',
  ]),
  ...rules('ask', sends, [
    'curl',
    'wget',
    'aria2c',
    'http',
    'xh',
    'nc',
    'ncat',
    'netcat',
    'socat',
    'telnet',
    'ftp',
    'sftp',
    'ssh',
    'scp',
    'rsync',
    'rclone',
    'dig',
    'nslookup',
    'host',
    'ping',
    'traceroute',
    'whois',
    'mail',
    'sendmail',
    'mutt',
    'openssl',
    'ssh-add',
    'ssh-keygen',
    'ssh-copy-id',
    'gpg',
    'gh',
    'glab',
    'hub',
    'aws',
    'gcloud',
    'gsutil',
    'az',
    'doctl',
    'heroku',
    'vercel',
    'netlify',
    'flyctl',
    'fly',
    'wrangler',
    'firebase',
    'kubectl',
    'helm',
    'terraform',
    'tofu',
    'pulumi',
    'ansible',
    'ansible-playbook',
    'vault',
    'op',
    'ngrok',
    'tailscale',
  ]),
  ...rules('ask', 'it runs things outside of the sandbox', [
    'docker',
    'podman',
    'nerdctl',
    'lxc',
    'vagrant',
    'qemu-system-x86_64',
    'tmux',
    'screen',
    'dtach',
    'open',
    'xdg-open',
    'gio',
    'dbus-send',
    'busctl',
    'osascript',
    'code',
    'cursor',
    'gdb',
    'strace',
    'nsenter',
    'unshare',
  ]),
  ...rules('ask', 'it makes something run later, or elsewhere', [
    'systemctl',
    'service',
    'launchctl',
    'crontab',
    'at',
    'batch',
    'systemd-run',
    'loginctl',
    'chkconfig',
    'update-rc.d',
    'initctl',
    'schtasks',
    'supervisorctl',
  ]),
  ...rules('ask', 'it acts with more rights', [
    'sudo',
    'doas',
    'su',
    'runuser',
    'pkexec',
    'chroot',
    'setcap',
    'mount',
    'umount',
  ]),
  ...rules('ask', 'it ends other programs', ['kill', 'killall', 'pkill', 'xkill', 'skill', 'fuser']),
  ...rules('ask', 'it changes what later commands do', [
    'alias',
    'unalias',
    'source',
    '.',
    'trap',
    'enable',
    'hash',
    'bind',
    'complete',
    'shopt',
    'eval',
    'read',
    'mapfile',
    'readarray',
    'getopts',
    'pushd',
    'popd',
    'dirs',
    'function',
    'coproc',
    'fc',
    'history',
  ]),
  ...['chmod', 'chown', 'chgrp', 'setfacl'].map((command): StrictRule => ({
    ...{ decision: 'ask', command, reason: 'it changes the rights of whole folders', when: isRecursive },
    matches: [`${command} -R 777 src`, `${command} --recursive x src`],
    differs: [`${command} 644 a.ts`, `${command}x -R a`],
  })),
];

/** Programs that write to what they are given. */
export const writers: ReadonlySet<string> = new Set([
  ...['rm', 'rmdir', 'mv', 'cp', 'tee', 'touch', 'ln', 'install', 'dd', 'truncate', 'chmod', 'chown', 'chgrp', 'mkdir'],
  ...[
    'sed',
    'patch',
    'unlink',
    'shred',
    'sponge',
    'ed',
    'ex',
    'vi',
    'vim',
    'nano',
    'perl',
    'ruby',
    'rsync',
    'tar',
    'unzip',
    'cpio',
    'setfacl',
    'split',
    'csplit',
  ],
]);
