import {
  anthropicRequestSchema,
  ollamaChatSchema,
  ollamaGenerateSchema,
  openaiChatRequestSchema,
  openaiResponseRequestSchema,
} from '@nootropic/contracts';
import { onePixelImages } from '@nootropic/testing';
import { describe, expect, it } from 'vitest';
import { readAnthropicRequest } from './anthropic-request.ts';
import { readOllamaChat, readOllamaPrompt, readOllamaText } from './ollama-request.ts';
import { readChatRequest } from './openai-chat-request.ts';
import { readResponseRequest } from './openai-responses-request.ts';
import { imageFromData, imageFromUrl } from './wire-images.ts';

const [png, gif] = onePixelImages;
const url = `data:image/png;base64,${png.data}`;

describe('a picture of another program', () => {
  it('is of the kind that its bytes say, whatever it is called', () => {
    expect(imageFromData(png.data)).toEqual({ image: png });
    expect(imageFromUrl(`data:image/jpeg;base64,${gif.data}`)).toEqual({ image: gif });
    expect(imageFromData(`${png.data.slice(0, 40)}\r\n${png.data.slice(40)}`)).toEqual({ image: png });
    const webp = btoa('RIFF\u0001\u0000\u0000\u0000WEBPVP8 ');
    expect(imageFromData(webp)).toMatchObject({ image: { mediaType: 'image/webp' } });
    expect(imageFromData('/9j/4AAQ')).toMatchObject({ image: { mediaType: 'image/jpeg' } });
  });

  it.each([
    undefined,
    5,
    '',
    'AAAA',
    'not base64!',
    'iVBORw0KGgo',
    png.data.replace(/.$/u, '-'),
    'a'.repeat(7_000_004),
  ])('is refused where it is none: %#', (data) => {
    expect(imageFromData(data)).toHaveProperty('why');
  });

  it('is not fetched', () => {
    for (const address of ['https://example.org/a.png', 'file:///etc/passwd', '//a/b.png', undefined])
      expect(imageFromUrl(address)).toEqual({ why: expect.stringContaining('not fetched') as string });
  });
});

describe('requests with pictures', () => {
  it('of the chat API of OpenAI', () => {
    const content = [
      { type: 'text', text: 'What is ' },
      { type: 'image_url', image_url: { url, detail: 'low' } },
      { type: 'image_url', image_url: `data:image/gif;base64,${gif.data}` },
      { type: 'text', text: 'this?' },
    ];
    const read = (message: object) =>
      readChatRequest(openaiChatRequestSchema.parse({ model: 'm', messages: [message] })).ask.messages;
    expect(read({ role: 'user', content })).toEqual([{ role: 'user', content: 'What is this?', images: [png, gif] }]);
    const elsewhere = [{ type: 'image_url', image_url: { url: 'https://example.org/a.png' } }];
    expect(() => read({ role: 'user', content: elsewhere })).toThrow(
      expect.objectContaining({ code: 'INPUT_INVALID', cause: { param: 'messages[0].content[0]' } }),
    );
  });

  it('of the Responses API, also in results of tools', () => {
    const image = { type: 'input_image', image_url: url };
    const read = (input: readonly object[]) =>
      readResponseRequest(openaiResponseRequestSchema.parse({ model: 'm', input }), []).ask.messages;
    expect(read([{ role: 'user', content: [{ type: 'input_text', text: 'This?' }, image] }])).toEqual([
      { role: 'user', content: 'This?', images: [png] },
    ]);
    const call = { type: 'function_call', call_id: 'c', name: 'look', arguments: '{}' };
    expect(read([call, { type: 'function_call_output', call_id: 'c', output: [image] }]).slice(1)).toEqual([
      { role: 'tool', toolCallId: 'c', name: 'look', content: '' },
      { role: 'user', content: 'What look showed:', images: [png] },
    ]);
    expect(() => read([{ role: 'system', content: [image] }])).toThrow(/in this place/u);
  });

  it('of the API of Anthropic, also in results of tools', () => {
    const image = { type: 'image', source: { type: 'base64', media_type: 'image/png', data: png.data } };
    const read = (messages: readonly object[]) =>
      readAnthropicRequest(anthropicRequestSchema.parse({ model: 'm', max_tokens: 5, messages })).ask.messages;
    expect(read([{ role: 'user', content: [image, { type: 'text', text: 'This?' }] }])).toEqual([
      { role: 'user', content: 'This?', images: [png] },
    ]);
    const results = ['a', 'b'].map((id) => ({ type: 'tool_result', tool_use_id: id, content: [image] }));
    const told = read([
      { role: 'assistant', content: ['a', 'b'].map((id) => ({ type: 'tool_use', id, name: 'read', input: {} })) },
      { role: 'user', content: [...results, { type: 'text', text: 'Well?' }] },
    ]);
    expect(told.slice(1)).toEqual([
      { role: 'tool', toolCallId: 'a', name: 'read', content: '[picture 1, shown below]' },
      { role: 'tool', toolCallId: 'b', name: 'read', content: '[picture 2, shown below]' },
      { role: 'user', content: 'Well?', images: [png, png] },
    ]);
    const elsewhere = { type: 'image', source: { type: 'url', url: 'https://example.org/a.png' } };
    expect(() => read([{ role: 'user', content: [elsewhere] }])).toThrow(/messages\.0\.content\.0: images are not/u);
  });

  it('of the API of Ollama', () => {
    const chat = (message: object) =>
      readOllamaChat(ollamaChatSchema.parse({ model: 'm', messages: [message] })).messages;
    expect(chat({ role: 'user', content: 'This?', images: [png.data] })).toEqual([
      { role: 'user', content: 'This?', images: [png] },
    ]);
    expect(() => chat({ role: 'system', content: 'x', images: [png.data] })).toThrow(/messages of the user/u);
    const body = ollamaGenerateSchema.parse({ model: 'm', prompt: 'This?', images: [png.data] });
    expect(readOllamaPrompt(body).messages).toEqual([{ role: 'user', content: 'This?', images: [png] }]);
    expect(() => readOllamaText({ ...body, raw: true })).toThrow(/images/u);
  });
});
