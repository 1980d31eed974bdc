import { createMemoryReflexion, describeReflexionContract } from './index.ts';

describeReflexionContract('memory reflexion', async () => {
  const attempt = (path: string) => ({
    changes: [{ path, change: 'modified' as const }],
    before: async () => undefined,
  });
  const reflexion = createMemoryReflexion({
    judge({ changes }) {
      const path = changes[0]?.path;
      const passed = { name: 'parse', ok: true, output: '', tookMs: 1 };
      if (path === 'sound.ts') return [passed];
      if (path !== 'broken.ts') return [];
      const failed = { name: 'types', ok: false, output: 'broken.ts:1: no such name', tookMs: 1 };
      return [passed, failed, { ...failed, name: 'tests' }];
    },
  });
  return {
    reflexion,
    attempts: { sound: attempt('sound.ts'), broken: attempt('broken.ts'), unknown: attempt('a.bin') },
    [Symbol.asyncDispose]: () => reflexion[Symbol.asyncDispose](),
  };
});
