import { NootropicError, type ModelInfo } from '@nootropic/contracts';
import { createMemorySessionLog, createRecordingTelemetry } from '@nootropic/testing';
import { describe, expect, it } from 'vitest';
import { subjectsOn, fakeRuntime, storedModel, type SubjectOptions } from './assistant.fixture.ts';
import type { ModelAsk } from './model-candidates.ts';

const createSubject = subjectsOn({ sessions: createMemorySessionLog, telemetry: createRecordingTelemetry });

async function candidates(options: SubjectOptions, ask: ModelAsk = {}) {
  const refs: string[] = [];
  for await (const { ref } of createSubject(options).models.candidates(ask)) refs.push(ref);
  return refs;
}

const offers: ModelInfo[] = [
  { ref: 'ollama:big', name: 'big', can: ['generate', 'tools'], contextLength: 64_000, dimensions: 0, local: true },
  { ref: 'ollama:far', name: 'far', can: ['generate', 'tools'], contextLength: 99_000, dimensions: 0, local: false },
];
const runtimes = [fakeRuntime(), fakeRuntime({ scheme: 'ollama', offers })];

describe('the choice of a model', () => {
  it('is what was named, else what is configured, else the newest imported, else none', async () => {
    const stored = [storedModel({ importedAt: 1 }), storedModel({ name: 'newer', importedAt: 2 })];
    const { models } = createSubject({ stored, chat: 'file:x' });
    expect(await models.choose({ ref: 'mine' })).toMatchObject({
      ref: 'file:/models/mine.gguf',
      reason: 'named for this turn',
    });
    expect(await models.choose()).toMatchObject({ ref: 'file:x', reason: 'configured as models.chat' });
    expect(await createSubject({ stored }).models.choose()).toMatchObject({ ref: 'file:/models/newer.gguf' });
    expect(await createSubject({ stored: [] }).models.choose()).toMatchObject({ ref: 'none' });
  });

  it('takes for each role what is configured for it, and completes with the model that answers where there is none for it', async () => {
    const config = { models: { embedding: 'file:e', reranking: 'file:r' } };
    expect(await candidates({ config }, { role: 'embedding' })).toEqual(['file:e']);
    expect(await candidates({ config }, { role: 'reranking' })).toEqual(['file:r']);
    expect(await candidates({}, { role: 'reranking' })).toEqual(['none']);
    expect(await candidates({ stored: [storedModel({ role: 'completion' })] }, { role: 'completion' })).toEqual([
      'file:/models/mine.gguf',
    ]);
    const { models } = createSubject({ stored: [], chat: 'file:x' });
    expect(await models.choose({ role: 'completion' })).toMatchObject({ ref: 'file:x', role: 'chat' });
  });

  it('takes all that meet needs, the best first, and says why', async () => {
    const stored = [storedModel({ contextLength: 4096 })];
    const chat = 'needs:context>=16000,tools';
    expect(await candidates({ runtimes, stored, chat })).toEqual(['ollama:big', 'ollama:far']);
    expect(await candidates({ runtimes, stored, chat: 'needs:tools,local' })).toEqual([
      'file:/models/mine.gguf',
      'ollama:big',
    ]);
    const chosen = await createSubject({ runtimes, stored, chat }).models.choose();
    expect(chosen.reason).toBe(
      'the best that meets needs:context>=16000,tools: local, context 64000 (configured as models.chat)',
    );
    await expect(candidates({ runtimes, stored, chat: 'needs:context>=1000000' })).rejects.toMatchObject({
      code: 'MODEL_NOT_FOUND',
      message: expect.stringContaining('context 4096') as string,
    });
  });

  it('goes on with the fallbacks, each once; from a model of this machine that a person named it does not leave the machine', async () => {
    const config = { models: { fallback: ['file:x', 'openai:a@https://h/v1', 'ollama:big'] } };
    expect(await candidates({ runtimes, config, chat: 'file:x' })).toEqual([
      'file:x',
      'openai:a@https://h/v1',
      'ollama:big',
    ]);
    expect(await candidates({ runtimes, config }, { ref: 'file:y' })).toEqual(['file:y', 'file:x', 'ollama:big']);
  });
});

describe('opening a model', () => {
  it('is refused before anything is sent, where it is remote and that is forbidden', async () => {
    const loads: string[] = [];
    const openai = fakeRuntime({ scheme: 'openai', onLoad: (ref) => void loads.push(ref) });
    const { models } = createSubject({ runtimes: [openai], config: { models: { neverRemote: ['/secret'] } } });
    const ref = 'openai:a@https://h/v1';
    await expect(models.open(ref, { role: 'chat', workspace: '/secret/a' })).rejects.toMatchObject({
      code: 'REMOTE_FORBIDDEN',
      message: expect.stringContaining('models.neverRemote names /secret') as string,
    });
    expect(loads).toEqual([]);
    await models.open(ref, { role: 'chat', workspace: '/public' });
    expect(loads).toEqual([ref]);
  });

  it('is refused where a model that looks local turns out not to be', async () => {
    const ollama = fakeRuntime({ scheme: 'ollama', info: { local: false } });
    const projectRules = async () => ({ neverRemote: true });
    const { models } = createSubject({ runtimes: [ollama], models: { projectRules } });
    await expect(models.open('ollama:m', { role: 'chat', workspace: '/w' })).rejects.toMatchObject({
      code: 'REMOTE_FORBIDDEN',
    });
  });

  it('loads once for several callers, and again after an unload', async () => {
    const loads: string[] = [];
    const { models } = createSubject({ onLoad: (ref) => void loads.push(ref) });
    const open = () => models.open('file:x', { role: 'chat' });
    const [{ model }] = await Promise.all([open(), open()]);
    expect(loads).toHaveLength(1);
    expect(await models.unload('file:x')).toBe(1000);
    await expect(models.unload('file:x')).rejects.toMatchObject({ code: 'MODEL_NOT_FOUND' });
    await model.countTokens('text');
    expect(loads).toHaveLength(2);
  });

  it('loads a crashed model anew at its next call', async () => {
    const loads: string[] = [];
    const { models } = createSubject({
      onLoad: (ref) => void loads.push(ref),
      play: async function* (call) {
        if (call === 1) throw new NootropicError('MODEL_CRASHED');
        yield { type: 'finish', reason: 'stop', tokens: { read: 0, reused: 0, written: 0 } };
      },
    });
    const { model } = await models.open('file:x', { role: 'chat' });
    const run = async () => {
      for await (const event of model.generate({ messages: [] })) if (event.type === 'finish') return event.reason;
      return undefined;
    };
    await expect(run()).rejects.toMatchObject({ code: 'MODEL_CRASHED' });
    expect(await run()).toBe('stop');
    expect(loads).toHaveLength(2);
  });

  it('keeps answers where that is configured and the file is known by its hash', async () => {
    const stored = [storedModel()];
    const { models, cache } = createSubject({ stored, config: { models: { cache: 'deterministic' } } });
    const embed = async (ref: string) => (await models.open(ref, { role: 'embedding' })).model.embed(['text']);
    await embed('file:/other.gguf');
    expect(cache.kept.size).toBe(0);
    await embed('file:/models/mine.gguf');
    expect(cache.kept.size).toBe(1);
  });
});
