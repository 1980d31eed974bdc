import type { Attachment, ModelInfo, TurnEvent } from '@nootropic/contracts';
import { onePixelImages } from '@nootropic/testing';
import { describe, expect, it } from 'vitest';
import { checkImages, mediaTypeOf, requireSight, withoutPictures } from './images.ts';
import { buildPrompt, promptLength, promptParts } from './prompt.ts';

const [png, gif] = onePixelImages;
const picture = (name: string, image: typeof png | typeof gif = png): Attachment => ({ kind: 'image', name, ...image });
/** A picture of so many bytes. */
const large = (bytes: number) => ({
  mediaType: png.mediaType,
  data: `iVBORw0KGgo${'A'.repeat(2 * bytes)}`.slice(0, Math.ceil(bytes / 3) * 4),
});
const megabyte = 2 ** 20;

describe('pictures of a question', () => {
  it('are taken up to 5 MB each and 20 MB together', () => {
    expect(() => checkImages(Array.from({ length: 4 }, () => large(5 * megabyte - 3)))).not.toThrow();
    expect(() => checkImages([{ ...large(5 * megabyte + 3), name: 'a.png' }])).toThrow(
      expect.objectContaining({ code: 'REQUEST_TOO_LARGE', message: expect.stringContaining('a.png') as string }),
    );
    expect(() => checkImages(Array.from({ length: 5 }, () => large(5 * megabyte - 3)))).toThrow(
      expect.objectContaining({ code: 'REQUEST_TOO_LARGE' }),
    );
  });

  it('are what their bytes say', () => {
    expect([png, gif].map(({ data }) => mediaTypeOf(data))).toEqual(['image/png', 'image/gif']);
    expect(mediaTypeOf(btoa('RIFF\u0001\u0000\u0000\u0000WEBPVP8 '))).toBe('image/webp');
    expect(mediaTypeOf(btoa('RIFF\u0001\u0000\u0000\u0000WAVEfmt '))).toBeUndefined();
    expect(() => checkImages([{ ...png, mediaType: 'image/jpeg' }])).toThrow(
      expect.objectContaining({ code: 'INPUT_INVALID' }),
    );
  });

  it('are refused by a model that does not see, by its name, with what to do', () => {
    const info: ModelInfo = {
      ...{ ref: 'file:/m.gguf', name: 'tiny', can: ['generate'], contextLength: 1, dimensions: 0, local: true },
    };
    expect(() => requireSight(info, [])).not.toThrow();
    expect(() => requireSight({ ...info, can: ['generate', 'see'] }, [png])).not.toThrow();
    expect(() => requireSight(info, [png])).toThrow(
      expect.objectContaining({
        code: 'MODEL_UNSUPPORTED',
        message: expect.stringMatching(/^tiny cannot look at pictures.*Nothing was sent/u) as string,
        hint: expect.stringContaining('models list') as string,
      }),
    );
  });
});

describe('a prompt', () => {
  let seq = 0;
  const turn = (id: string, attachments: readonly Attachment[] = []): TurnEvent[] => {
    const base = () => ({ seq: (seq += 1), sessionId: 's', turnId: id, time: 0 });
    return [
      {
        ...{ ...base(), type: 'turn-start', text: `ask ${id}`, agent: 'answer', workspace: '/w' },
        ...(attachments.length > 0 && { attachments: [...attachments] }),
      },
      { ...base(), type: 'text-delta', text: `answer ${id}` },
    ];
  };
  const events = [
    ...turn('1', [picture('a.png'), picture('b.gif', gif)]),
    ...turn('2'),
    ...turn('3', [picture('c.png')]),
  ];
  const agent = { system: 'Be good.', tools: [] };

  it('shows the pictures of all its turns to a model that sees', () => {
    const { messages } = buildPrompt({ ...agent, sees: true }, events);
    expect(messages.filter(({ role }) => role === 'user')).toEqual([
      {
        role: 'user',
        content: expect.stringMatching(/a\.png\n\n.*b\.gif\n\nQuestion: ask 1$/u) as string,
        images: [png, gif],
      },
      { role: 'user', content: 'ask 2' },
      { role: 'user', content: 'Attached picture: c.png\n\nQuestion: ask 3', images: [png] },
    ]);
    expect(JSON.stringify(messages.map(({ content }) => content))).not.toContain(png.data);
  });

  it('names them to one that does not', () => {
    const { messages } = buildPrompt(agent, events);
    expect(messages[1]).toEqual({
      role: 'user',
      content: '[image a.png: left out]\n\n[image b.gif: left out]\n\nQuestion: ask 1',
    });
    expect(JSON.stringify(messages)).not.toContain('images');
  });

  it('made of events without their bytes shows none of them', () => {
    const bare = withoutPictures(events);
    expect(JSON.stringify(bare)).not.toContain(png.data);
    expect(bare.map(({ seq, type }) => [seq, type])).toEqual(events.map(({ seq, type }) => [seq, type]));
    expect(JSON.stringify(bare)).toContain('a.png');
  });

  it('starts with all of the one before it', () => {
    const seeing = { ...agent, sees: true };
    const before = buildPrompt(seeing, events.slice(0, 4)).messages;
    expect(buildPrompt(seeing, events).messages.slice(0, before.length)).toEqual(before);
  });

  it('counts them as 1,600 tokens each', () => {
    const [seen, blind] = [true, false].map((sees) => promptLength(buildPrompt({ ...agent, sees }, events).messages));
    expect((seen ?? 0) - (blind ?? 0)).toBeGreaterThan(3 * 1600 * 4 - 200);
  });

  it('of turns that are told in short names them', () => {
    const base = { seq: 99, sessionId: 's', turnId: '3', time: 0 };
    const cut: TurnEvent = { ...base, type: 'compaction', tokensBefore: 2, tokensAfter: 1, shortened: 2, dropped: 0 };
    const { messages } = buildPrompt({ ...agent, sees: true }, [...events, cut]);
    expect(messages[1]).toEqual({ role: 'user', content: '[image a.png, image b.gif: left out]\n\nask 1' });
    expect(messages.at(-2)).toHaveProperty('images');
  });

  it('shows the newest where all together are more than one question may have', () => {
    const four = Array.from({ length: 4 }, (_, index): Attachment => {
      return { kind: 'image', name: `${index}.png`, ...large(5 * megabyte - 3) };
    });
    const { messages } = buildPrompt({ ...agent, sees: true }, [...events, ...turn('4', four)]);
    const shown = messages.map((message) => (message.role === 'user' ? (message.images?.length ?? 0) : 0));
    expect(shown.reduce((sum, count) => sum + count, 0)).toBe(4);
    expect(messages[1]?.content).toContain('[image a.png: left out]');
  });

  it('tells of its parts what stands for a picture, never its bytes', () => {
    const parts = promptParts({ ...agent, sees: true }, events.slice(0, 2));
    expect(parts.filter(({ name }) => name === 'attachments').map(({ text }) => text)).toEqual([
      'Attached picture: a.png',
      'Attached picture: b.gif',
    ]);
    expect(JSON.stringify(parts)).not.toContain(png.data);
  });
});
