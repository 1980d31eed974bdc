import { renderToStaticMarkup } from 'react-dom/server';
import { describe, expect, it } from 'vitest';
import { newTurn } from './turn-state.ts';
import { TurnView } from './turn-view.tsx';

describe('TurnView', () => {
  it('shows markup in an answer, a question or an error as text', () => {
    const hostile = '<img src=x onerror=alert(1)><script>alert(1)</script>';
    const html = renderToStaticMarkup(
      <TurnView
        turn={{
          ...newTurn(hostile),
          answer: hostile,
          notices: [hostile],
          error: { code: 'INTERNAL', message: hostile, hint: hostile },
        }}
      />,
    );
    expect(html).not.toMatch(/<(?:img|script)/u);
    expect(html).toContain('&lt;img');
  });

  it('names the sources with their lines', () => {
    const html = renderToStaticMarkup(
      <TurnView
        turn={{
          ...newTurn('q'),
          activity: '',
          citations: [{ path: 'a.ts', startLine: 3, endLine: 9, symbol: 'main' }],
        }}
      />,
    );
    expect(html).toContain('a.ts:3-9');
    expect(html).toContain('aria-busy="false"');
  });
});
