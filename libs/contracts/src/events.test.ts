import { describe, expect, it } from 'vitest';
import { isKnownEvent, turnEventSchema } from './events.ts';

const base = { seq: 1, sessionId: 's', turnId: 't', time: 0 };

describe('turnEventSchema', () => {
  it('reads a known event', () => {
    const event = turnEventSchema.parse({ ...base, type: 'text-delta', text: 'hi' });
    expect(isKnownEvent(event)).toBe(true);
  });

  it('keeps an event of an unknown kind whole', () => {
    const unknown = { ...base, type: 'mood-change', mood: { level: 3 } };
    const event = turnEventSchema.parse(unknown);
    expect(event).toEqual(unknown);
    expect(isKnownEvent(event)).toBe(false);
  });

  it('refuses a known event with a wrong shape, rather than taking it for an unknown one', () => {
    expect(turnEventSchema.safeParse({ ...base, type: 'text-delta', text: 5 }).success).toBe(false);
    expect(turnEventSchema.safeParse({ ...base, seq: 0, type: 'text-delta', text: '' }).success).toBe(false);
  });
});
