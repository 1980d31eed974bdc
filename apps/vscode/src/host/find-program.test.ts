import { describe, expect, it } from 'vitest';
import { commandLine, findProgram, type ProgramWorld } from './find-program.ts';

function world(platform: NodeJS.Platform, env: NodeJS.ProcessEnv, programs: readonly string[]): ProgramWorld {
  return { platform, env, isProgram: async (path) => programs.includes(path) };
}

describe('findProgram', () => {
  it('takes the first folder of PATH that has it', async () => {
    const linux = world('linux', { PATH: '/a:/b:/c' }, ['/b/nootropic', '/c/nootropic']);
    expect(await findProgram(['nootropic'], linux)).toEqual(['/b/nootropic']);
    expect(await findProgram(['nootropic', '--x'], linux)).toEqual(['/b/nootropic', '--x']);
    expect(await findProgram(['other'], linux)).toBeUndefined();
  });

  it('takes an absolute path as it is', async () => {
    const linux = world('linux', {}, ['/opt/n/nootropic']);
    expect(await findProgram(['/opt/n/nootropic'], linux)).toEqual(['/opt/n/nootropic']);
    expect(await findProgram(['/opt/n/none'], linux)).toBeUndefined();
  });

  it('looks into no folder that depends on where the editor was started', async () => {
    const programs = ['./nootropic', 'nootropic', 'bin/nootropic', '/home/me/code/nootropic'];
    const linux = world('linux', { PATH: '.::bin:./bin' }, programs);
    for (const name of ['nootropic', './nootropic', 'bin/nootropic', '../nootropic', ''])
      expect(await findProgram([name], linux)).toBeUndefined();
    expect(await findProgram([], linux)).toBeUndefined();
  });

  it('finds the batch file that npm makes on Windows, whatever PATH is called', async () => {
    const windows = world('win32', { Path: 'C:\\a;C:\\npm', PATHEXT: '.EXE;.CMD' }, [
      'C:\\npm\\nootropic',
      'C:\\npm\\nootropic.CMD',
    ]);
    expect(await findProgram(['nootropic'], windows)).toEqual(['C:\\npm\\nootropic.CMD']);
    expect(await findProgram(['nootropic.CMD'], windows)).toEqual(['C:\\npm\\nootropic.CMD']);
    expect(await findProgram(['C:\\npm\\nootropic'], windows)).toEqual(['C:\\npm\\nootropic']);
  });
});

describe('commandLine', () => {
  it('starts a program as it is', () => {
    const linux = { platform: 'linux', env: {} } as const;
    expect(commandLine(['/b/nootropic', 'x'], ['serve'], linux)).toEqual({
      ...{ file: '/b/nootropic', args: ['x', 'serve'], verbatim: false },
    });
  });

  it('starts a batch file by the command processor, its path in quotes', () => {
    const windows = { platform: 'win32', env: { ComSpec: 'C:\\Windows\\cmd.exe' } } as const;
    expect(commandLine(['C:\\A & B\\nootropic.cmd'], ['serve', '--json'], windows)).toEqual({
      file: 'C:\\Windows\\cmd.exe',
      args: ['/d', '/s', '/c', '""C:\\A & B\\nootropic.cmd" "serve" "--json""'],
      verbatim: true,
    });
    expect(commandLine(['C:\\b\\nootropic.exe'], ['serve'], windows).verbatim).toBe(false);
  });
});
