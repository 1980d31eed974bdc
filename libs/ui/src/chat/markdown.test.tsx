import { renderToStaticMarkup } from 'react-dom/server';
import { describe, expect, it } from 'vitest';
import { UiProvider, type Ui } from '../ui-context.tsx';
import { MarkdownText } from './markdown.tsx';

function html(text: string, canOpenLinks = true): string {
  const ui = { openFile: () => undefined, openLink: canOpenLinks ? () => undefined : undefined } as unknown as Ui;
  return renderToStaticMarkup(
    <UiProvider value={ui}>
      <MarkdownText text={text} />
    </UiProvider>,
  );
}

/** Ways to make a renderer ask another machine for something (https://embracethered.com/blog/posts/2023/bing-chat-data-exfiltration-poc-and-fix/ and what came after). */
const exfiltrations = [
  '![x](https://example.org/?q=secret)',
  '[![x](https://example.org/a.png)](https://example.org)',
  '![x][ref]\n\n[ref]: https://example.org/a.png',
  '<img src="https://example.org/a.png">',
  '<svg><image href="https://example.org/a.svg"/></svg>',
  '<iframe src="https://example.org"></iframe>',
  '<link rel="prefetch" href="https://example.org">',
  '<style>body { background: url(https://example.org/a.png) }</style>',
  '<div style="background:url(https://example.org)">x</div>',
  '<script>fetch("https://example.org")</script>',
  '<video src="https://example.org/a.mp4" autoplay></video>',
  '<a href="https://example.org" ping="https://example.org">x</a>',
  '[x](javascript:alert(1))',
  '[x](data:text/html,<script>alert(1)</script>)',
  '![x](data:image/svg+xml;base64,PHN2Zz4=)',
  '```mermaid\ngraph TD\nA[<img src=https://example.org/a.png>]\n```',
  '<https://example.org/auto>',
  'https://example.org/bare',
];

describe('MarkdownText', () => {
  it.each(exfiltrations)('asks no other machine for anything: %s', (text) => {
    const tags =
      html(text)
        .match(/<[a-z][^>]*>/giu)
        ?.join('\n') ?? '';
    expect(tags).not.toMatch(/<(?:img|iframe|script|style|link|video|svg[^>]*><image|object|embed|form)\b/iu);
    expect(tags).not.toMatch(/\s(?:src|srcset|ping|background|poster|data|action)=/iu);
    expect(tags).not.toMatch(/<a\b/iu);
    expect(tags).not.toMatch(/style="[^"]*url/iu);
  });

  it('shows the address of an image and the host of a link', () => {
    expect(html('![chart](https://example.org/c.png)')).toContain('https://example.org/c.png');
    expect(html(`[the page](${['https://user', 'pw@example.org/a'].join(':')})`)).toContain('>example.org</span>');
    expect(html('[the page](https://example.org/a)', false)).not.toContain('<button');
  });

  it('makes places in files to buttons, in words and in code, and hosts and times to none', () => {
    const shown = html('See src/a.ts:3-9 and `lib/b.py:7`, not example.org:8080 or 10:30.');
    expect(shown.match(/class="nt-file-link"/gu)).toHaveLength(2);
    expect(shown).toContain('a.ts:3');
    expect(shown).toContain('b.py:7');
  });

  it('shows code that is still written without its colours, and does not lose a word', () => {
    expect(html('Look:\n\n```ts\nconst a = 1;')).toContain('const a = 1;');
  });
});
