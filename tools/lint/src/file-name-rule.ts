import { basename } from 'node:path';
import type { Rule } from 'eslint';

const kebabCase = /^[a-z0-9]+(-[a-z0-9]+)*$/;
const emptyNames = new Set([
  'utils',
  'util',
  'helpers',
  'helper',
  'misc',
  'manager',
  'common',
  'service',
  'services',
  'shared',
]);

/** Says what is wrong with a source file's name, or nothing where it is right. */
export function fileNameProblem(path: string): string | undefined {
  const stem = basename(path).split('.')[0] ?? '';
  if (!kebabCase.test(stem)) return `Name the file in kebab-case: ${basename(path)}.`;
  const empty = stem.split('-').find((word) => emptyNames.has(word));
  if (empty !== undefined) return `Name the file after the one thing in it: “${empty}” says nothing.`;
  return undefined;
}

/** A source file is named in kebab-case, after the one thing in it. */
export const fileNameRule: Rule.RuleModule = {
  meta: {
    type: 'suggestion',
    schema: [],
    docs: { description: 'a source file is named in kebab-case, after the one thing in it' },
  },
  create: (context) => ({
    Program(node) {
      const message = fileNameProblem(context.filename);
      if (message !== undefined) context.report({ node, message });
    },
  }),
};
