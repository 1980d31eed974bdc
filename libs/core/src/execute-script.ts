/** What one run is told, as lines for `sh`. */
export interface ScriptPlan {
  /** The folder with the program, which can be read. */
  readonly source: string;
  /** Whether the folder that it begins in is shown as `workspace`. */
  readonly hasWorkspace: boolean;
  /** Nobody can guess it. */
  readonly mark: string;
  readonly compile?: readonly string[];
  readonly run: readonly string[];
}

/**
 * Copies the program to where nothing of the machine can be written, compiles it there, and becomes it. What it writes lies in memory and is gone with it.
 * Before the program begins, the mark is written to standard error: without it, nothing of the program was run.
 */
export function runScript({ source, hasWorkspace, mark, compile, run }: ScriptPlan): string {
  const say = (what: string): string => `printf '%s\\n' ${quoted(`${mark}:${what}`)} >&2`;
  return [
    'place=${TMPDIR:-/tmp}',
    ...(hasWorkspace ? ['ln -s "$PWD" "$place/workspace" || exit 1'] : []),
    `mkdir "$place/work" && cp -R ${quoted(source)}/. "$place/work" && cd "$place/work" || exit 1`,
    ...(compile ? [`${compile.map(quoted).join(' ')} || { ${say('compile')}; exit 1; }`] : []),
    say('run'),
    `exec ${run.map(quoted).join(' ')} "$@"`,
  ].join('\n');
}

function quoted(word: string): string {
  return `'${word.replaceAll("'", String.raw`'\''`)}'`;
}

/** What the script said of itself, and everything else as it came. */
export interface MarkReader {
  /** How far it came: `run`, `compile`, or nothing yet. */
  stage(): 'run' | 'compile' | undefined;
  /** Takes a piece of standard error and gives what is to be shown of it. */
  take(text: string): string;
  /** What was held back, since it could have become a mark. */
  rest(): string;
}

export function createMarkReader(mark: string): MarkReader {
  let stage: 'run' | 'compile' | undefined;
  let held = '';
  const pattern = new RegExp(`${mark}:(run|compile)\\n`, 'u');
  return {
    stage: () => stage,
    take(text) {
      if (stage === 'run') return text;
      const all = held + text;
      const found = pattern.exec(all);
      if (found) {
        stage = found[1] as 'run' | 'compile';
        held = '';
        return all.slice(0, found.index) + all.slice(found.index + found[0].length);
      }
      const from = startOf(all, mark);
      held = all.slice(from);
      return all.slice(0, from);
    },
    rest() {
      const rest = held;
      held = '';
      return rest;
    },
  };
}

/** Where a mark that is not whole yet may begin at the end of a text. */
function startOf(text: string, mark: string): number {
  const whole = text.lastIndexOf(mark);
  // Behind the mark stand a colon, a word of at most seven letters and a line break.
  if (whole >= 0 && text.length - whole < mark.length + 10) return whole;
  for (let length = Math.min(mark.length - 1, text.length); length > 0; length -= 1)
    if (text.endsWith(mark.slice(0, length))) return text.length - length;
  return text.length;
}
