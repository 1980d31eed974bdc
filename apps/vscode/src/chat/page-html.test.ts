import { describe, expect, it } from 'vitest';
import { pageMessageSchema } from '../../webview/page-messages.ts';
import { pageHtml } from './page-html.ts';

const html = pageHtml({
  source: 'https://*.vscode-cdn.net',
  script: 'https://x/main.js',
  style: 'https://x/main.css',
  nonce: 'n0',
});
const policy = /content="(default-src[^"]*)"/u.exec(html)?.[1]?.split('; ') ?? [];
const directive = (name: string) => policy.find((part) => part.startsWith(`${name} `))?.slice(name.length + 1);

describe('the page', () => {
  it('has a policy that lets nothing in but its own files', () => {
    expect(directive('default-src')).toBe(`'none'`);
    expect(directive('connect-src')).toBe(`'none'`);
    expect(directive('script-src')).toBe(`'nonce-n0' https://*.vscode-cdn.net`);
    expect(directive('style-src')).toBe('https://*.vscode-cdn.net');
    expect(directive('img-src')).toBe('https://*.vscode-cdn.net data: blob:');
    expect(html).not.toMatch(/unsafe-(inline|eval)|http:/u);
  });

  it('has no script or style but by address, and its one script the nonce', () => {
    expect(html.match(/<script[^>]*>/gu)).toEqual(['<script type="module" nonce="n0" src="https://x/main.js">']);
    expect(html).not.toMatch(/<style| on\w+=|javascript:/iu);
  });
});

describe('messages of the page', () => {
  const channel = 'nootropic-page';
  it.each([
    { channel, type: 'open-link', url: 'file:///etc/passwd' },
    { channel, type: 'open-link', url: 'vscode://x/y' },
    { channel, type: 'open-link', url: 'javascript:alert(1)' },
    { channel, type: 'open-link', url: 'command:workbench.action.terminal.new' },
    { channel, type: 'open-file', place: { path: '', line: 1 } },
    { channel, type: 'open-file', place: { path: 'a', line: 0 } },
    { channel, type: 'keep', key: '' },
    { channel, type: 'run', command: 'x' },
    { type: 'ready' },
    'ready',
    null,
  ])('%j is none', (message) => {
    expect(pageMessageSchema.safeParse(message).success).toBe(false);
  });

  it('of the usual kinds are', () => {
    for (const message of [
      { channel, type: 'ready' },
      { channel, type: 'open-link', url: 'https://example.org/a?b=c' },
      { channel, type: 'open-file', place: { path: 'src/a.ts', line: 3 } },
      { channel, type: 'keep', key: 'theme', value: { a: [1] } },
    ])
      expect(pageMessageSchema.safeParse(message).success).toBe(true);
  });
});
