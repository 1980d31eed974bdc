import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { run } from './fake-host.test-fixture.ts';
import type { Shell } from './completion-script.ts';

function has(shell: Shell): boolean {
  return spawnSync(shell, ['--version']).status === 0;
}

/** The words that a real shell offers after this line; the last word is the one being typed. */
async function offered(shell: Shell, line: readonly string[]): Promise<string[]> {
  const { out: script } = await run(['completion', shell]);
  const words = line.map((word) => `'${word}'`).join(' ');
  const ask = {
    bash: [
      `${script}\nCOMP_WORDS=(${words}); COMP_CWORD=${line.length - 1}; _nootropic; printf '%s\\n' "\${COMPREPLY[@]}"`,
      '--norc',
      '--noprofile',
    ],
    // The completion system needs a line editor; these stand-ins print what it would be given.
    zsh: [
      `compdef() { :; }; compadd() { shift; print -l -- "$@"; }; _files() { print -- FILES; }\n_describe() { local -a all; all=("\${(@P)4}"); print -l -- "\${(@)all%%:*}"; }\n${script}\nwords=(${words}); CURRENT=${line.length}; _nootropic`,
      '-f',
    ],
    fish: [`${script}\ncomplete -C '${line.join(' ')}' | string replace -r '\\t.*' ''; true`, '--no-config'],
  }[shell];
  const [code = '', ...flags] = ask;
  const { stdout, stderr, status } = spawnSync(shell, [...flags, '-c', code], {
    encoding: 'utf8',
    env: { PATH: process.env['PATH'] ?? '', HOME: '/nonexistent', TERM: 'dumb' },
  });
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  return stdout.split('\n').filter((word) => word !== '');
}

describe.each(['bash', 'zsh', 'fish'] as const)('completion in a real %s', (shell) => {
  it.skipIf(!has(shell))(`offers commands, options and words (skipped where ${shell} is not installed)`, async () => {
    const prefix = shell === 'zsh' ? '' : 'se';
    expect(await offered(shell, ['nootropic', prefix])).toEqual(expect.arrayContaining(['search', 'sessions']));
    expect(await offered(shell, ['nootropic', 'sessions', ''])).toEqual(
      expect.arrayContaining(['list', 'show', 'resume', 'export', 'rm']),
    );
    expect(await offered(shell, ['nootropic', 'ask', '--m'])).toContain('--model');
    expect(await offered(shell, ['nootropic', 'sessions', 'export', '--'])).toEqual(
      expect.arrayContaining(['--format', '--out']),
    );
    expect(await offered(shell, ['nootropic', 'completion', ''])).toEqual(
      expect.arrayContaining(['bash', 'zsh', 'fish']),
    );
    expect(new Set(await offered(shell, ['nootropic', 'sessions', 'export', 'latest', '--format', '']))).toEqual(
      new Set(['json', 'md']),
    );
  });
});
