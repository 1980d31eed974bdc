import { describe, expect, it } from 'vitest';
import { cloudModels, cloudPrice, cloudSchemes, findCloudModel } from './cloud-models.ts';
import { createStopCut } from './cloud-stop.ts';
import { parseModelRef } from './model-ref.ts';
import fc from 'fast-check';

describe('cloudPrice', () => {
  it('knows a model with and without a date, and nothing else', () => {
    expect(cloudPrice('openai-cloud:gpt-4.1-2025-04-14')).toEqual({ read: 2, reused: 0.5, written: 8 });
    expect(cloudPrice('anthropic:claude-haiku-4-5-20251001')).toEqual(cloudPrice('anthropic:claude-haiku-4-5'));
    for (const ref of ['openai:gpt-4.1@http://127.0.0.1/v1', 'anthropic:gpt-4.1', 'file:/gpt-4.1', 'gpt-4.1', 'xai:'])
      expect(cloudPrice(ref)).toBeUndefined();
  });

  it('is plausible for every model of the table, whose name is a reference', () => {
    for (const { provider, name, price, embeds, contextLength, asOf } of cloudModels) {
      const ref = `${cloudSchemes[provider]}:${name}`;
      expect(parseModelRef(ref)).toEqual({ scheme: cloudSchemes[provider], name });
      expect(findCloudModel(provider, name)?.name).toBe(name);
      expect(price.read).toBeGreaterThan(0);
      expect(price.reused).toBeLessThanOrEqual(price.read);
      expect(embeds ? price.written === 0 : price.written >= price.read).toBe(true);
      expect(contextLength === 0 || contextLength > 1000).toBe(true);
      expect(Date.parse(asOf)).toBeGreaterThan(Date.parse('2025-01-01'));
    }
    expect(new Set(cloudModels.map(({ provider, name }) => provider + name)).size).toBe(cloudModels.length);
  });
});

describe('createStopCut', () => {
  it('shows what lies before the first stop text, however the text is cut into pieces', () => {
    const letters = fc.string({ unit: fc.constantFrom('a', 'b', 'c'), maxLength: 30 });
    const stops = fc.array(fc.string({ unit: fc.constantFrom('a', 'b', 'c'), minLength: 1, maxLength: 3 }), {
      maxLength: 3,
    });
    fc.assert(
      fc.property(fc.array(letters), stops, (pieces, sought) => {
        const whole = pieces.join('');
        const ends = sought.map((stop) => whole.indexOf(stop)).filter((at) => at >= 0);
        const cut = createStopCut(sought);
        let shown = '';
        let stopped = false;
        for (const piece of pieces) {
          if (stopped) break;
          const step = cut.push(piece);
          shown += step.text;
          stopped = step.stopped;
        }
        if (!stopped) shown += cut.rest();
        expect(stopped).toBe(ends.length > 0);
        // A stop text that begins later may be complete first; nothing of any is ever shown.
        if (ends.length === 0) expect(shown).toBe(whole);
        else for (const stop of sought) expect(shown.includes(stop)).toBe(false);
        expect(whole.startsWith(shown)).toBe(true);
      }),
    );
  });
});
