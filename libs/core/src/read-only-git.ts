import type { ReadOnlyProgram } from './read-only-program.ts';

const gitShows =
  '-p -u --patch --no-patch -s --stat --shortstat --numstat --dirstat --summary --name-only --name-status --raw --oneline --graph --decorate --no-decorate --abbrev-commit --no-abbrev-commit --all --branches --tags --remotes --merges --no-merges --first-parent --reverse --follow --no-renames -M -C --find-renames --color --no-color --word-diff --color-words -w -b --ignore-all-space --ignore-space-change --ignore-blank-lines --minimal --patience --histogram --full-index --binary -R -a --text --no-ext-diff --no-textconv --cc -c -m --date-order --topo-order --author-date-order --left-right --cherry-pick --boundary --full-history --no-prefix --show-pulls --source --no-notes --relative-date --pretty --check --exit-code --quiet -q -i --regexp-ignore-case -E -F -P --all-match --invert-grep -z';
const gitShowsValues =
  '-n --max-count --skip --since --after --until --before --author --committer --grep -S -G --format --pretty --date --diff-filter -U --unified --abbrev --stat --color --word-diff --decorate --find-renames -M -C --diff-algorithm --inter-hunk-context --max-parents --min-parents --encoding';

/** What git shows without changing anything. */
export const readOnlyGit: readonly ReadOnlyProgram[] = [
  ...git('status', {
    flags:
      '-s -b -u -v --short --branch --porcelain --long --show-stash --ignored --untracked-files --verbose -uno -uall -unormal --no-renames -z',
    values: '--porcelain --untracked-files --ignored --column',
    matches: ['git status', 'git status -sb'],
    differs: ['git stash', 'git status --exec=x'],
  }),
  ...git('log', {
    ...{ flags: gitShows, values: gitShowsValues, numbers: true },
    matches: ['git log --oneline -n 5', 'git log -5 src'],
    differs: ['git log --output=x', 'git log --ext-diff -p'],
  }),
  ...git('diff', {
    flags: `${gitShows} --cached --staged --merge-base --no-index-x`,
    ...{ values: gitShowsValues, numbers: true },
    matches: ['git diff', 'git diff --cached --stat HEAD~1'],
    differs: ['git diff --output=x', 'git diff --no-index a b'],
  }),
  ...git('show', {
    ...{ flags: gitShows, values: gitShowsValues, numbers: true },
    matches: ['git show HEAD', 'git show --stat HEAD~2'],
    differs: ['git show --output=x', 'git show --textconv HEAD'],
  }),
  ...git('blame', {
    flags:
      '-w -M -C -s -e -l -t -f -n -b --root --show-name --show-number --show-email --porcelain --line-porcelain -p',
    values: '-L --since --abbrev --date',
    matches: ['git blame -L 1,5 a.ts'],
    differs: ['git blame --contents x a.ts', 'git blamed a'],
  }),
  ...git('shortlog', {
    flags: '-s -n -e --summary --numbered --email --no-merges',
    values: '--since --until',
    matches: ['git shortlog -sn HEAD'],
    differs: ['git shortlog --output=x', 'git short'],
  }),
  ...git('branch', {
    flags: '-a -r -v -vv --all --remotes --show-current --verbose --no-color',
    values: '--sort --format --contains --merged --no-merged --points-at --list -l',
    most: 0,
    matches: ['git branch', 'git branch -a'],
    differs: ['git branch new', 'git branch -D old'],
  }),
  ...git('tag', {
    flags: '-l --list',
    values: '--sort --contains --points-at --format',
    most: 0,
    matches: ['git tag', 'git tag --list'],
    differs: ['git tag v1', 'git tag -d v1'],
  }),
  ...git('remote', {
    flags: '-v --verbose',
    most: 0,
    matches: ['git remote -v'],
    differs: ['git remote add x y', 'git remote update'],
  }),
  ...git('remote get-url', {
    operands: 'words',
    most: 1,
    matches: ['git remote get-url origin'],
    differs: ['git remote set-url origin x', 'git remote get-url --x y'],
  }),
  ...git('rev-parse', {
    flags:
      '--show-toplevel --show-prefix --git-dir --abbrev-ref --short --verify --quiet -q --is-inside-work-tree --is-bare-repository --symbolic-full-name --git-common-dir --show-cdup',
    values: '--short --abbrev-ref',
    matches: ['git rev-parse HEAD', 'git rev-parse --abbrev-ref HEAD'],
    differs: ['git rev-parse --parseopt', 'git rev-list HEAD'],
  }),
  ...git('rev-list', {
    flags: `${gitShows} --count --objects`,
    values: gitShowsValues,
    numbers: true,
    matches: ['git rev-list --count HEAD'],
    differs: ['git rev-list --output=x', 'git rev-lists HEAD'],
  }),
  ...git('ls-files', {
    flags:
      '-c -d -m -o -i -s -t -v -u -z --cached --deleted --modified --others --ignored --stage --exclude-standard --full-name --error-unmatch --unmerged --killed --directory',
    values: '-x --exclude --abbrev',
    names: true,
    anyOption: true,
    matches: ['git ls-files src', 'git ls-files -o --exclude-standard'],
    differs: ['git ls-files -X file', 'git ls-remote'],
  }),
  ...git('ls-tree', {
    flags: '-r -d -t -l -z --name-only --name-status --long --full-name --full-tree',
    values: '--format --abbrev',
    names: true,
    matches: ['git ls-tree -r --name-only HEAD'],
    differs: ['git ls-tree --x HEAD', 'git ls-trees'],
  }),
  ...git('grep', {
    flags:
      '-n -i -w -v -l -L -c -h -H -I -E -F -P -G -o -q -p -W --line-number --ignore-case --files-with-matches --name-only --count --cached --untracked --heading --break --fixed-strings --and --or --not --all-match',
    values: '-e -A -B -C -m --max-depth --max-count --threads',
    operands: 'pattern',
    numbers: true,
    matches: ['git grep -n needle', 'git grep -e a -e b src'],
    differs: ['git grep -O needle', 'git grep --open-files-in-pager=x needle'],
  }),
  ...git('describe', {
    flags: '--tags --all --always --long --dirty --contains',
    values: '--abbrev --match --exclude --dirty',
    matches: ['git describe --tags'],
    differs: ['git describe --x', 'git described'],
  }),
  ...git('stash list', {
    flags: '--oneline --stat',
    matches: ['git stash list'],
    differs: ['git stash pop', 'git stash list --output=x'],
  }),
  ...git('stash show', {
    flags: '-p --stat --name-only',
    matches: ['git stash show -p'],
    differs: ['git stash drop', 'git stash show --output=x'],
  }),
  ...git('merge-base', {
    flags: '--all --is-ancestor --fork-point',
    matches: ['git merge-base main HEAD'],
    differs: ['git merge main', 'git merge-base --x a'],
  }),
  ...git('cat-file', {
    flags: '-p -t -s -e',
    matches: ['git cat-file -p HEAD'],
    differs: ['git cat-file --textconv HEAD:a', 'git cat-file --filters a'],
  }),
  ...git('reflog', {
    values: '-n',
    numbers: true,
    most: 0,
    matches: ['git reflog -n 5'],
    differs: ['git reflog expire --all', 'git reflog delete x'],
  }),
  ...git('worktree list', {
    flags: '--porcelain -v',
    most: 0,
    matches: ['git worktree list'],
    differs: ['git worktree add x', 'git worktree list x'],
  }),
  ...git('config --get', {
    operands: 'words',
    most: 1,
    least: 1,
    matches: ['git config --get user.name'],
    differs: ['git config user.name x', 'git config --get user.name x --add'],
  }),
  ...git('check-ignore', {
    flags: '-v -q -n',
    names: true,
    matches: ['git check-ignore -v a'],
    differs: ['git check-ignore --stdin', 'git check-mailmap'],
  }),
  ...git('for-each-ref', {
    values: '--sort --format --count --contains --merged',
    operands: 'words',
    matches: ['git for-each-ref --count=5'],
    differs: ['git for-each-ref --shell', 'git for-each-repo x'],
  }),
  ...git('diff-tree', {
    flags: `${gitShows} -r -t --no-commit-id --root`,
    values: gitShowsValues,
    matches: ['git diff-tree -r HEAD'],
    differs: ['git diff-tree --output=x HEAD', 'git difftool'],
  }),
];

/** git reads settings of the repository, and they can name programs: fsmonitor, textconv, filters, gpg (https://git-scm.com/docs/git-config). */
function git(words: string, rest: Omit<ReadOnlyProgram, 'words' | 'settings'>): ReadOnlyProgram[] {
  return [{ operands: 'revisions', ...rest, words: `git ${words}`, settings: true }];
}
