import nx from '@nx/eslint-plugin';
import { dependencyConstraints, fileNameRule, readProjects, restrictedImports, testFiles } from '@nootropic/lint';
import tseslint from 'typescript-eslint';

const typescript = ['**/*.ts', '**/*.tsx'];
const configurations = ['**/*.config.ts', '*.ts', '**/*.js'];
const boundaries = (kind) => [
  'error',
  {
    enforceBuildableLibDependency: false,
    allow: [],
    // A part of a package that takes long to load may be loaded late.
    checkDynamicDependenciesExceptions: ['@nootropic/*', '@nootropic/**'],
    depConstraints: dependencyConstraints(kind),
  },
];

const moduleMock = {
  selector: "CallExpression[callee.object.name='vi'][callee.property.name=/^(mock|doMock)$/]",
  message: 'Take the thing as an argument instead of mocking its module.',
};
const defaultExport = { selector: 'ExportDefaultDeclaration', message: 'Named exports only.' };

export default [
  { ignores: ['**/dist/', '**/.cache/', '**/.nx/', '**/coverage/', '**/test-results/', '**/fixtures/'] },
  { linterOptions: { reportUnusedDisableDirectives: 'error' } },
  {
    files: typescript,
    plugins: { '@typescript-eslint': tseslint.plugin, '@nx': nx, local: { rules: { 'file-name': fileNameRule } } },
    languageOptions: { parser: tseslint.parser },
    rules: {
      '@nx/enforce-module-boundaries': boundaries('source'),
      '@typescript-eslint/consistent-type-imports': [
        'error',
        { fixStyle: 'inline-type-imports', disallowTypeAnnotations: false },
      ],
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/no-unused-vars': ['error', { ignoreRestSiblings: true, argsIgnorePattern: '^_' }],
      'local/file-name': 'error',
      eqeqeq: ['error', 'always', { null: 'ignore' }],
      'max-lines': ['error', { max: 600, skipBlankLines: true, skipComments: true }],
      'max-params': ['error', 3],
      'no-var': 'error',
      'no-warning-comments': ['error', { terms: ['todo', 'fixme', 'xxx'], location: 'anywhere' }],
      'prefer-const': 'error',
    },
  },
  {
    files: typescript,
    ignores: configurations,
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
    },
  },
  { files: testFiles, rules: { '@nx/enforce-module-boundaries': boundaries('test') } },
  { files: ['libs/**/*.ts', 'libs/**/*.tsx'], rules: { 'no-console': 'error' } },
  ...restrictedImports(readProjects(import.meta.dirname), ({ root }) => [
    ...(root.startsWith('libs/adapters/') ? [] : [moduleMock]),
    ...(root.startsWith('libs/') ? [defaultExport] : []),
  ]),
  {
    files: configurations,
    rules: {
      '@nx/enforce-module-boundaries': 'off',
      'no-restricted-imports': 'off',
      'no-restricted-syntax': 'off',
      'no-restricted-globals': 'off',
    },
  },
];
