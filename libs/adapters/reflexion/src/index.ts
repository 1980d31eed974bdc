export { createLocalReflexion, type LocalReflexionOptions } from './local-reflexion.ts';
export type { TestsOf } from './tests-judge.ts';
