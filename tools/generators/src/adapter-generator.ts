import { formatFiles, type Tree } from '@nx/devkit';
import { addExport, createFile, pascalCase, readText } from './edit-text.ts';

/** The library that each port's adapters live in. */
const homes = {
  files: 'workspace',
  machine: 'machine',
  parser: 'parser',
  runner: 'workspace',
  'search-index': 'search',
  'session-log': 'storage',
  telemetry: 'observability',
} as const;

export interface AdapterOptions {
  vendor: string;
  port: keyof typeof homes;
}

/**
 * A further implementation of a port. It starts as a copy of the port's fake, with the fake's own test, so that it passes the
 * port's contract suite from the first minute; then its inside is replaced by the vendor's, piece by piece.
 */
export async function adapterGenerator(tree: Tree, { vendor, port }: AdapterOptions): Promise<void> {
  const folder = `libs/adapters/${homes[port]}/src`;
  const file = `${vendor}-${port}`;
  const fake = readText(tree, `libs/testing/src/fake-${port}.ts`);
  const fakeFactory = /^export function (create\w+)/m.exec(fake)?.[1];
  if (fakeFactory === undefined) throw new Error(`libs/testing/src/fake-${port}.ts exports no factory.`);
  const factory = `create${pascalCase(vendor)}${pascalCase(port)}`;
  const renamed = (text: string): string => text.replaceAll(new RegExp(`\\b${fakeFactory}\\b`, 'g'), factory);

  const source = renamed(fake);
  const test = renamed(readText(tree, `libs/testing/src/fake-${port}.test.ts`))
    .replaceAll(`'./fake-${port}.ts'`, `'./${file}.ts'`)
    .replaceAll(`'./${port}-contract.ts'`, "'@nootropic/testing'");
  refuseNeighbours(source, port);
  refuseNeighbours(test.replaceAll(`'./${file}.ts'`, ''), port);

  createFile(tree, `${folder}/${file}.ts`, source);
  createFile(tree, `${folder}/${file}.test.ts`, test);
  addExport(tree, `${folder}/index.ts`, `export { ${factory} } from './${file}.ts';`);
  await formatFiles(tree);
}

function refuseNeighbours(text: string, port: string): void {
  const neighbour = /from '(\.\/[^']+)'/.exec(text)?.[1];
  if (neighbour !== undefined) throw new Error(`The fake of ${port} is more than one file: it needs ${neighbour}.`);
}
