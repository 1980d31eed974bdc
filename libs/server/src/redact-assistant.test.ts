import type { Assistant, TurnEvent } from '@nootropic/contracts';
import { describe, expect, it } from 'vitest';
import { redactAssistant } from './redact-assistant.ts';

const secret = ['sk-ant-api03', 'abcdefghijklmnopqrstuvwxyz0123456789'].join('-');
const pem = [
  '-----BEGIN PRIVATE KEY-----',
  'MIIBVgIBADANBgkqhkiG9w0BAQEFAASCAUAwggE8AgEAAkEA',
  '-----END PRIVATE KEY-----',
];
const session = { id: 'a', title: 't', workspace: '/w', createdAt: 0, updatedAt: 0, events: 1 };

/** An assistant whose words hold secrets. */
function leaky(): Assistant {
  const notice = { type: 'notice', level: 'info', code: 'c', message: `uses ${secret}` } as unknown as TurnEvent;
  const stream = async function* () {
    yield { type: 'event', event: notice } as const;
    yield { type: 'message', message: 'Done', by: 'rule', files: [] } as const;
    throw new Error(`failed with ${secret}`);
  };
  return {
    sessions: {
      search: async () => [{ session, turnId: 't', snippet: `the key ${secret} is` }],
      export: async ({ format = 'markdown' }) => ({
        name: 'a',
        text: format === 'json' ? JSON.stringify({ text: pem.join('\n') }) : `# a\n\n${pem.join('\n')}\n`,
      }),
    },
    git: { message: async () => stream() },
    completions: { state: async () => ({ state: 'off', model: '', name: '', detail: `key ${secret}` }) },
  } as unknown as Assistant;
}

describe('redactAssistant', () => {
  const safe = redactAssistant(leaky());

  it('takes secrets out of what is found, and out of what is exported, of several lines too', async () => {
    expect((await safe.sessions.search({ query: 'key' }))[0]?.snippet).toBe('the key [redacted] is');
    for (const format of ['markdown', 'json'] as const) {
      const { text } = await safe.sessions.export({ id: 'a', format });
      expect([format, text.includes('MIIBVg')]).toEqual([format, false]);
      expect(text).toContain('redacted');
      if (format === 'json') expect(() => JSON.parse(text) as unknown).not.toThrow();
    }
  });

  it('takes them out of the events and errors of streams, and of what is said of completions', async () => {
    const said: string[] = [];
    const failing = async () => {
      for await (const item of await safe.git.message({ workspace: '/w' })) said.push(JSON.stringify(item));
    };
    await expect(failing()).rejects.toMatchObject({ message: expect.not.stringContaining(secret) as string });
    expect(said).toHaveLength(2);
    expect(said.join(' ')).not.toContain(secret);
    expect((await safe.completions.state({ workspace: '/w' })).detail).toBe('key [redacted]');
  });
});
