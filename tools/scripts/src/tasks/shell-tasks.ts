import { lines, type AgentTask } from './agent-task.ts';

const language = 'shell';
const tests = 'sh test/run.sh';
const head = ['#!/bin/sh', 'set -e', 'cd "$(dirname "$0")/.."'];
const expect = [
  'expect() {',
  '  if [ "$1" != "$2" ]; then',
  '    echo "test/run.sh: expected $2, got $1 ($3)"',
  '    exit 1',
  '  fi',
  '}',
];

export const shellTasks: readonly AgentTask[] = [
  {
    name: 'shell rename',
    ...{ language, tests, kind: 'rename' },
    request: 'Rename the function `die` to `fail_with` in all scripts. Check with `sh test/run.sh`.',
    files: {
      'lib/messages.sh': lines(
        '# Ends with a message.',
        'die() {',
        '  echo "error: $1" >&2',
        '  return 3',
        '}',
        '',
        'say() {',
        '  echo "$1"',
        '}',
      ),
      'bin/copy.sh': lines(
        '#!/bin/sh',
        '. lib/messages.sh',
        '',
        'if [ $# -lt 2 ]; then',
        '  die "copy needs two names"',
        '  exit 3',
        'fi',
        'say "copying $1 to $2"',
      ),
      'test/run.sh': lines(
        ...head,
        ...expect,
        '. lib/messages.sh',
        'code=0',
        'die "x" 2>/dev/null || code=$?',
        'expect "$code" 3 messages',
        'expect "$(sh bin/copy.sh a b)" "copying a to b" copy',
        'code=0',
        'message=$(sh bin/copy.sh a 2>&1) || code=$?',
        'expect "$message" "error: copy needs two names" copy',
      ),
    },
    done: { gone: ['die'], has: { 'lib/messages.sh': 'fail_with() {' } },
  },
  {
    name: 'shell flag',
    ...{ language, tests, kind: 'flag' },
    request:
      'Add a flag `--long` to bin/show.sh, next to `--short` and handled the same way. Check with `sh test/run.sh`.',
    files: {
      'bin/show.sh': lines(
        '#!/bin/sh',
        'short=no',
        'for word in "$@"; do',
        '  case "$word" in',
        '    --short) short=yes ;;',
        '    --*) echo "unknown $word"; exit 2 ;;',
        '  esac',
        'done',
        'echo "short $short"',
      ),
      'test/run.sh': lines(
        ...head,
        ...expect,
        'expect "$(sh bin/show.sh --short | head -n 1)" "short yes" short',
        'expect "$(sh bin/show.sh --long | tail -n 1)" "long yes" long',
        'expect "$(sh bin/show.sh | tail -n 1)" "long no" long',
      ),
    },
    done: {},
  },
  {
    name: 'shell fix',
    ...{ language, tests, kind: 'fix' },
    request: 'The test of `enough` fails. Fix the code, not the test. Run it with `sh test/run.sh`.',
    files: {
      'lib/limits.sh': lines(
        '# Whether there are as many as are needed: enough HAVE NEED',
        'enough() {',
        '  if [ "$1" -gt "$2" ]; then',
        '    echo yes',
        '  else',
        '    echo no',
        '  fi',
        '}',
      ),
      'test/run.sh': lines(
        ...head,
        ...expect,
        '. lib/limits.sh',
        'expect "$(enough 3 3)" yes lib/limits.sh:enough',
        'expect "$(enough 2 3)" no lib/limits.sh:enough',
        'expect "$(enough 4 3)" yes lib/limits.sh:enough',
      ),
    },
    done: { has: { 'test/run.sh': 'expect "$(enough 3 3)" yes' } },
  },
  {
    name: 'shell test',
    ...{ language, tests, kind: 'test' },
    request:
      'Add a check for `reversed` to test/run.sh, like the one that is there: `$(reversed abc)` is `cba`. Run it with `sh test/run.sh`.',
    files: {
      'lib/text.sh': lines(
        'repeated() {',
        '  echo "$1$1"',
        '}',
        '',
        'reversed() {',
        '  rest=$1',
        '  result=',
        '  while [ -n "$rest" ]; do',
        '    tail=${rest#?}',
        '    result=${rest%"$tail"}$result',
        '    rest=$tail',
        '  done',
        '  echo "$result"',
        '}',
      ),
      'test/run.sh': lines(...head, ...expect, '. lib/text.sh', 'expect "$(repeated ab)" abab repeated'),
    },
    done: { mutant: { path: 'lib/text.sh', from: '$result\n    rest', to: '\n    rest' } },
  },
  {
    name: 'shell move',
    ...{ language, tests, kind: 'move' },
    request:
      'Move the function `join_with` from lib/core.sh to a new file lib/join.sh, and source it where it is used. Check with `sh test/run.sh`.',
    files: {
      'lib/core.sh': lines(
        'upper() {',
        '  echo "$1" | tr a-z A-Z',
        '}',
        '',
        'join_with() {',
        '  mark=$1',
        '  shift',
        '  result=$1',
        '  shift',
        '  for word in "$@"; do',
        '    result=$result$mark$word',
        '  done',
        '  echo "$result"',
        '}',
      ),
      'bin/list.sh': lines('#!/bin/sh', '. lib/core.sh', '', 'upper "$(join_with , "$@")"'),
      'test/run.sh': lines(...head, ...expect, 'expect "$(sh bin/list.sh a b c)" A,B,C list'),
    },
    done: { has: { 'lib/join.sh': 'join_with() {' }, lacks: { 'lib/core.sh': 'join_with' } },
  },
  {
    name: 'shell imports',
    ...{ language, tests, kind: 'imports' },
    request:
      'I renamed lib/common.sh to lib/paths.sh. Update every script that sources `common` to `paths`. Check with `sh test/run.sh`.',
    files: {
      'lib/paths.sh': lines('base() {', '  echo "${1##*/}"', '}', '', 'folder() {', '  echo "${1%/*}"', '}'),
      'bin/name.sh': lines('#!/bin/sh', '. lib/common.sh', 'base "$1"'),
      'bin/where.sh': lines(
        '#!/bin/sh',
        '# What is common to all scripts is in lib.',
        '. lib/common.sh',
        'folder "$1"',
      ),
      'test/run.sh': lines(
        ...head,
        ...expect,
        'expect "$(sh bin/name.sh a/b)" b name',
        'expect "$(sh bin/where.sh a/b)" a where',
      ),
    },
    done: { has: { 'bin/where.sh': 'What is common to all' } },
  },
];
