import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseJson, readJsonText } from './http-body.ts';

const limits = { bytes: 1000, depth: 4, keys: 5 };

function post(body: string | Uint8Array<ArrayBuffer>, type: string | undefined = 'application/json'): Request {
  return new Request('http://h/', {
    method: 'POST',
    body,
    ...(type !== undefined && { headers: { 'content-type': type } }),
  });
}

describe('readJsonText', () => {
  it('takes JSON, with whatever is said of its characters', async () => {
    expect(await readJsonText(post('{"a":1}'), limits)).toBe('{"a":1}');
    expect(await readJsonText(post('[]', 'Application/JSON; charset=utf-8'), limits)).toBe('[]');
  });

  it('takes no body at all', async () => {
    expect(await readJsonText(new Request('http://h/', { method: 'POST' }), limits)).toBe('');
  });

  it.each(['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x', 'application/jsonx'])(
    'takes no %s',
    async (type) => {
      await expect(readJsonText(post('{"a":1}', type), limits)).rejects.toMatchObject({ code: 'INPUT_INVALID' });
    },
  );

  it('takes nothing that does not say what it is', async () => {
    const bytes = new TextEncoder().encode('{}');
    const request = new Request('http://h/', { method: 'POST', body: bytes });
    await expect(readJsonText(request, limits)).rejects.toMatchObject({ code: 'INPUT_INVALID' });
  });

  it('takes as many bytes as are allowed, and not one more, said or not', async () => {
    const full = `"${'x'.repeat(998)}"`;
    expect(await readJsonText(post(full), limits)).toBe(full);
    await expect(readJsonText(post(`${full} `), limits)).rejects.toMatchObject({ code: 'REQUEST_TOO_LARGE' });
    const unsaid = new ReadableStream<Uint8Array>({
      pull: (controller) => controller.enqueue(new Uint8Array(300).fill(32)),
    });
    const request = new Request('http://h/', {
      ...{ method: 'POST', body: unsaid, duplex: 'half' },
      headers: { 'content-type': 'application/json' },
    });
    await expect(readJsonText(request, limits)).rejects.toMatchObject({ code: 'REQUEST_TOO_LARGE' });
  });

  it('counts depth and members, and not what stands in texts', async () => {
    expect(await readJsonText(post('[[[[1]]]]'), limits)).toBe('[[[[1]]]]');
    await expect(readJsonText(post('[[[[[1]]]]]'), limits)).rejects.toThrow('deeper than 4');
    const five = '{"a":1,"b":2,"c":3,"d":{"e":":[{\\"\\\\"}}';
    expect(await readJsonText(post(five), limits)).toBe(five);
    await expect(readJsonText(post('{"a":1,"b":2,"c":3,"d":{"e":4,"f":5}}'), limits)).rejects.toThrow('more than 5');
  });

  it('does not fall over what is nested without end', async () => {
    const body = '['.repeat(900);
    await expect(readJsonText(post(body), limits)).rejects.toMatchObject({ code: 'INPUT_INVALID' });
  });

  it('passes whatever is within the limits', async () => {
    await fc.assert(
      fc.asyncProperty(fc.jsonValue({ maxDepth: 3 }), async (value) => {
        const text = JSON.stringify(value);
        const read = await readJsonText(post(text), { bytes: 1e6, depth: 64, keys: 1e5 });
        if (!text.includes('__proto__')) expect(parseJson(read)).toEqual(JSON.parse(text));
      }),
    );
  });
});

describe('parseJson', () => {
  it.each([
    '{"__proto__":1}',
    '{"a":[{"__proto__":{"b":1}}]}',
    String.raw`{"\u005f_proto__":1}`,
    String.raw`{"a":{"__pr\u006fto__":{}}}`,
  ])('refuses %s', (text) => {
    expect(() => parseJson(text)).toThrow('__proto__');
  });

  it('takes texts that speak of it', () => {
    expect(parseJson('{"text":"x.__proto__"}')).toEqual({ text: 'x.__proto__' });
  });

  it('says that something is no JSON', () => {
    expect(() => parseJson('{')).toThrow('not JSON');
  });
});
