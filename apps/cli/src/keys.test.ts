import { describe, expect, it } from 'vitest';
import { run } from './fake-host.test-fixture.ts';
import { fakeKeys } from './fake-models.test-fixture.ts';

describe('keys', () => {
  it('says where a key lies, never what it is', async () => {
    const { out } = await run(['keys', 'list']);
    expect(out).toMatch(/^openai +none +no$/m);
    expect(out).toMatch(/^anthropic +in the environment +yes$/m);
    expect((await run(['keys', 'list', '--json'])).lines()).toMatchObject([{ keys: [{ provider: 'openai' }, {}] }]);
  });

  it('reads a key from a pipe or hidden from a terminal, and shows it nowhere', async () => {
    const given: string[] = [];
    const keys = {
      set: async (input: { provider: string; key: string }) => {
        given.push(input.key);
        return fakeKeys().set(input);
      },
    };
    for (const kind of ['pipe', 'terminal'] as const) {
      const ran = await run(['keys', 'set', 'openai'], { host: { keys }, stdin: { kind, text: ' sk-secret\n' } });
      expect(ran.code).toBe(0);
      expect(ran.out).toBe('The key of openai is in a file that only you can read.\n');
      expect(ran.err).toContain('nootropic config set providers.enabled openai');
      expect(`${ran.out}${ran.err}`).not.toContain('sk-secret');
    }
    expect(given).toEqual(['sk-secret', 'sk-secret']);
  });

  it('refuses a key on the command line without repeating it, and one that is none', async () => {
    const argument = await run(['keys', 'set', 'openai', 'sk-secret'], { stdin: { kind: 'pipe', text: 'x' } });
    expect(argument.code).toBe(2);
    expect(argument.err).toContain('never an argument');
    expect(argument.err).not.toContain('sk-secret');
    expect((await run(['keys', 'set', 'openai'], { stdin: { kind: 'pipe', text: ' \n' } })).code).toBe(2);
    expect((await run(['keys', 'set', 'openai'], { stdin: { kind: 'pipe', text: 'two words' } })).code).toBe(2);
    expect((await run(['keys', 'set', 'openai'])).code).toBe(2);
  });

  it('suggests the provider that was meant', async () => {
    const { code, err } = await run(['keys', 'set', 'antropic'], { stdin: { kind: 'pipe', text: 'k' } });
    expect([code, err]).toEqual([2, 'error USAGE: There is no provider "antropic".\n→ Did you mean anthropic?\n']);
    expect((await run(['keys', 'rm', 'zzzzzzzz'])).err).toContain('There are: openai, anthropic.');
  });

  it('forgets a key, and says where there is still one', async () => {
    expect(await run(['keys', 'rm', 'openai'])).toMatchObject({
      code: 0,
      out: 'The key of openai is forgotten.\n',
      err: '',
    });
    expect((await run(['keys', 'rm', 'anthropic'])).err).toBe(
      'There is still one in the environment; only you can take that away.\n',
    );
  });
});
