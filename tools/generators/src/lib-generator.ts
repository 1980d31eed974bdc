import { formatFiles, installPackagesTask, readJson, updateJson, type GeneratorCallback, type Tree } from '@nx/devkit';
import { createFile, pascalCase, quoted } from './edit-text.ts';

export interface LibOptions {
  name: string;
  description: string;
  layer?: 'engine' | 'core' | 'driver' | 'adapter' | 'host' | 'client' | 'ui';
  platform?: 'any' | 'node' | 'web';
}

/** A library with its manifest, its tags, a README, a source file and a test. Gives the task that links it. */
export async function libGenerator(
  tree: Tree,
  { name, description, layer = 'engine', platform = 'any' }: LibOptions,
): Promise<GeneratorCallback> {
  const folder = layer === 'adapter' || layer === 'driver' ? `libs/adapters/${name}` : `libs/${name}`;
  const up = folder
    .split('/')
    .map(() => '..')
    .join('/');
  const { version } = readJson<{ version: string }>(tree, 'package.json');
  const json = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;

  createFile(
    tree,
    `${folder}/package.json`,
    json({
      name: `@nootropic/${name}`,
      version,
      description,
      private: true,
      license: 'MIT',
      type: 'module',
      exports: { '.': './src/index.ts', './package.json': './package.json' },
      dependencies: { '@nootropic/contracts': version },
      nx: { tags: [`layer:${layer}`, `platform:${platform}`], name },
    }),
  );
  createFile(
    tree,
    `${folder}/tsconfig.json`,
    json({
      extends: `${up}/tsconfig.base.json`,
      compilerOptions: {
        rootDir: '.',
        outDir: 'dist/types',
        tsBuildInfoFile: 'dist/types/tsconfig.tsbuildinfo',
        ...(platform === 'web' ? { lib: ['ES2024', 'DOM', 'DOM.Iterable'], jsx: 'react-jsx' } : {}),
      },
      include: ['src'],
      references: [{ path: `${up}/libs/contracts` }],
    }),
  );
  createFile(
    tree,
    `${folder}/vitest.config.ts`,
    `import { projectTests } from '${up}/vitest.shared.ts';\n\nexport default projectTests('${name}');\n`,
  );
  createFile(tree, `${folder}/README.md`, readme({ name, description }));
  createFile(
    tree,
    `${folder}/src/index.ts`,
    `export { create${pascalCase(name)}, type ${pascalCase(name)} } from './${name}.ts';\n`,
  );
  createFile(tree, `${folder}/src/${name}.ts`, source(name));
  createFile(tree, `${folder}/src/${name}.test.ts`, test(name));

  updateJson<{ workspaces: string[] }>(tree, 'package.json', (manifest) => {
    const covered = manifest.workspaces.some(
      (glob) => glob === folder || (glob.endsWith('/*') && `${glob.slice(0, -1)}${name}` === folder),
    );
    return covered ? manifest : { ...manifest, workspaces: [...manifest.workspaces, folder] };
  });
  updateJson<{ references: { path: string }[] }>(tree, 'tsconfig.json', (config) => ({
    ...config,
    references: [...config.references, { path: folder }],
  }));
  await formatFiles(tree);
  return () => installPackagesTask(tree);
}

function readme({ name, description }: { name: string; description: string }): string {
  const thing = pascalCase(name);
  return `# @nootropic/${name}

${description}

## Interface

- \`create${thing}(name)\` makes a \`${thing}\`.

## Refuses

- An empty name, with \`INPUT_INVALID\`.
`;
}

function source(name: string): string {
  const thing = pascalCase(name);
  return `import { NootropicError } from '@nootropic/contracts';

export interface ${thing} {
  readonly name: string;
}

/** Makes one. Fails with \`INPUT_INVALID\` where the name is empty. */
export function create${thing}(name: string): ${thing} {
  if (name === '') throw new NootropicError('INPUT_INVALID', 'The name is empty.');
  return { name };
}
`;
}

function test(name: string): string {
  const thing = pascalCase(name);
  return `import { expect, it } from 'vitest';
import { create${thing} } from './${name}.ts';

it('has the name it was given', () => {
  expect(create${thing}(${quoted(name)}).name).toBe(${quoted(name)});
});

it('refuses an empty name', () => {
  expect(() => create${thing}('')).toThrow(expect.objectContaining({ code: 'INPUT_INVALID' }));
});
`;
}
