import {
  NootropicError,
  type Parser,
  type Reference,
  type SymbolInfo,
  type SymbolKind,
  type SyntaxFault,
} from '@nootropic/contracts';

const languages: Readonly<Record<string, string>> = {
  ts: 'typescript',
  tsx: 'tsx',
  js: 'javascript',
  py: 'python',
  md: 'markdown',
  txt: 'text',
  json: 'json',
};

const declarations: readonly { readonly form: RegExp; readonly kind: SymbolKind }[] = [
  { form: /^\s*(?:export\s+)?(?:async\s+)?(?:function\*?|def)\s+([\w$]+)/u, kind: 'function' },
  { form: /^\s*(?:export\s+)?(?:abstract\s+)?class\s+([\w$]+)/u, kind: 'class' },
  { form: /^\s*(?:export\s+)?interface\s+([\w$]+)/u, kind: 'interface' },
  { form: /^(?:export\s+)?const\s+([\w$]+)/u, kind: 'constant' },
  { form: /^#{1,6}\s+(.+?)\s*$/u, kind: 'section' },
];

const maxBytes = 5 * 1024 * 1024;

const closing: Readonly<Record<string, string>> = { '(': ')', '[': ']', '{': '}' };

/** Brackets that are not closed, or closed wrongly; strings and comments are not told apart. */
function bracketFaults(text: string): SyntaxFault[] {
  const open: { readonly close: string; readonly line: number }[] = [];
  for (const [index, line] of text.split('\n').entries())
    for (const character of line) {
      const close = closing[character];
      if (close !== undefined) open.push({ close, line: index + 1 });
      else if (')]}'.includes(character) && open.pop()?.close !== character)
        return [{ line: index + 1, text: line.trim().slice(0, 80) }];
    }
  return open.map(({ close, line }) => ({ line, text: `missing ${close}` })).slice(0, 20);
}

function declaredOn(line: string): { name: string; kind: SymbolKind } | undefined {
  for (const { form, kind } of declarations) {
    const name = form.exec(line)?.[1];
    if (name !== undefined) return { name, kind };
  }
  return undefined;
}

/**
 * A `Parser` that reads one line at a time: a declaration reaches to the line before the next one. It knows a few
 * languages by their extension and qualifies no names; enough to drive what stands on the port.
 */
export function createFakeParser(): Parser {
  const language = (path: string): string | undefined => {
    const extension = /\.([^./]+)$/u.exec(path)?.[1]?.toLowerCase() ?? '';
    return Object.hasOwn(languages, extension) ? languages[extension] : undefined;
  };
  const throwIfAborted = (signal: AbortSignal | undefined): void => {
    if (signal?.aborted) throw new NootropicError('ABORTED', undefined, { cause: signal.reason });
  };
  return {
    language,
    async parse(path, text, signal) {
      throwIfAborted(signal);
      if (new TextEncoder().encode(text).length > maxBytes)
        throw new NootropicError('INPUT_INVALID', `${path} is over 5 MB.`);
      const known = language(path) ?? 'text';
      const lines = text.split('\n');
      const borders = lines.flatMap((line, index) =>
        line.trim() !== '' && (lines[index - 1] ?? '').trim() === '' ? [index + 1] : [],
      );
      const faults = known === 'text' || known === 'markdown' ? [] : bracketFaults(text);
      const errors = faults.length === 0 ? {} : { errors: faults };
      if (known === 'text' || known === 'json')
        return { language: known, symbols: [], references: [], imports: [], borders, ...errors };

      const found = lines.flatMap((line, index) => {
        const declared = declaredOn(line);
        return declared ? [{ ...declared, line, startLine: index + 1 }] : [];
      });
      const symbols: SymbolInfo[] = found.map(({ name, kind, line, startLine }, index) => ({
        path,
        name,
        kind,
        startLine,
        endLine: (found[index + 1]?.startLine ?? lines.length + 1) - 1,
        signature: kind === 'section' ? '' : line.trim().replace(/\s*\{.*$/u, ''),
        doc: '',
      }));
      const references: Reference[] = lines.flatMap((line, index) => {
        const at = index + 1;
        const from = symbols.findLast((symbol) => symbol.startLine <= at && at <= symbol.endLine);
        const calls = from?.kind === 'section' ? [] : line.matchAll(/(?<!function\s|def\s)\b([\w$]+)\(/gu);
        return [...calls].map((call) => ({ path, line: at, name: call[1] ?? '', from: from?.name ?? '' }));
      });
      await Promise.resolve();
      throwIfAborted(signal);
      return { language: known, symbols, references, imports: [], borders, ...errors };
    },
    async [Symbol.asyncDispose]() {
      await Promise.resolve();
    },
  };
}
