import type { PageText } from '@nootropic/contracts';
import TurndownService from 'turndown';

/** What of a page is no text of it. */
const withoutText = [
  'script',
  'style',
  'noscript',
  'template',
  'svg',
  'canvas',
  'iframe',
  'form',
  'nav',
  'button',
] as const;
/** Nested deeper than this a page is taken apart without its structure: the parser and the writer both recurse. */
const deepest = 400;
const mostTags = 300_000;
/** Tags that hold nothing, or that the next one of their kind ends. */
const withoutEnd = /^(?:area|base|br|col|embed|hr|img|input|link|meta|p|li|dt|dd|td|tr|th|source|track|wbr)$/iu;

/**
 * A page as Markdown: headings, lists, links and code stay what they are; scripts, styles, navigation, forms, comments
 * and what is hidden by its own style are left out; style sheets are not read. Never throws: what
 * cannot be read as a tree - nested too deeply, or broken - gives its text without structure.
 */
export function htmlToText(html: string): PageText {
  const title = decodeEntities(/<title[^<>]*>([^<]*)<\/title/iu.exec(html)?.[1] ?? '')
    .replace(/\s+/gu, ' ')
    .trim();
  if (isPlain(html)) {
    try {
      const service = new TurndownService({ headingStyle: 'atx', codeBlockStyle: 'fenced', bulletListMarker: '-' });
      service.remove([...withoutText] as Parameters<TurndownService['remove']>[0]);
      service.remove(['title']);
      // Pictures say nothing as text, and some hold themselves in their address.
      service.addRule('pictures', {
        filter: ['img', 'picture', 'video', 'audio'],
        replacement: (_content, node) => ('getAttribute' in node ? (node.getAttribute('alt') ?? '') : ''),
      });
      // Added last, so that it counts before what paragraphs and the like become.
      service.addRule('hidden', { filter: (node) => isHidden(node), replacement: () => '' });
      return { title, text: tidy(service.turndown(html)) };
    } catch {
      // Broken beyond what the parser takes.
    }
  }
  return { title, text: tidy(decodeEntities(stripTags(html))) };
}

/** Ways to write text that nobody sees: it was put there for programs that read the page. */
const hiddenStyle =
  /(?:^|;)\s*(?:display\s*:\s*none|visibility\s*:\s*(?:hidden|collapse)|opacity\s*:\s*0(?:\.0+)?%?\s*(?:;|!|$)|font-size\s*:\s*0(?:\.0+)?(?:px|em|rem|pt|%)?\s*(?:;|!|$)|(?:text-indent|left|top|margin-left)\s*:\s*-\d{3,}|clip-path\s*:\s*inset\(\s*(?:50|100)%)/iu;

function isHidden(node: { getAttribute?(name: string): string | null }): boolean {
  if (typeof node.getAttribute !== 'function') return false;
  const style = node.getAttribute('style') ?? '';
  return node.getAttribute('hidden') !== null || (style.length < 10_000 && hiddenStyle.test(style));
}

/** Characters without a shape: they hide words from a reader, or say them to a program only. Joiners within words and emoji stay. */
const shapeless =
  /[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\u3164\ufeff\uffa0\ufff0-\ufffb\u{1d173}-\u{1d17a}\u{e0000}-\u{e0fff}]/gu;

/** Whether a page can be read as a tree without endangering the stack. */
function isPlain(html: string): boolean {
  let depth = 0;
  let tags = 0;
  // No two parts of this pattern take the same character more than 40 times over, so that no page makes it slow.
  for (const [tag, slash = '', name = ''] of html.matchAll(/<(\/?)([a-z][\w-]{0,40})[^<>]*>/giu)) {
    tags += 1;
    if (tags > mostTags) return false;
    if (slash !== '') depth = Math.max(0, depth - 1);
    else if (!tag.endsWith('/>') && !withoutEnd.test(name)) depth += 1;
    if (depth > deepest) return false;
  }
  return true;
}

function stripTags(html: string): string {
  return html
    .replace(/<(script|style)\b[^]*?(?:<\/\1\s*>|$)/giu, ' ')
    .replace(/<!--[^]*?(?:-->|$)/gu, ' ')
    .replace(/<\/?(?:p|div|br|li|tr|h[1-6]|pre|section|article|table|ul|ol)\b[^<>]*>/giu, '\n')
    .replace(/<[^<>]*>/gu, ' ');
}

const entities: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'", nbsp: ' ' };

function decodeEntities(text: string): string {
  return text.replace(/&(?:#\d{1,7}|#x[\da-f]{1,6}|\w{2,8});/giu, (whole) => {
    const name = whole.slice(1, -1).toLowerCase();
    if (!name.startsWith('#')) return entities[name] ?? whole;
    const code = name.startsWith('#x') ? Number.parseInt(name.slice(2), 16) : Number(name.slice(1));
    return code > 0 && code <= 0x10ffff && !(code >= 0xd800 && code <= 0xdfff) ? String.fromCodePoint(code) : '\ufffd';
  });
}

/** A NUL is no text; more than two line ends in a row say no more than two; an address in place of a picture says nothing. */
function tidy(text: string): string {
  const lines = text
    .replaceAll('\0', '\ufffd')
    .replace(shapeless, '')
    .replace(/\(data:[^()\s]*\)/gu, '()')
    .split('\n');
  const kept = lines.map((line) => line.trimEnd()).join('\n');
  return `${kept.replace(/\n{3,}/gu, '\n\n').trim()}\n`;
}
