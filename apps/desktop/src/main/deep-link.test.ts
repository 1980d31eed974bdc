import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { deepLinkIn, readDeepLink } from './deep-link.ts';

describe('readDeepLink', () => {
  it('knows three things to ask for', () => {
    expect(readDeepLink('nootropic://open?folder=%2Fhome%2Fme%2Fcode')).toEqual({
      type: 'open',
      folder: '/home/me/code',
    });
    expect(readDeepLink('nootropic://open?folder=C%3A%5Ccode')).toEqual({ type: 'open', folder: 'C:\\code' });
    expect(readDeepLink('nootropic://ask?text=why%3F%0Aand+how')).toEqual({
      type: 'command',
      command: { type: 'ask', text: 'why?\nand how' },
    });
    const id = '0190f3a1-7b1c-7def-8123-456789abcdef';
    expect(readDeepLink(`nootropic://session/${id}`)).toEqual({
      type: 'command',
      command: { type: 'open-session', sessionId: id },
    });
  });

  it.each([
    'nootropic://',
    'nootropic://open',
    'nootropic://open?folder=relative/path',
    'nootropic://open?folder=%2F%2Fserver%2Fshare',
    String.raw`nootropic://open?folder=%5C%5Cserver%5Cshare`,
    'nootropic://open?folder=%2Fa&folder=%2Fb',
    'nootropic://open?folder=%2Fa&run=1',
    'nootropic://open/run?folder=%2Fa',
    'nootropic://open?folder=%2Fa%00b',
    'nootropic://open?folder=%2Fa%E2%80%AEb',
    'nootropic://me@open?folder=%2Fa',
    'nootropic://open:80?folder=%2Fa',
    'nootropic://open?folder=%2Fa#b',
    'nootropic://ask?text=',
    'nootropic://ask?text=a%1B%5B2J',
    'nootropic://session/latest',
    'nootropic://session/0190f3a1-7b1c-7def-8123-456789abcdef?x=1',
    'nootropic://settings?set=models.chat',
    'https://nootropic/open?folder=%2Fa',
    `nootropic://ask?text=${'a'.repeat(30_000)}`,
  ])('does nothing for %s', (address) => {
    expect(readDeepLink(address)).toBeUndefined();
  });

  it('never throws, and gives no text or path with signs that steer', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.string({ unit: 'binary' }), fc.webUrl()),
        fc.constantFrom('open?folder=', 'ask?text=', 'session/', ''),
        (rest, start) => {
          const link = readDeepLink(`nootropic://${start}${rest}`);
          const said = JSON.stringify(link ?? {});
          expect(said).not.toMatch(/\\u0000|\\u001b|\u202E/u);
        },
      ),
      { numRuns: 1000 },
    );
  });
});

describe('deepLinkIn', () => {
  it('takes the one address among the arguments of a start, and no flag of any kind', () => {
    expect(deepLinkIn(['/opt/nootropic', '--no-sandbox', 'nootropic://ask?text=a'])).toMatchObject({ type: 'command' });
    expect(deepLinkIn(['/opt/nootropic', 'nootropic://ask?text=a', 'nootropic://ask?text=b'])).toBeUndefined();
    expect(deepLinkIn(['--ask=nootropic://ask?text=a'])).toBeUndefined();
  });
});
