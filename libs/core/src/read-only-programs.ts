import { readOnlyGit } from './read-only-git.ts';
import type { ReadOnlyProgram } from './read-only-program.ts';

/** `print` and `p` for ranges of lines, and replacements without `w` and `e`, which write and run. */
function isHarmlessSed(script: string): boolean {
  const address = String.raw`(?:\d+|\$|/[^/\\\n{};]*/)`;
  const print = new RegExp(String.raw`^(?:${address}(?:,(?:${address}|\+\d+))?)?!?\s*[pdq=]$`, 'u');
  const replace =
    /^(?:\d+|\$)?(?:,(?:\d+|\$))?s([/|#,])(?:(?!\1)[^\\\n;]|\\[^\n])*\1(?:(?!\1)[^\\\n;]|\\[^\n])*\1[gip0-9]*$/u;
  return script.split(';').every((part) => print.test(part.trim()) || replace.test(part.trim()));
}

/** No output to files or programs, no input but the operands. */
function isHarmlessAwk(script: string): boolean {
  return (
    /^[\w\s{}$,.;:+*/()=!<&"'~^%?[\]\\-]*$/u.test(script) &&
    !/getline|system|close|fflush|ARG|ENVIRON|PROCINFO|include|load/u.test(script)
  );
}

function isHarmlessJq(script: string): boolean {
  return !/\b(?:env|import|include|input_filename|input|inputs|debug|halt|get_search_list|\$__prog_args)\b|\$ENV/u.test(
    script,
  );
}

function isWordyDate(text: string): boolean {
  return text.startsWith('+');
}

const testOperators =
  '-f -d -e -r -w -x -s -L -h -z -n -a -o -eq -ne -lt -le -gt -ge -nt -ot -p -S -b -c -u -g -k -t -O -G';
/** Programs that read. Every entry says what it is about and what only looks like it. */
export const readOnlyPrograms: readonly ReadOnlyProgram[] = [
  {
    words: 'ls',
    anyOption: true,
    flags:
      '-a -A -l -h -r -R -t -S -1 -d -F -G -i -s -p -g -o -n -c -u -U -X -v -x -m -B -b -C -L -H -k -N -Q -q -Z --all --almost-all --human-readable --recursive --reverse --directory --classify --color --inode --size --numeric-uid-gid --group-directories-first --full-time --si --file-type --no-group',
    values: '--color --sort --time --time-style --format --indicator-style --ignore -I --hide -w --width',
    names: true,
    matches: ['ls', 'ls -la src', 'ls --color=never -1'],
    differs: ['lsof', 'ls --zero'],
  },
  {
    words: 'cat',
    anyOption: true,
    flags:
      '-A -b -e -E -n -s -t -T -u -v --number --show-all --number-nonblank --squeeze-blank --show-ends --show-tabs',
    matches: ['cat README.md', 'cat -n a.ts b.ts'],
    differs: ['cat --output x', 'catchsegv x'],
  },
  {
    words: 'head',
    anyOption: true,
    flags: '-q -v --quiet --silent --verbose',
    values: '-n -c --lines --bytes',
    numbers: true,
    matches: ['head -n 20 a.ts', 'head -20 a.ts'],
    differs: ['head --files0-from=x', 'headers a'],
  },
  {
    words: 'tail',
    anyOption: true,
    flags: '-q -v -r --quiet --silent --verbose',
    values: '-n -c --lines --bytes',
    numbers: true,
    matches: ['tail -n +5 a.ts', 'tail -5 log.txt'],
    differs: ['tail -f log.txt', 'tailscale up'],
  },
  {
    words: 'wc',
    anyOption: true,
    names: true,
    flags: '-l -w -c -m -L --lines --words --bytes --chars --max-line-length',
    matches: ['wc -l a.ts', 'wc'],
    differs: ['wc --files0-from=x', 'wcalc 1'],
  },
  { words: 'nl', values: '-b -n -w -s -v', flags: '-b -p', matches: ['nl -b a a.ts'], differs: ['nl --x a', 'nload'] },
  { words: 'tac', matches: ['tac a.txt'], differs: ['tac -s x', 'tacc a'] },
  { words: 'rev', matches: ['rev a.txt'], differs: ['rev -x a', 'revoke a'] },
  {
    words: 'stat',
    anyOption: true,
    flags: '-L -t -x -f --dereference --terse --file-system',
    values: '-c --format --printf',
    names: true,
    matches: ['stat a.ts', 'stat -c %s a.ts'],
    differs: ['stat --x a', 'stats a'],
  },
  {
    words: 'file',
    flags: '-b -i -L -h -k -0 --brief --mime --mime-type --mime-encoding',
    names: true,
    matches: ['file a.bin', 'file -b --mime-type a.png'],
    differs: ['file -C -m magic', 'file -z a.gz'],
  },
  {
    words: 'du',
    anyOption: true,
    flags: '-a -c -h -s -k -m -b -x -d0 -d1 -d2 -L -S --all --total --human-readable --summarize --apparent-size',
    values: '-d --max-depth --exclude -t --threshold --time',
    names: true,
    matches: ['du -sh src', 'du -h -d 1'],
    differs: ['du --files0-from=x', 'dumpe2fs x'],
  },
  {
    words: 'df',
    flags: '-h -k -m -T -i -a -P -l --human-readable --print-type --inodes --total',
    names: true,
    matches: ['df -h', 'df -h .'],
    differs: ['df --output=source', 'dfu x'],
  },
  { words: 'pwd', flags: '-P -L', most: 0, matches: ['pwd', 'pwd -P'], differs: ['pwd x', 'pwdx 1'] },
  {
    words: 'basename',
    flags: '-a -z --multiple',
    values: '-s --suffix',
    operands: 'words',
    matches: ['basename src/a.ts .ts'],
    differs: ['basename --x a', 'basenc a'],
  },
  {
    words: 'dirname',
    anyOption: true,
    flags: '-z',
    operands: 'words',
    matches: ['dirname src/a.ts'],
    differs: ['dirname --x a', 'dirs'],
  },
  {
    words: 'realpath',
    flags: '-e -m -s -q -L -P --no-symlinks --canonicalize-missing',
    values: '--relative-to --relative-base',
    names: true,
    matches: ['realpath src', 'realpath --relative-to=src src/a.ts'],
    differs: ['realpath --x a', 'realpaths a'],
  },
  {
    words: 'readlink',
    flags: '-f -e -m -n',
    names: true,
    matches: ['readlink -f a'],
    differs: ['readlink --x a', 'readlinks a'],
  },
  {
    words: 'echo',
    anyOption: true,
    flags: '-n -e -E',
    operands: 'words',
    matches: ['echo done', 'echo -n --anything'],
    differs: ['echoes x', 'ecryptfs x'],
  },
  { words: 'printf', operands: 'words', matches: ['printf %s\\n a'], differs: ['printf -v PATH x', 'printfx a'] },
  { words: 'true', operands: 'words', matches: ['true'], differs: ['truex', 'truncate a'] },
  { words: 'false', operands: 'words', matches: ['false'], differs: ['falsex', 'fallocate a'] },
  { words: ':', operands: 'words', matches: [':'], differs: ['::', ':x'] },
  {
    words: 'test',
    flags: testOperators,
    whole: true,
    names: true,
    matches: ['test -f a.ts', 'test a = b'],
    differs: ['test -v x', 'testdisk'],
  },
  { words: '[', flags: testOperators, whole: true, names: true, matches: ['[ -d src ]'], differs: ['[ -v x ]', '[x'] },
  {
    words: '[[',
    flags: '-f -d -e -r -w -x -s -L -h -z -n -nt -ot',
    whole: true,
    names: true,
    matches: ['[[ -d src ]]', '[[ a == b ]]'],
    differs: ['[[ -v x ]]', '[[ x -eq 1 ]]'],
  },
  {
    words: 'date',
    flags: '-u -R -I --utc --iso-8601 --rfc-email',
    values: '-d --date --iso-8601 --rfc-3339',
    operands: 'script',
    script: isWordyDate,
    most: 1,
    matches: ['date', 'date -u +%F'],
    differs: ['date -s tomorrow', 'date 010203042026'],
  },
  { words: 'whoami', most: 0, matches: ['whoami'], differs: ['whoami x', 'whois a'] },
  { words: 'id', flags: '-u -g -G -n', operands: 'words', matches: ['id', 'id -un'], differs: ['id --x', 'idle'] },
  { words: 'uname', flags: '-a -s -r -m -n -p -o -v', most: 0, matches: ['uname -a'], differs: ['uname x', 'uname26'] },
  { words: 'nproc', flags: '--all', most: 0, matches: ['nproc'], differs: ['nproc x', 'nprocs'] },
  { words: 'uptime', flags: '-p -s', most: 0, matches: ['uptime'], differs: ['uptime x', 'uptimed'] },
  { words: 'free', flags: '-h -m -g -k -b -t', most: 0, matches: ['free -h'], differs: ['free -s 1', 'freeze'] },
  { words: 'which', flags: '-a', operands: 'words', matches: ['which node'], differs: ['which --x a', 'whichx a'] },
  {
    words: 'type',
    flags: '-a -t -p -P -f',
    operands: 'words',
    matches: ['type node'],
    differs: ['type --x a', 'typeset -x a'],
  },
  {
    words: 'command',
    flags: '-v -V',
    operands: 'words',
    matches: ['command -v node'],
    differs: ['command -x node', 'commander'],
  },
  { words: 'sleep', operands: 'words', most: 1, matches: ['sleep 1'], differs: ['sleep 1 2', 'sleepd'] },
  {
    words: 'seq',
    flags: '-w',
    values: '-s -f',
    operands: 'words',
    matches: ['seq 1 10'],
    differs: ['seq --x 1', 'seqdiag a'],
  },
  {
    words: 'ps',
    flags: '-e -f -a -u -x -A -ef -aux',
    operands: 'words',
    most: 1,
    matches: ['ps -ef', 'ps aux'],
    differs: ['ps --x', 'psql'],
  },
  {
    words: 'tree',
    flags:
      '-a -d -f -h -s -D -i -N -J -C -n -F -p -u -g -A -S -t -r -v --dirsfirst --gitignore --noreport --prune --du --inodes',
    values: '-L -I -P --filelimit --sort --charset',
    names: true,
    matches: ['tree -L 2 src', 'tree'],
    differs: ['tree -o out.txt', 'tree -R -H . -L 1'],
  },
  {
    words: 'sort',
    flags:
      '-b -d -f -g -h -i -M -n -r -R -s -u -V -z -c -C --unique --reverse --numeric-sort --human-numeric-sort --version-sort --ignore-case --stable --check',
    values: '-k -t --key --field-separator',
    matches: ['sort -u a.txt', 'sort -t , -k 2'],
    differs: ['sort -o a.txt a.txt', 'sort --compress-program=x'],
  },
  {
    words: 'uniq',
    flags: '-c -d -u -i -D -z --count --repeated --unique --ignore-case',
    values: '-f -s -w',
    most: 1,
    matches: ['uniq -c', 'uniq a.txt'],
    differs: ['uniq a.txt b.txt', 'uniqx a'],
  },
  {
    words: 'cut',
    flags: '-s -z -n --only-delimited --complement',
    values: '-d -f -c -b --delimiter --fields --characters --bytes --output-delimiter',
    matches: ['cut -d : -f 1 a.txt'],
    differs: ['cut --x a', 'cutycapt a'],
  },
  {
    words: 'tr',
    flags: '-d -s -c -C -t',
    operands: 'words',
    matches: ['tr a-z A-Z', 'tr -d x'],
    differs: ['tr --x a', 'trap x'],
  },
  {
    words: 'column',
    flags: '-t -x -e',
    values: '-s -c -o',
    matches: ['column -t a.txt'],
    differs: ['column --x a', 'columns'],
  },
  {
    words: 'paste',
    flags: '-s -z',
    values: '-d',
    matches: ['paste a.txt b.txt'],
    differs: ['paste --x a', 'pastebinit a'],
  },
  { words: 'fold', flags: '-s -b', values: '-w', matches: ['fold -w 80 a.txt'], differs: ['fold --x a', 'foldx a'] },
  {
    words: 'comm',
    flags: '-1 -2 -3 -i -12 -13 -23',
    matches: ['comm -12 a.txt b.txt'],
    differs: ['comm --x a b', 'command x'],
  },
  {
    words: 'diff',
    flags:
      '-u -r -q -N -w -b -B -i -a -y -s -c -e -n -d -E -Z -p --brief --recursive --unified --side-by-side --ignore-all-space --color --new-file --report-identical-files',
    values: '-U -C -x --exclude --unified --color -W --width -I --label -L',
    matches: ['diff -u a.ts b.ts', 'diff -rq src lib'],
    differs: ['diff -l a b', 'diff --to-file=x a'],
  },
  { words: 'cmp', flags: '-s -l -b', matches: ['cmp a b'], differs: ['cmp --x a b', 'cmpx a b'] },
  ...['md5sum', 'sha1sum', 'sha256sum', 'sha512sum', 'cksum', 'b2sum'].map((words): ReadOnlyProgram => ({
    ...{ words, flags: '-b -t', names: true },
    matches: [`${words} a.ts`],
    differs: [`${words} -c a`, `${words}x a`],
  })),
  { words: 'shasum', values: '-a', matches: ['shasum -a 256 a.ts'], differs: ['shasum -c a', 'shasums a'] },
  {
    words: 'xxd',
    flags: '-p -u -b -i -c16',
    values: '-l -s -c -g',
    most: 1,
    matches: ['xxd -l 16 a.bin'],
    differs: ['xxd -r a.hex a.bin', 'xxd a.bin out.hex'],
  },
  {
    words: 'hexdump',
    flags: '-C -c -b -d -x -v',
    values: '-n -s',
    matches: ['hexdump -C a.bin'],
    differs: ['hexdump -f x a', 'hexdumpx a'],
  },
  {
    words: 'od',
    flags: '-c -x -b -v -a',
    values: '-A -t -N -j',
    matches: ['od -c a.bin'],
    differs: ['od --x a', 'odx a'],
  },
  {
    words: 'strings',
    flags: '-a',
    values: '-n',
    matches: ['strings -n 8 a.bin'],
    differs: ['strings -T x a', 'stringsx a'],
  },
  ...['grep', 'egrep', 'fgrep'].map((words): ReadOnlyProgram => ({
    words,
    anyOption: true,
    flags:
      '-a -b -c -E -F -G -P -H -h -i -I -l -L -n -o -q -r -R -s -v -w -x -z --recursive --ignore-case --line-number --files-with-matches --files-without-match --count --only-matching --invert-match --word-regexp --line-regexp --fixed-strings --extended-regexp --perl-regexp --no-filename --with-filename --quiet --silent --no-messages --color --colour --text',
    values:
      '-e -m -A -B -C --regexp --max-count --after-context --before-context --context --include --exclude --exclude-dir --color --colour --binary-files',
    operands: 'pattern',
    numbers: true,
    matches: [`${words} -rn needle src`, `${words} -e a -e b src/a.ts`],
    differs: [`${words} -f patterns a`, `${words} --exclude-from=x a`],
  })),
  {
    words: 'rg',
    flags:
      '-n -N -i -S -s -w -x -l -c -o -v -F -P -U -H -I -q -p -a -0 --line-number --no-line-number --ignore-case --smart-case --case-sensitive --word-regexp --files-with-matches --files-without-match --count --count-matches --only-matching --invert-match --fixed-strings --pcre2 --multiline --heading --no-heading --with-filename --no-filename --files --hidden --no-ignore --no-ignore-vcs --json --column --vimgrep --stats --trim --type-list --no-messages --no-config --pretty --quiet --text',
    values:
      '-e -g -t -T -m -A -B -C -M -j -d --regexp --glob --iglob --type --type-not --max-count --after-context --before-context --context --max-depth --max-columns --threads --sort --sortr --color --colors --replace -r --max-filesize --engine',
    operands: 'pattern',
    matches: ['rg -n needle src', 'rg --files -g *.ts'],
    differs: ['rg --pre cat needle', 'rg -z needle'],
  },
  {
    words: 'find',
    whole: true,
    flags:
      '-L -H -P -E ( ) ! -o -a -and -or -not -print -print0 -prune -empty -quit -daystart -follow -depth -mount -xdev -true -false -ls -executable -readable -writable -nouser -nogroup',
    values:
      '-name -iname -path -ipath -wholename -iwholename -regex -iregex -regextype -type -xtype -size -mtime -mmin -atime -amin -ctime -cmin -newer -perm -user -group -maxdepth -mindepth -links -printf -inum -lname -samefile -uid -gid',
    names: true,
    matches: ['find . -name *.ts', 'find src -type f -size +1M -print'],
    differs: ['find . -delete', 'find . -fprintf out %p'],
  },
  {
    words: 'fd',
    flags: '-H -I -a -i -s -p -g -F -l -0 -1 --hidden --no-ignore --absolute-path --glob --full-path --list-details',
    values: '-e -t -d -E --extension --type --max-depth --exclude --color --size -S',
    operands: 'pattern',
    names: true,
    matches: ['fd -e ts', 'fd needle src'],
    differs: ['fd -x rm', 'fd --exec-batch rm'],
  },
  {
    words: 'sed',
    flags: '-n -E -r -s -u -z --quiet --silent --regexp-extended --posix',
    values: '-e --expression',
    operands: 'script',
    script: isHarmlessSed,
    matches: ['sed -n 1,20p a.ts', 'sed s/a/b/g a.ts'],
    differs: ['sed -i s/a/b/ a.ts', 'sed s/a/b/w,out a.ts'],
  },
  ...['awk', 'gawk', 'mawk'].map((words): ReadOnlyProgram => ({
    ...{ words, values: '-F -v', operands: 'script', script: isHarmlessAwk },
    matches: [`${words} {print} a.txt`, `${words} -F : {print$1} a.txt`],
    differs: [`${words} {print>"x"} a.txt`, `${words} -f prog.awk a.txt`],
  })),
  {
    words: 'jq',
    flags:
      '-r -c -s -e -n -M -C -S -j -a -R --raw-output --compact-output --slurp --null-input --sort-keys --tab --exit-status --monochrome-output',
    operands: 'script',
    script: isHarmlessJq,
    matches: ['jq .name package.json', 'jq -r .version'],
    differs: ['jq -f prog.jq a.json', 'jq --rawfile x a . b'],
  },
  // Programs that say who they are, and nothing else.
  ...[
    'node',
    'npm',
    'npx',
    'yarn',
    'pnpm',
    'python',
    'python3',
    'go',
    'cargo',
    'rustc',
    'java',
    'ruby',
    'tsc',
    'gcc',
    'make',
    'git',
    'deno',
    'bun',
  ].map((program): ReadOnlyProgram => ({
    ...{ words: `${program} ${program === 'go' ? 'version' : '--version'}`, most: 0 },
    matches: [`${program} ${program === 'go' ? 'version' : '--version'}`],
    differs: [`${program} ${program === 'go' ? 'version' : '--version'} x`, `${program} x`],
  })),
  ...readOnlyGit,
];
