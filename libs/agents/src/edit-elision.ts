import { refuse, type EditFailure } from './edit-result.ts';
import { isBlank } from './edit-text.ts';

const comment = String.raw`(?://+|#+|--|;+|%+|/\*+|<!--|\{/\*)`;
const dots = String.raw`(?:\.{3,}|…)`;
const words = String.raw`\b(?:rest|remaining|remainder|existing|unchanged|other|previous|same|omitted|as before|no changes?|keep)\b`;
const patterns = [
  // "...", "[...]", "... rest of the file"
  new RegExp(String.raw`^\s*[([]?\s*${dots}\s*(?:[([]?\s*(?:the\s+)?${words}.{0,60})?[)\]]?\s*$`, 'iu'),
  // "// ...", "/* ... */", "# ... existing code ..."
  new RegExp(String.raw`^\s*${comment}\s*[([{]?\s*${dots}[^=;]{0,80}(?:\*/\}?|-->)?\s*$`, 'iu'),
  // "// rest of the function", "# existing code unchanged", "// other methods stay the same ..."
  new RegExp(
    String.raw`^\s*${comment}\s*[([{]?\s*(?:the\s+|all\s+|\.*\s*)?${words}.{0,60}\b(?:code|file|function|method|methods|class|body|implementation|unchanged|same|here|as is|lines|imports|content|logic|it|is|remains?)\b.{0,30}$`,
    'iu',
  ),
];

/** Whether a line stands for lines that the writer left out: `...`, `// ... existing code ...`, `# rest of the file unchanged`. */
export function isElision(line: string): boolean {
  return !isBlank(line) && line.length < 160 && patterns.some((pattern) => pattern.test(line));
}

type Filled = { readonly ok: true; readonly lines: readonly string[]; readonly filled: number } | EditFailure;

/** Lines next to a gap that must be found in the original, at most. */
const anchorLines = 3;

/**
 * The lines with every gap filled from the original, where the lines around the gap say without doubt which were left out; else a refusal.
 * Lines that the original has word for word are no gaps, nor is a bare `...` in a language where that is code.
 */
export function fillElisions(
  lines: readonly string[],
  original: readonly string[],
  options: { readonly dotsAreCode: boolean },
): Filled {
  const own = new Set(original.map((line) => line.trim()));
  const isGap = (line: string): boolean =>
    isElision(line) && !own.has(line.trim()) && !(options.dotsAreCode && /^\s*\.{3}\s*$/u.test(line));
  const gaps = lines.flatMap((line, index) => (isGap(line) ? [index] : []));
  if (gaps.length === 0) return { ok: true, lines, filled: 0 };
  const result: string[] = [];
  let at = 0;
  for (const [index, gap] of gaps.entries()) {
    const before = lines.slice(at, gap);
    const after = lines.slice(gap + 1, gaps[index + 1] ?? lines.length);
    result.push(...before);
    const from = gap === 0 ? 0 : endOf(before, original);
    const to = gap === lines.length - 1 ? original.length : startOf(after, original);
    if (from === undefined || to === undefined || from > to)
      return refuse(
        `Line ${gap + 1} of the answer (${(lines[gap] ?? '').trim()}) leaves code out, and it is not clear which. Write all of it; nothing may be left out.`,
      );
    result.push(...original.slice(from, to));
    at = gap + 1;
  }
  return { ok: true, lines: [...result, ...lines.slice(at)], filled: gaps.length };
}

/** Behind the place of the last lines before a gap; `undefined` unless there is exactly one. */
function endOf(before: readonly string[], original: readonly string[]): number | undefined {
  const solid = before.filter((line) => !isBlank(line));
  for (let count = 1; count <= Math.min(anchorLines, solid.length); count += 1) {
    const found = onlyPlace(solid.slice(-count), original);
    if (found !== undefined) return found.to;
  }
  return undefined;
}

function startOf(after: readonly string[], original: readonly string[]): number | undefined {
  const solid = after.filter((line) => !isBlank(line));
  for (let count = 1; count <= Math.min(anchorLines, solid.length); count += 1) {
    const found = onlyPlace(solid.slice(0, count), original);
    if (found !== undefined) return found.from;
  }
  return undefined;
}

function onlyPlace(
  wanted: readonly string[],
  original: readonly string[],
): { readonly from: number; readonly to: number } | undefined {
  if (!wanted.some((line) => /\w/u.test(line))) return undefined;
  const solid = original.flatMap((line, index) => (isBlank(line) ? [] : [{ index, text: line.trim() }]));
  const places = solid.flatMap((_, at) =>
    wanted.every((line, index) => solid[at + index]?.text === line.trim())
      ? [{ from: solid[at]?.index ?? 0, to: (solid[at + wanted.length - 1]?.index ?? 0) + 1 }]
      : [],
  );
  return places.length === 1 ? places[0] : undefined;
}
