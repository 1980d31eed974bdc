import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { explainSetting, listSettings, loadConfig, writeSetting } from './config.ts';
import { createSettingRequests } from './setting-requests.ts';

let file: string;

beforeEach(async () => {
  file = join(await mkdtemp(join(tmpdir(), 'nootropic-config-')), 'config', 'config.json');
});

afterEach(async () => {
  await rm(dirname(dirname(file)), { recursive: true });
});

describe('loadConfig', () => {
  it('has a value for every setting that has a default, with no file at all', async () => {
    const { config } = await loadConfig(file, {});
    expect(config.index.vectors).toBe('auto');
    expect(config.models.chat).toBeUndefined();
  });

  it('lets later layers win, and tells which one did', async () => {
    await writeSetting(file, 'answer.maxTokens', '100');
    await writeSetting(file, 'answer.maxSteps', '3');
    const loaded = await loadConfig(
      file,
      { NOOTROPIC_ANSWER_MAX_TOKENS: '200', NOOTROPIC_LOG_LEVEL: 'debug' },
      { answer: { maxTokens: 300 } },
    );
    expect(loaded.config.answer).toMatchObject({ maxTokens: 300, maxSteps: 3, contextTokens: 3000 });
    expect(explainSetting(loaded, 'answer.maxTokens')).toMatchObject({
      value: 300,
      layer: 'flag',
      layers: [
        { layer: 'default', value: 1024 },
        { layer: 'user', value: 100 },
        { layer: 'environment', value: 200 },
        { layer: 'flag', value: 300 },
      ],
    });
    expect(explainSetting(loaded, 'answer.maxSteps').layer).toBe('user');
    expect(explainSetting(loaded, 'log.level')).toMatchObject({ layer: 'environment', value: 'debug' });
    expect(explainSetting(loaded, 'models.chat')).toMatchObject({ layer: 'unset', value: undefined });
  });

  it('names the key and the layer of a value that is not allowed', async () => {
    await expect(loadConfig(file, { NOOTROPIC_INDEX_VECTORS: 'magic' })).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringMatching(/index\.vectors.*environment/u) as string,
    });
    await expect(loadConfig(file, { NOOTROPIC_ANSWER_MAX_STEPS: 'many' })).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
    });
  });

  it('refuses a file with a setting that does not exist, or that is not JSON, and says where', async () => {
    await writeSetting(file, 'answer.maxSteps', '3');
    await writeFile(file, '{ "answer": { "maxStep": 3 } }');
    await expect(loadConfig(file, {})).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringContaining('answer.maxStep') as string,
    });
    await writeFile(file, '{\n  "answer": \n');
    await expect(loadConfig(file, {})).rejects.toMatchObject({
      code: 'CONFIG_UNREADABLE',
      message: expect.stringMatching(/config\.json:\d/u) as string,
    });
    await writeFile(file, '[]');
    await expect(loadConfig(file, {})).rejects.toMatchObject({ code: 'CONFIG_UNREADABLE' });
  });
});

describe('writeSetting', () => {
  it('keeps comments and the other settings, and leaves nothing beside the file', async () => {
    await writeSetting(file, 'models.chat', 'file:/a.gguf');
    await writeFile(file, `// mine\n${await readFile(file, 'utf8')}`);
    await writeSetting(file, 'index.vectors', 'exact');
    const text = await readFile(file, 'utf8');
    expect(text).toContain('// mine');
    expect(text).toContain('file:/a.gguf');
    expect((await loadConfig(file, {})).config.index.vectors).toBe('exact');
    await writeSetting(file, 'models.chat', undefined);
    expect((await loadConfig(file, {})).config.models.chat).toBeUndefined();
    expect(await readdir(dirname(file))).toEqual(['config.json']);
  });

  it('takes a list with commas, or as JSON, from the command line and from the environment', async () => {
    expect(await writeSetting(file, 'models.fallback', 'a, ollama:b ,')).toEqual(['a', 'ollama:b']);
    expect(await writeSetting(file, 'models.fallback', '["needs:tools,local", "b"]')).toEqual([
      'needs:tools,local',
      'b',
    ]);
    expect(await writeSetting(file, 'models.fallback', '')).toEqual([]);
    await expect(writeSetting(file, 'models.fallback', '[1]')).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
    await expect(writeSetting(file, 'models.fallback', '["a"')).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
    await expect(writeSetting(file, 'providers.enabled', 'openia')).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
    const { config } = await loadConfig(file, { NOOTROPIC_PROVIDERS_ENABLED: 'openai,xai' });
    expect(config.providers.enabled).toEqual(['openai', 'xai']);
  });

  it('writes nothing that would not be read again', async () => {
    await writeSetting(file, 'answer.maxSteps', '3');
    const before = await readFile(file, 'utf8');
    await expect(writeSetting(file, 'answer.maxSteps', 'many')).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
    await expect(writeSetting(file, 'answer.maxSteps', '0')).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
    await expect(writeSetting(file, 'answer', '{}')).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
    await expect(writeSetting(file, '__proto__.polluted', 'yes')).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
    expect(await readFile(file, 'utf8')).toBe(before);
  });

  it.skipIf(process.platform === 'win32')('makes files that only the user can read', async () => {
    await writeSetting(file, 'answer.maxSteps', '3');
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect((await stat(dirname(file))).mode & 0o777).toBe(0o700);
  });
});

describe('a setting that is an object', () => {
  it('is one value, in the file, in the environment and on the command line', async () => {
    const servers = { docs: { command: ['docs-server', '--stdio'] } };
    await writeSetting(file, 'answer.maxTokens', '99');
    await writeFile(file, JSON.stringify({ mcp: { servers } }));
    const fromFile = await loadConfig(file, {});
    expect(fromFile.config.mcp.servers).toMatchObject(servers);
    expect(explainSetting(fromFile, 'mcp.servers')).toMatchObject({ layer: 'user', value: servers });
    const other = { web: { url: 'http://127.0.0.1:1/mcp' } };
    const { config } = await loadConfig(file, { NOOTROPIC_MCP_SERVERS: JSON.stringify(other) });
    expect(Object.keys(config.mcp.servers)).toEqual(['web']);
    await writeSetting(file, 'mcp.servers', JSON.stringify(other));
    expect((await loadConfig(file, {})).config.mcp.servers).toMatchObject(other);
    await expect(writeSetting(file, 'mcp.servers', 'nonsense')).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
  });
});

describe('listSettings', () => {
  it('describes every setting and gives each a variable of its own', () => {
    const settings = listSettings();
    expect(settings.find(({ key }) => key === 'index.maxFileBytes')).toMatchObject({
      variable: 'NOOTROPIC_INDEX_MAX_FILE_BYTES',
      type: 'integer',
      default: 1_000_000,
    });
    expect(settings.find(({ key }) => key === 'index.vectors')?.choices).toEqual(['auto', 'exact', 'lancedb']);
    expect(new Set(settings.map(({ variable }) => variable)).size).toBe(settings.length);
    for (const { description } of settings) expect(description).not.toBe('');
  });

  it('gives the form of each value, which takes its default and what the schema takes', () => {
    const settings = listSettings();
    const formOf = (key: string) => settings.find((setting) => setting.key === key)?.schema;
    expect(formOf('answer.maxSteps')).toEqual({ type: 'integer', minimum: 1, maximum: 100, default: 8 });
    expect(formOf('index.vectors')).toMatchObject({ enum: ['auto', 'exact', 'lancedb'], default: 'auto' });
    expect(formOf('models.memoryLimit')).toEqual({ type: 'integer', minimum: 256 });
    expect(formOf('models.fallback')).toMatchObject({ type: 'array', items: { type: 'string' }, maxItems: 16 });
    for (const { key, schema, default: value } of settings) {
      expect([key, schema['default']]).toEqual([key, value]);
      if (value !== undefined) expect([key, z.fromJSONSchema(schema).safeParse(value).success]).toEqual([key, true]);
    }
  });
});

describe('createSettingRequests', () => {
  it('lists each setting with its form, writes what fits, and refuses the rest with the reason', async () => {
    const requests = createSettingRequests({ file, env: {} });
    const all = await requests.list();
    expect(all.map(({ key }) => key)).toEqual(listSettings().map(({ key }) => key));
    expect(all.every(({ schema }) => typeof schema === 'object')).toBe(true);
    expect(await requests.set({ key: 'answer.maxSteps', value: 5 })).toMatchObject({
      ...{ value: 5, layer: 'user', schema: { maximum: 100 } },
      layers: [
        { layer: 'default', value: 8 },
        { layer: 'user', value: 5 },
      ],
    });
    expect(await requests.set({ key: 'models.fallback', value: ['a'] })).toMatchObject({ value: ['a'] });
    const before = await readFile(file, 'utf8');
    const refused = [
      ...[
        ['answer.maxSteps', 0],
        ['answer.maxSteps', '101'],
        ['answer.maxSteps', true],
        ['models.chat', 5],
      ],
      ...[
        ['models.chat', null],
        ['models.fallback', [1]],
        ['nothing.at', 1],
        ['answer', { maxSteps: 1 }],
      ],
    ] as const;
    for (const [key, value] of refused) {
      const error: unknown = await requests.set({ key, value }).then(
        () => 'It was written.',
        (cause: unknown) => cause,
      );
      expect([key, value, error]).toMatchObject([key, value, { code: 'CONFIG_INVALID' }]);
      expect((error as Error).message).toContain(key);
    }
    expect(await readFile(file, 'utf8')).toBe(before);
    expect(await requests.set({ key: 'answer.maxSteps' })).toMatchObject({ value: 8, layer: 'default' });
  });
});
