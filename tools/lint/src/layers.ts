/** What a project of one layer may import: the layers named beside it, and nothing else. */
const mayDependOn = {
  contract: [],
  engine: ['contract'],
  core: ['contract', 'engine'],
  driver: ['contract'],
  adapter: ['contract', 'driver'],
  host: ['contract', 'engine', 'core', 'driver', 'adapter'],
  client: ['contract'],
  ui: ['contract', 'client'],
  app: ['contract', 'client', 'ui', 'host'],
  testing: ['contract'],
  tool: ['contract', 'engine', 'core', 'driver', 'adapter', 'host', 'client', 'ui', 'app', 'testing'],
} as const;

/** Which platforms a project of one platform may import. */
const maySee = {
  any: ['any'],
  web: ['any', 'web'],
  node: ['any', 'node'],
  hybrid: ['any', 'web', 'node', 'hybrid'],
} as const;

export type Layer = keyof typeof mayDependOn;
export type Platform = keyof typeof maySee;

export const layers = Object.keys(mayDependOn) as Layer[];
export const platforms = Object.keys(maySee) as Platform[];

export interface DependencyConstraint {
  sourceTag: string;
  onlyDependOnLibsWithTags: string[];
}

/**
 * The house as constraints for `@nx/enforce-module-boundaries`. Every project carries one tag of each kind,
 * and an import has to satisfy both. Test files may also see `layer:testing`.
 */
export function dependencyConstraints(kind: 'source' | 'test'): DependencyConstraint[] {
  const more: readonly Layer[] = kind === 'test' ? ['testing'] : [];
  return [
    ...Object.entries(mayDependOn).map(([layer, others]) => ({
      sourceTag: `layer:${layer}`,
      onlyDependOnLibsWithTags: [...new Set<Layer>([...others, ...more])].map((other) => `layer:${other}`),
    })),
    ...Object.entries(maySee).map(([platform, others]) => ({
      sourceTag: `platform:${platform}`,
      onlyDependOnLibsWithTags: others.map((other) => `platform:${other}`),
    })),
  ];
}
