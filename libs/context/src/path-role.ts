import type { Query } from './query.ts';

/** What a file is in its project, judged by its path. */
export type PathRole =
  'source' | 'declarations' | 'settings' | 'examples' | 'documents' | 'tests' | 'generated' | 'legal';

const roles: readonly (readonly [PathRole, RegExp])[] = [
  [
    'legal',
    /(^|\/)(licen[cs]e|copying|notice|authors|contributors|maintainers|changelog|changes|history|news|releases?|security|code_of_conduct|governance|sponsors)([.\-_][^/]*)?$/,
  ],
  [
    'generated',
    /(^|\/)(third[_-]?party|external|deps|generated|__generated__|gen|dist|out|target|\.output)\/|\.(pb|g|gen|generated|bundle)\.\w+$|_pb2?\.\w+$|(^|\/)(dist|target|build)\//,
  ],
  [
    'tests',
    /(^|\/)(tests?|__tests__|__mocks__|specs?|testdata|test[_-]?data|fixtures?|__fixtures__|mocks?|e2e|testing|integration-tests?)\/|[._-](test|spec|tests|bench|e2e|test-d)\.\w+$|\.(test|spec)[.-]|(^|\/)(test_[^/]*|[^/]*_test|conftest)\.\w+$/,
  ],
  ['examples', /(^|\/)(examples?|demos?|samples?|benchmarks?|bench|playground|tutorials?|docs_src)\//],
  ['documents', /\.(md|mdx|rst|adoc|txt|html?)$|(^|\/)(docs?|documentation|website|man)\//],
  ['declarations', /\.d\.[cm]?ts$|\.pyi$|(^|\/)types\/|\.flow$/],
  [
    'settings',
    /\.(json|ya?ml|toml|ini|cfg|conf|properties|xml|csv|gradle|cmake|mk|lock)$|(^|\/)(makefile|dockerfile|procfile|gemfile|rakefile|\.[^/]+)$|(^|\/)\.[^/]+\/|[.\-](config|rc)\.\w+$|(^|\/)setup\.py$/,
  ],
];

const testClass = /(^|\/)[^/]+Tests?\.(java|cs|kt)$/;
/** As many packages are named so as are examples. */
const examplePackage = /(^|\/)(com|org|io|net)\/example\//;

/** The first role whose pattern the path meets, else `source`. */
export function pathRole(path: string): PathRole {
  if (testClass.test(path)) return 'tests';
  const lower = path.toLowerCase().replace(examplePackage, '/');
  return roles.find(([, pattern]) => pattern.test(lower))?.[0] ?? 'source';
}

const ordinary: Readonly<Record<PathRole, number>> = {
  source: 1,
  declarations: 0.5,
  settings: 0.6,
  examples: 0.55,
  documents: 0.4,
  tests: 0.4,
  generated: 0.5,
  legal: 0.3,
};

/** The factor for a file of this role: source comes before the rest, unless the question asks for the rest. */
export function roleWeight(role: PathRole, asksFor: Query['asksFor']): number {
  if (role === 'tests' && asksFor.tests) return 1.3;
  if (role === 'examples' && asksFor.examples) return 1;
  if (role === 'documents' && asksFor.documents) return 1.2;
  if (role === 'legal' && asksFor.documents) return 0.8;
  if (role === 'settings' && asksFor.settings) return 0.95;
  return ordinary[role];
}
