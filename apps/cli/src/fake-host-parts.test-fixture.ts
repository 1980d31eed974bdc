import type { Assistant } from '@nootropic/contracts';

/** A host in which nothing runs or was done, with one setting as it comes. */
export function fakeHostParts(): Pick<
  Assistant,
  'turns' | 'config' | 'host' | 'execute' | 'mcp' | 'egress' | 'audit' | 'completions' | 'git'
> {
  const setting = {
    key: 'answer.maxTokens',
    value: 1024,
    layer: 'default' as const,
    layers: [{ layer: 'default', value: 1024 }],
    description: 'What it means.',
  };
  const processes = [{ name: 'host', pid: 42, state: 'ready' as const, memory: 2_000_000, restarts: 0, detail: '' }];
  return {
    host: {
      status: async () => ({
        ...{ pid: 42, version: '1.2.3', startedAt: 0, url: 'http://127.0.0.1:4650', connections: 1, offline: false },
        ...{ turns: [], jobs: { waiting: 0, running: 0, dead: 0 }, processes },
      }),
      stop: async () => ({ pid: 42 }),
      signIn: async () => ({ code: 'code', expiresAt: 30_000 }),
    },
    completions: {
      complete: async () => (async function* () {})(),
      state: async () => ({ state: 'off', model: '', name: '', detail: '' }),
      report: async () => ({ taken: true }),
    },
    git: {
      diff: async () => ({ text: '', files: [] }),
      review: async () => (async function* () {})(),
      message: async () => (async function* () {})(),
    },
    execute: { run: async () => (async function* () {})(), languages: async () => [] },
    mcp: {
      list: async () => [],
      approve: async ({ name }) => ({ name, state: 'ready', detail: '', tools: [] }),
    },
    egress: { list: async () => [] },
    audit: { list: async () => [], verify: async () => ({ ok: true, entries: 0, anchor: 'missing' }) },
    turns: {
      list: async () => [],
      resume: async () => (async function* () {})(),
      stop: async () => ({ stopped: false }),
    },
    config: {
      list: async () => [setting],
      set: async ({ key, value }) => ({ ...setting, key, value, layer: 'user' as const }),
    },
  };
}
