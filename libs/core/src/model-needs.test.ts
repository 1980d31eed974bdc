import type { ModelInfo } from '@nootropic/contracts';
import { describe, expect, it } from 'vitest';
import { storedModel } from './assistant.fixture.ts';
import { offersThatMeet, parseNeeds, storedOffer, whatIsMissing, whyOffer, type ModelOffer } from './model-needs.ts';

const offer = (info: Partial<ModelInfo>, more: Partial<ModelOffer> = {}): ModelOffer => ({
  info: {
    ref: 'openai:a@http://h/v1',
    name: 'a',
    can: ['generate', 'tools'],
    contextLength: 32_000,
    dimensions: 0,
    local: false,
    ...info,
  },
  ...more,
});

describe('parseNeeds', () => {
  it('reads context, abilities, local and cost', () => {
    expect(parseNeeds('needs:context>=16000, tools,local,cost<=1.5', 'chat')).toEqual({
      context: 16_000,
      abilities: ['generate', 'tools'],
      local: true,
      cost: 1.5,
    });
  });

  it.each(['needs:', 'needs:context>16', 'needs:fast', 'needs:cost>=1', 'needs:tools,,local'])('refuses %s', (text) => {
    expect(() => parseNeeds(text, 'chat')).toThrow(expect.objectContaining({ code: 'MODEL_REF_INVALID' }));
  });
});

describe('offersThatMeet', () => {
  const profile = {
    measuredAt: 0,
    machine: '',
    threads: 1,
    promptSpeed: 1,
    writeSpeed: 1,
    memory: 1,
    loadMs: 1,
    edits: {},
  };
  const small = storedOffer(storedModel({ name: 'small', bytes: 10, profile: { ...profile, toolCalls: 0.9 } }));
  const large = storedOffer(storedModel({ name: 'large', bytes: 99 }));
  const mute = storedOffer(storedModel({ name: 'mute', bytes: 999, profile: { ...profile, toolCalls: null } }));
  const far = offer({}, { price: { read: 1, reused: 0, written: 2 } });

  it('takes local before remote, what calls tools best, then the larger', () => {
    const names = offersThatMeet([far, large, mute, small], parseNeeds('needs:tools', 'chat')).map(
      ({ info }) => info.name,
    );
    expect(names).toEqual(['small', 'large', 'a']);
    expect(whyOffer(small, 'needs:tools')).toContain('90 % of its tool calls');
  });

  it('keeps to context, place and cost, and says what is missing', () => {
    const of = (text: string) => offersThatMeet([far, large], parseNeeds(text, 'chat')).map(({ info }) => info.name);
    expect(of('needs:context>=16000')).toEqual(['a']);
    expect(of('needs:local')).toEqual(['large']);
    expect(of('needs:cost<=1')).toEqual(['large']);
    expect(of('needs:cost<=2')).toEqual(['large', 'a']);
    expect(whatIsMissing(offer({}), parseNeeds('needs:cost<=1,local,infill', 'chat'))).toEqual([
      'no infill',
      'not local',
      'cost not known',
    ]);
  });
});
