import type { Parser, SyntaxFault } from '@nootropic/contracts';
import { nodeTakes } from './node-syntax.ts';
import { failed, passed, unable, type ChangedFile, type Judge, type Judging } from './judging.ts';

const name = 'parse';
const mostShown = 8;
const pythonMs = 10_000;

/** Compiles each text of a JSON list on its standard input, and prints for each its fault or null. Runs none of them. */
const pythonScript = `
import ast, json, sys, warnings
warnings.simplefilter("ignore")
faults = []
for text in json.load(sys.stdin):
    try:
        ast.parse(text)
        faults.append(None)
    except (SyntaxError, ValueError) as error:
        faults.append({"line": getattr(error, "lineno", None) or 1, "text": str(getattr(error, "msg", error))})
    except (RecursionError, MemoryError):
        faults.append(None)
print(json.dumps(faults))
`;

/** Files of JSON in which programs allow comments. */
const withComments =
  /(?:^|\/)(?:[jt]sconfig[^/]*\.json|\.?[^/]*rc\.json|\.vscode\/[^/]+|devcontainer\.json|[^/]+\.code-[^/]+|nx\.json|project\.json|biome\.json|turbo\.json|angular\.json|deno\.json)$/iu;

function strictFault(text: string): SyntaxFault | undefined {
  try {
    JSON.parse(text);
    return undefined;
  } catch (error) {
    const message = error instanceof Error ? error.message : '';
    const offset = Number(/position (\d+)/u.exec(message)?.[1] ?? 0);
    return {
      line: text.slice(0, offset).split('\n').length,
      text: 'this is not strict JSON (a comment or a trailing comma?)',
    };
  }
}

/** A use of a macro looks like nothing that a grammar knows. */
function mayBeMacro(language: string | undefined, { text }: SyntaxFault): boolean {
  return (language === 'c' || language === 'cpp') && /\b[A-Z][A-Z0-9_]{2,}\b/u.test(text);
}

/** Faults that were not there; where the old text was broken too, only if there are more of them. */
function newFaults(before: readonly SyntaxFault[], after: readonly SyntaxFault[]): readonly SyntaxFault[] {
  if (after.length <= before.length) return [];
  const left = before.map(({ text }) => text);
  return after.filter(({ text }) => {
    const at = left.indexOf(text);
    if (at >= 0) left.splice(at, 1);
    return at < 0;
  });
}

function shown({ path, after }: ChangedFile, { line, text }: SyntaxFault): string {
  const written = (after ?? '').split('\n')[line - 1]?.trim().slice(0, 160) ?? '';
  return `${path}:${String(line)}: syntax error: ${text}${written === '' || text.includes(written) ? '' : `\n    ${written}`}`;
}

/** Python’s own words, where the parser has none or not as good ones: it reads indentation as Python does. */
async function pythonFaults(files: readonly ChangedFile[], { programs }: Judging): Promise<Map<string, SyntaxFault[]>> {
  const texts = files.flatMap(({ before, after }) => [before ?? '', after ?? '']);
  const end = await programs.run({
    argv: ['python3', '-I', '-c', pythonScript],
    stdin: JSON.stringify(texts),
    timeoutMs: pythonMs,
  });
  const found = new Map<string, SyntaxFault[]>();
  if ('unable' in end || end.exitCode !== 0) return found;
  try {
    const faults = JSON.parse(end.stdout) as (SyntaxFault | null)[];
    for (const [index, { path }] of files.entries()) {
      const after = faults[2 * index + 1];
      if (after && !faults[2 * index]) found.set(path, [after]);
    }
  } catch {
    return found;
  }
  return found;
}

/**
 * Whether texts that were right are now wrong: by the parser, for TypeScript and JavaScript confirmed by Node’s own, strict JSON by itself, and,
 * where programs may run, Python by its own compiler. None of the texts is run.
 */
export function createParseJudge(parser: Parser, { runsPrograms }: { readonly runsPrograms: boolean }): Judge {
  return async function* judge(judging) {
    const { changed, signal } = judging;
    const words: string[] = [];
    let judged = 0;
    let gaveUp: string | undefined;
    const faultsOf = async (path: string, text: string): Promise<readonly SyntaxFault[]> =>
      (await parser.parse(path, text, signal)).errors ?? [];
    for (const file of changed) {
      const { path, before, after, language } = file;
      if (after === undefined || language === undefined || !judgedLanguages.has(language)) continue;
      try {
        const known = before === undefined ? [] : await faultsOf(path, before);
        // What a preprocessor makes of a text is not known: only one that was understood as it is can be broken.
        if ((language === 'c' || language === 'cpp') && (before === undefined || known.length > 0)) continue;
        let faults = newFaults(known, await faultsOf(path, after)).filter((fault) => !mayBeMacro(language, fault));
        if (faults.length > 0 && (language === 'typescript' || /\.[cm]?js$/iu.test(path)))
          if ((await nodeTakes([after]))?.[0] === true) faults = [];
        if (faults.length === 0 && /\.json$/iu.test(path) && !withComments.test(path)) {
          const fault = strictFault(after);
          if (fault && (before === undefined || before.trim() === '' || strictFault(before) === undefined))
            faults = [fault];
        }
        judged += 1;
        words.push(...faults.map((fault) => shown(file, fault)));
      } catch (error) {
        signal?.throwIfAborted();
        gaveUp = `${path}: ${error instanceof Error ? error.message : String(error)}`;
      }
    }
    const python = changed.filter(({ language, after }) => language === 'python' && after !== undefined);
    if (words.length === 0 && runsPrograms && python.length > 0) {
      const found = await pythonFaults(python, judging);
      for (const file of python) words.push(...(found.get(file.path) ?? []).map((fault) => shown(file, fault)));
    }
    if (words.length > 0) {
      const more = words.length - mostShown;
      yield failed(name, [...words.slice(0, mostShown), ...(more > 0 ? [`and ${String(more)} more`] : [])].join('\n'));
    } else if (judged > 0) yield passed(name);
    else if (gaveUp !== undefined) yield unable(name, gaveUp);
  };
}

/** Those with a grammar. */
const judgedLanguages = new Set(
  (
    'typescript tsx javascript python go rust java c cpp csharp ruby php shell css json yaml toml kotlin scala swift' as const
  ).split(' '),
);
