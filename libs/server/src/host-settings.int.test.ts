import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadConfig } from './config.ts';
import { differingSettings, startedWith } from './host-settings.ts';

const token = 't'.repeat(43);
let folder: string;
let file: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nootropic-settings-'));
  file = join(folder, 'config.json');
  await writeFile(file, '{}');
});
afterEach(() => rm(folder, { recursive: true }));

async function started(env: Record<string, string>) {
  return startedWith({ loaded: await loadConfig(file, env), env, token });
}

async function differs(host: Awaited<ReturnType<typeof started>>, env: Record<string, string>): Promise<string[]> {
  return differingSettings({ loaded: await loadConfig(file, env), env, token }, host);
}

describe('what a command and a host were started with', () => {
  it('is the same without settings, and with the same ones', async () => {
    expect(await differs(await started({}), {})).toEqual([]);
    const env = { NOOTROPIC_MODELS_CHAT: 'file:/a.gguf', HF_TOKEN: 'hf_secret' };
    expect(await differs(await started(env), env)).toEqual([]);
  });

  it('differs where the environment of the command says what the host does not hold', async () => {
    const host = await started({});
    expect(await differs(host, { NOOTROPIC_MODELS_CHAT: 'file:/a.gguf' })).toEqual(['models.chat']);
    expect(await differs(host, { ANTHROPIC_API_KEY: 'k' })).toEqual(['ANTHROPIC_API_KEY']);
    // The default, said aloud.
    expect(await differs(host, { NOOTROPIC_ANSWER_MAX_TOKENS: '1024' })).toEqual([]);
  });

  it('leaves what was set for the host alone to the host', async () => {
    const host = await started({ NOOTROPIC_MODELS_CHAT: 'file:/a.gguf', HTTPS_PROXY: 'http://proxy' });
    expect(await differs(host, {})).toEqual([]);
    await writeFile(file, '{ "models": { "chat": "file:/b.gguf" } }');
    expect(await differs(host, {})).toEqual([]);
    expect(await differs(host, { NOOTROPIC_MODELS_CHAT: 'file:/b.gguf' })).toEqual(['models.chat']);
  });

  it('differs when the file was changed since, either way', async () => {
    const before = await started({});
    await writeFile(file, '{ "models": { "chat": "file:/a.gguf" } }');
    expect(await differs(before, {})).toEqual(['models.chat']);
    const after = await started({});
    expect(await differs(after, {})).toEqual([]);
    await writeFile(file, '{}');
    expect(await differs(after, {})).toEqual(['models.chat']);
  });

  it('is not changed by how the host itself lives, and says no value', async () => {
    const host = await started({ NOOTROPIC_HOST_PORT: '1', NOOTROPIC_LOG_LEVEL: 'debug', HF_TOKEN: 'hf_secret' });
    expect(Object.keys(host)).toEqual(['HF_TOKEN']);
    expect(JSON.stringify(host)).not.toContain('hf_secret');
  });
});
