export { fileNameRule } from './file-name-rule.ts';
export {
  dependencyConstraints,
  layers,
  platforms,
  type DependencyConstraint,
  type Layer,
  type Platform,
} from './layers.ts';
export { readProjects, tagOf, type Project } from './projects.ts';
export { restrictedImports, testFiles, type SyntaxBan } from './restricted-imports.ts';
