import { posix, win32 } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  linuxPaths,
  macPaths,
  partsBelow,
  pathFlavourOf,
  windowsPaths,
  workspaceParts,
  type PathFlavour,
} from './workspace-path.ts';

const flavours = { linux: linuxPaths, mac: macPaths, windows: windowsPaths };
const roots = { linux: '/home/me/ws', mac: '/Users/me/ws', windows: 'C:\\Users\\me\\ws' };
type System = keyof typeof flavours;

function outcome(system: System, path: string, root = roots[system]): string {
  try {
    return workspaceParts(path, root, flavours[system]).join('|');
  } catch (error) {
    return (error as { code: string }).code;
  }
}

const out = 'PATH_OUTSIDE_ROOT';
const bad = 'INPUT_INVALID';

describe('workspaceParts', () => {
  it.each<[System, string, string]>([
    ['linux', '', ''],
    ['linux', '.', ''],
    ['linux', 'a/./b//c/', 'a|b|c'],
    ['linux', 'a/../b', 'b'],
    ['linux', '/home/me/ws', ''],
    ['linux', '/home/me/ws/a', 'a'],
    ['linux', '//home/me/ws/a', 'a'],
    ['linux', '/home/me/ws/../ws/a', 'a'],
    ['linux', '/home/me/WS/a', out],
    ['linux', '/home/me/ws-evil/a', out],
    ['linux', '/home/me', out],
    ['linux', '..', out],
    ['linux', 'a/../../ws/a', out],
    ['linux', '..\\a', out],
    ['linux', 'a\\..\\..\\b', out],
    ['linux', 'a\\b', 'a\\b'],
    ['linux', 'C:\\a', out],
    ['linux', 'c:/a', out],
    ['linux', 'c:a', 'c:a'],
    ['linux', '\\\\host\\share', out],
    ['linux', '...', '...'],
    ['linux', '..a', '..a'],
    ['linux', '%2e%2e/a', '%2e%2e|a'],
    ['linux', 'a\0', bad],
    ['linux', 'NUL', 'NUL'],
    ['mac', '/users/ME/ws/a', 'a'],
    ['mac', '/Users/me/wş/a', out],
    ['windows', 'a\\b/c', 'a|b|c'],
    ['windows', 'c:\\users\\ME\\WS\\a', 'a'],
    ['windows', 'C:/Users/me/ws/a', 'a'],
    ['windows', 'C:\\Users\\me\\ws-evil\\a', out],
    ['windows', 'D:\\Users\\me\\ws\\a', out],
    ['windows', 'C:a', out],
    ['windows', 'C:', out],
    ['windows', '\\a', out],
    ['windows', '/a', out],
    ['windows', '\\\\host\\share\\a', out],
    ['windows', '//host/share/a', out],
    ['windows', '\\\\?\\C:\\Users\\me\\ws\\a', out],
    ['windows', '\\\\.\\C:', out],
    ['windows', '\\??\\C:\\Users\\me\\ws\\a', out],
    ['windows', '..\\a', out],
    ['windows', 'a/..\\../b', out],
    ['windows', 'a.txt:stream', out],
    ['windows', 'a.txt::$DATA', out],
    ['windows', 'NUL', bad],
    ['windows', 'sub\\com1.txt', bad],
    ['windows', 'console.txt', 'console.txt'],
    ['windows', 'a.', bad],
    ['windows', 'a ', bad],
    ['windows', '.. \\a', bad],
    ['windows', '...\\a', bad],
    ['windows', 'PROGRA~1\\a', bad],
    ['windows', 'GIT~1', bad],
    ['windows', 'C:\\Users\\me\\ws\\GIT~1', bad],
    ['windows', 'backup~old', 'backup~old'],
    ['windows', 'a?b', bad],
  ])('%s: %j is %j', (system, path, expected) => {
    expect(outcome(system, path)).toBe(expected);
  });

  it('takes both normal forms of the root where they name one folder', () => {
    const [composed, decomposed] = ['/Users/é', '/Users/é'.normalize('NFD')];
    expect(outcome('mac', `${decomposed}/a`, composed)).toBe('a');
    expect(outcome('linux', `${decomposed}/a`, composed)).toBe(out);
  });

  it('takes a share as a root, and no other', () => {
    expect(outcome('windows', '\\\\host\\share\\ws\\a', '\\\\host\\share\\ws')).toBe('a');
    expect(outcome('windows', '\\\\host\\share\\wsx\\a', '\\\\host\\share\\ws')).toBe(out);
    expect(outcome('windows', 'C:\\host\\share\\ws\\a', '\\\\host\\share\\ws')).toBe(out);
  });

  const pieces = fc.array(
    fc.oneof(
      {
        weight: 3,
        arbitrary: fc.constantFrom(
          '..',
          '.',
          '',
          'a',
          'ws',
          'ws-evil',
          'C:',
          'c:',
          '~',
          'NUL',
          'A~1',
          'é',
          'e\u0301',
          '...',
          '.. ',
          '?',
        ),
      },
      { weight: 1, arbitrary: fc.string({ maxLength: 4 }) },
    ),
    { maxLength: 8 },
  );
  const separators = fc.constantFrom('/', '\\', '//', '\\\\');
  const wild = fc.tuple(
    fc.constantFrom('', '', '/', '\\', '\\\\', 'C:\\', '/home/me/ws/', 'C:\\Users\\me\\ws\\', '/Users/me/ws/'),
    pieces,
    separators,
  );

  it.each(Object.keys(flavours) as System[])(
    '%s: whatever is taken, the system itself finds it below the root',
    (system) => {
      const native = flavours[system].style === 'win32' ? win32 : posix;
      const root = roots[system];
      fc.assert(
        fc.property(wild, ([start, parts, separator]) => {
          const path = start + parts.join(separator);
          let taken: string[];
          try {
            taken = workspaceParts(path, root, flavours[system]);
          } catch (error) {
            expect([out, bad]).toContain((error as { code: string }).code);
            return;
          }
          const resolved = native.resolve(root, taken.join(native.sep));
          const relative = native.relative(root, resolved);
          expect(relative === '..' || relative.startsWith(`..${native.sep}`) || native.isAbsolute(relative)).toBe(
            false,
          );
          expect(taken.every((part) => part !== '' && part !== '.' && part !== '..')).toBe(true);
          // Taken again, it means the same.
          expect(workspaceParts(taken.join('/'), root, flavours[system])).toEqual(taken);
        }),
        { numRuns: 1_000 },
      );
    },
  );
});

describe('partsBelow', () => {
  it.each<[PathFlavour, string, string, string[] | undefined]>([
    [linuxPaths, '/', '/a', ['a']],
    [linuxPaths, '/ws', '/ws', []],
    [linuxPaths, '/ws', '/ws-evil', undefined],
    [linuxPaths, '/ws', 'ws/a', undefined],
    [linuxPaths, '/ws', '/../ws/a', undefined],
    [windowsPaths, 'C:\\', 'c:\\a', ['a']],
  ])('%#', (...[flavour, root, path, parts]) => {
    expect(partsBelow(root, path, flavour)).toEqual(parts);
  });
});

it('knows the flavour of each system', () => {
  expect([pathFlavourOf('win32'), pathFlavourOf('darwin'), pathFlavourOf('linux'), pathFlavourOf('freebsd')]).toEqual([
    windowsPaths,
    macPaths,
    linuxPaths,
    linuxPaths,
  ]);
});
