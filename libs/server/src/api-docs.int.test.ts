import type { Assistant } from '@nootropic/contracts';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { serve, type Served } from './serve.ts';

let served: Served;

beforeEach(async () => {
  served = await serve({ assistant: {} as Assistant, token: 'd'.repeat(43), version: '1.2.3', openPort: 0 });
});

afterEach(async () => {
  await served[Symbol.asyncDispose]();
});

const get = (path: string): Promise<Response> => fetch(`${served.url}${path}`);

describe('the pages of the API', () => {
  it('gives the document, of the assistant and of the standard APIs', async () => {
    const response = await get('/openapi.json');
    expect(response.headers.get('content-type')).toBe('application/json');
    const document = (await response.json()) as { openapi: string; info: { version: string }; paths: object };
    expect(document).toMatchObject({ openapi: expect.stringMatching(/^3\./u) as string, info: { version: '1.2.3' } });
    expect(Object.keys(document.paths)).toEqual(expect.arrayContaining(['/turns', '/v1/chat/completions']));
  });

  it('shows it with what lies here alone, and no script within the page', async () => {
    const response = await get('/api-docs');
    expect(response.headers.get('content-type')).toBe('text/html; charset=utf-8');
    const policy = response.headers.get('content-security-policy') ?? '';
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("script-src 'self'");
    expect(policy).not.toContain('unsafe');
    const html = await response.text();
    expect(html).not.toMatch(/<script>|\son\w+=|\sstyle=/u);
    const assets = [...html.matchAll(/(?:src|href)="(?<at>\/[^"]+)"/gu)].map(({ groups }) => groups?.['at'] ?? '');
    expect(assets).toHaveLength(3);
    expect(html).not.toMatch(/(?:src|href)="(?!\/|data:,)/u);
    for (const at of assets) {
      const asset = await get(at);
      expect([at, asset.status]).toEqual([at, 200]);
      expect((await asset.text()).length).toBeGreaterThan(100);
    }
  });

  it('are not on the port without keys', async () => {
    expect((await fetch(`http://127.0.0.1:${String(served.openPort)}/api-docs`)).status).toBe(404);
  });
});
