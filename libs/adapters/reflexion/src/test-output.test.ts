import { describe, expect, it } from 'vitest';
import { readCargo, readGo, readJestJson, readMochaJson, readPytest, readTap, readUnittest } from './test-output.ts';

const ended = (stdout: string, exitCode = 1, stderr = '') => ({ exitCode, stdout, stderr });

describe('what test runners print', () => {
  it('jest and vitest: failed tests, files that could not run, and a report after other output', () => {
    const report = {
      numTotalTests: 3,
      testResults: [
        {
          name: 'a.test.ts',
          status: 'failed',
          assertionResults: [
            { status: 'passed', fullName: 'adds' },
            {
              status: 'failed',
              fullName: 'sub tracts',
              failureMessages: ['Error: 1 !== 2\n    at a.test.ts:3:1\n    at x (node_modules/y.js:1:1)'],
            },
          ],
        },
        { name: 'b.test.ts', status: 'failed', message: 'Cannot find module', assertionResults: [] },
      ],
    };
    expect(readJestJson(ended(`console said {x}\n${JSON.stringify(report)}\n`))).toEqual({
      ran: 3,
      failures: [
        { name: 'a.test.ts > sub tracts', text: 'Error: 1 !== 2\n    at a.test.ts:3:1' },
        { name: 'b.test.ts', text: 'Cannot find module', whole: true },
      ],
    });
  });

  it('mocha', () => {
    const report = {
      tests: [{}, {}],
      failures: [{ fullTitle: 'math adds', err: { message: '1', stack: 'Error: 1' } }],
    };
    expect(readMochaJson(ended(JSON.stringify(report)))).toEqual({
      ran: 2,
      failures: [{ name: 'math adds', text: 'Error: 1' }],
    });
  });

  it('TAP: nested tests by their path, no suite for what is in it, nothing that is to do', () => {
    const output = [
      'TAP version 13',
      '# Subtest: math',
      '    # Subtest: adds',
      '    not ok 1 - adds',
      '      ---',
      '      duration_ms: 1.2',
      "      failureType: 'testCodeFailure'",
      "      error: 'Expected 3'",
      '      ...',
      '    ok 2 - other',
      'not ok 1 - math',
      '  ---',
      "  failureType: 'subtestsFailed'",
      '  ...',
      'not ok 2 - later # TODO',
      'not ok 3 - test/b.test.js',
      '  ---',
      "  failureType: 'testCodeFailure'",
      '  ...',
      '1..3',
    ].join('\n');
    expect(readTap(ended(output, 1, 'SyntaxError: x'))?.failures).toEqual([
      { name: 'math > adds', text: "error: 'Expected 3'" },
      { name: 'test/b.test.js', text: 'SyntaxError: x', whole: true },
    ]);
  });

  it('pytest', () => {
    const output = [
      '=================================== FAILURES ===================================',
      '_________________________________ Flags.test_a _________________________________',
      'tests/test_a.py:4: in test_a',
      'E   assert 1 == 2',
      '=========================== short test summary info ============================',
      'FAILED tests/test_a.py::Flags::test_a - assert 1 == 2',
      'ERROR tests/test_b.py - ImportError: x',
      '1 failed, 2 passed, 1 error in 0.1s',
    ].join('\n');
    expect(readPytest(ended(output))).toEqual({
      ran: 3,
      failures: [
        { name: 'tests/test_a.py::Flags::test_a', text: 'tests/test_a.py:4: in test_a\nE   assert 1 == 2' },
        { name: 'tests/test_b.py', text: 'ImportError: x', whole: true },
      ],
    });
  });

  it('go', () => {
    const output =
      '--- FAIL: TestA (0.00s)\n    a_test.go:7: wrong\nFAIL\nFAIL\texample.org/a\t0.1s\nFAIL\texample.org/b [build failed]\n';
    expect(readGo(ended(output, 1, 'b.go:1:1: x'))?.failures.map(({ name, whole }) => [name, whole])).toEqual([
      ['TestA', undefined],
      ['example.org/b', true],
    ]);
    expect(readGo(ended('ok  \texample.org/a\t0.1s\n', 0))).toEqual({ failures: [] });
  });

  it('cargo: a crate that does not compile fails, one whose dependencies are not there cannot be judged', () => {
    expect(readCargo(ended('', 101, 'warning: x\nerror[E0425]: no `y`\n'))?.failures[0]?.text).toBe(
      'error[E0425]: no `y`\n',
    );
    expect(readCargo(ended('', 101, 'error: no matching package named `z` found\n'))).toBeUndefined();
  });

  it.each([readJestJson, readMochaJson, readTap, readPytest, readUnittest, readGo, readCargo])(
    'nothing is concluded from what is no report (%#)',
    (read) => {
      for (const text of ['', 'Segmentation fault', '{"a": 1}', '[]', '{'])
        expect(read(ended(text, 139))).toBeUndefined();
    },
  );
});
