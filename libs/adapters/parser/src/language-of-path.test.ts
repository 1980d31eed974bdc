import { expect, it } from 'vitest';
import { languageOfPath } from './language-of-path.ts';

it.each([
  ['src/a.TS', 'typescript'],
  ['a.d.ts', 'typescript'],
  ['a.mjs', 'javascript'],
  ['include/a.h', 'c'],
  ['a.hpp', 'cpp'],
  ['Makefile', 'make'],
  ['docker/Dockerfile.prod', 'dockerfile'],
  ['win\\dir\\a.py', 'python'],
  ['.gitignore', 'text'],
  ['LICENSE', 'text'],
  ['package.json', 'json'],
  ['.ts', undefined],
  ['noextension', undefined],
  ['a.exe', undefined],
  ['a.constructor', undefined],
  ['__proto__', undefined],
  ['dir.ts/', undefined],
])('languageOfPath(%j)', (path, language) => {
  expect(languageOfPath(path)).toBe(language);
});
