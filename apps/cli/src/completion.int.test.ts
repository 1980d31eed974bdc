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
      `nootropic() { [[ "$1" == completion-words ]] && printf '%s\\n' "of-$2" 'other'; }\n${script}\nCOMP_WORDS=(${words}); COMP_CWORD=${line.length - 1}; _nootropic; printf '%s\\n' "\${COMPREPLY[@]}"`,
      '--norc',
      '--noprofile',
    ],
    // The completion system needs a line editor; these stand-ins print what it would be given.
    zsh: [
      `nootropic() { [[ "$1" == completion-words ]] && print -l "of-$2" other }\ncompdef() { :; }; compadd() { shift; print -l -- "$@"; }; _files() { print -- FILES; }\n_describe() { local -a all; all=("\${(@P)4}"); print -l -- "\${(@)all%%:*}"; }\n${script}\nwords=(${words}); CURRENT=${line.length}; _nootropic`,
      '-f',
    ],
    fish: [
      `function nootropic; test "$argv[1]" = completion-words; and printf '%s\\n' of-$argv[2] other; end\n${script}\ncomplete -C '${line.join(' ')}' | string replace -r '\\t.*' ''; true`,
      '--no-config',
    ],
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

  it.skipIf(!has(shell))(
    `offers the names that the program knows, and no files in their place (with ${shell})`,
    async () => {
      const asked = {
        'models show': 'of-models',
        'models plan': 'of-models',
        'models unload': 'of-running',
        'sessions show': 'of-sessions',
        'config get': 'of-settings',
        'keys set': 'of-providers',
        'ask --model': 'of-models',
        'ask -s': 'of-sessions',
      };
      for (const [line, word] of Object.entries(asked))
        expect([line, await offered(shell, ['nootropic', ...line.split(' '), 'of'])]).toEqual([
          line,
          shell === 'zsh' ? [word, 'other'] : [word],
        ]);
      expect(new Set(await offered(shell, ['nootropic', 'models', 'load', '--role', '']))).toEqual(
        new Set(['chat', 'completion', 'embedding', 'reranking']),
      );
    },
  );

  it.skipIf(!has(shell))(
    `offers nothing where only one argument is taken, nor for words of its own (with ${shell})`,
    async () => {
      expect(await offered(shell, ['nootropic', 'models', 'show', 'tiny', ''])).toEqual([]);
      expect(await offered(shell, ['nootropic', 'models', 'show', '--cwd', '/', 'of'])).toContain('of-models');
      expect(await offered(shell, ['nootropic', 'models', 'search', ''])).toEqual([]);
      expect(await offered(shell, ['nootropic', 'search', ''])).toEqual([]);
    },
  );

  it.skipIf(!has(shell))(`offers files where a file is meant (with ${shell})`, async () => {
    const expected = shell === 'zsh' ? 'FILES' : 'package.json';
    expect(await offered(shell, ['nootropic', 'models', 'import', shell === 'zsh' ? '' : 'packa'])).toContain(expected);
  });
});
