import type {
  Actions,
  GenerateRequest,
  AgentMode,
  Knowledge,
  Message,
  Model,
  ModelInfo,
  SymbolInfo,
  TurnEventBody,
} from '@nootropic/contracts';
import { codeAgent } from './code-agent.ts';
import { runTurn } from './run-turn.ts';
import type { TurnOutcome, TurnRequest } from './turn-request.ts';
import type { TurnStep } from './turn-step.ts';

export type Tree = Map<string, string>;

export interface WorkOptions {
  readonly mode?: AgentMode;
  /** The judge's words about a file, or nothing where it passes. */
  readonly judge?: (path: string, text: string) => string | undefined;
  /** What a command prints; what starts with `fail` ends with code 1. */
  readonly commands?: (line: string, tree: Tree) => string;
  readonly refuse?: string;
  readonly answer?: string;
}

/** Actions on files in memory: every change is judged, and the second one in a row that fails is taken back. */
export function memoryActions(tree: Tree, options: WorkOptions = {}): Actions {
  const failures = new Map<string, { readonly before: string | undefined }>();
  return {
    mode: options.mode ?? 'auto-edit',
    source: async (path) => {
      const text = tree.get(path);
      return text === undefined ? undefined : { text, hash: `hash of ${text}` };
    },
    async *change({ files, callId }) {
      if (options.refuse !== undefined) {
        yield { type: 'approval-request', requestId: callId, action: 'edit', detail: '' };
        yield { type: 'approval-answer', requestId: callId, decision: 'deny', text: options.refuse };
        return { ok: false, state: 'refused', content: `The user refuses: ${options.refuse}` };
      }
      const [file] = files;
      const path = file?.path ?? '';
      const before = tree.get(path);
      const text = String(file?.content ?? '');
      const held = before === undefined ? null : `hash of ${before}`;
      if (file?.expects !== held) return { ok: false, state: 'refused', content: `${path} is not as it was read.` };
      tree.set(path, text);
      const change = before === undefined ? 'created' : 'modified';
      yield { type: 'file-change', path, change, added: 1, removed: 0 };
      const words = options.judge?.(path, text);
      if (options.judge) yield { type: 'check-result', name: 'tests', ok: words === undefined, output: words ?? '' };
      const earlier = failures.get(path);
      if (words === undefined) {
        failures.delete(path);
        return { ok: true, state: 'written', content: `${path} is written.` };
      }
      if (!earlier) {
        failures.set(path, { before });
        return { ok: false, state: 'failed-checks', content: `tests: ${words}` };
      }
      failures.delete(path);
      if (earlier.before === undefined) tree.delete(path);
      else tree.set(path, earlier.before);
      yield { type: 'file-change', path, change: 'modified' };
      yield { type: 'lesson', text: `${path}: ${words}`, paths: [path] };
      return { ok: false, state: 'reverted', content: `Taken back. tests: ${words}` };
    },
    async *run({ line }) {
      const before = new Map(tree);
      const output = options.commands?.(line, tree) ?? `ran ${line}`;
      for (const [path, text] of tree)
        if (before.get(path) !== text)
          yield { type: 'file-change', path, change: before.has(path) ? 'modified' : 'created' };
      const ok = !output.startsWith('fail');
      return { ok, state: 'ran', exitCode: ok ? 0 : 1, content: `exit code ${ok ? 0 : 1}\n${output}` };
    },
    async *ask() {
      return options.answer;
    },
    async *fetch({ url }) {
      return { ok: true, content: `page of ${url}` };
    },
    async *remember({ text }) {
      return { ok: true, content: `Kept: ${text}` };
    },
  };
}

/** Knowledge of the same files. Symbols are `function NAME` to the next `}` at the start of a line. */
export function memoryKnowledge(tree: Tree): Knowledge & { readonly refreshed: () => number } {
  let refreshed = 0;
  let index = new Map(tree);
  const symbols = (): SymbolInfo[] =>
    [...index].flatMap(([path, text]) =>
      [...text.matchAll(/^(?:export )?function (\w+)[\s\S]*?^\}/gmu)].map((match) => ({
        ...{ path, name: match[1] ?? '', kind: 'function' as const, signature: '', doc: '' },
        startLine: text.slice(0, match.index).split('\n').length,
        endLine: text.slice(0, match.index + match[0].length).split('\n').length,
      })),
    );
  const knowledge: Partial<Knowledge> = {
    async *refresh() {
      refreshed += 1;
      index = new Map(tree);
      yield* [];
    },
    read: async (path, range) => {
      const text = tree.get(path);
      if (text === undefined) throw new Error(`no file ${path}`);
      const lines = text.split('\n');
      const { startLine = 1, endLine = lines.length } = range ?? {};
      const last = Math.min(endLine, lines.length);
      return { text: lines.slice(startLine - 1, last).join('\n'), startLine, endLine: last, totalLines: lines.length };
    },
    list: async () => [...tree.keys()],
    search: async (query) =>
      [...index.keys()]
        .filter((path) => path.includes(query) || (index.get(path) ?? '').includes(query))
        .map((path) => ({ path, startLine: 1, endLine: 1, symbol: '', score: 1, snippet: '' })),
    symbol: async (name) =>
      symbols()
        .filter((symbol) => symbol.name === name)
        .map((definition) => ({ definition, callers: [] })),
    graph: async () => ({ symbols: [], nodes: [], truncated: false }),
  };
  return { ...(knowledge as Knowledge), refreshed: () => refreshed };
}

/** A model that a test wrote the answers of, and what it was asked. */
export interface RecordingModel extends Model {
  readonly calls: readonly ModelCall[];
}

type ModelCall = { readonly kind: 'generate'; readonly request: GenerateRequest } | { readonly kind: 'infill' };

export interface Played {
  readonly steps: readonly TurnStep[];
  readonly outcome: TurnOutcome;
  readonly model: RecordingModel;
  readonly tree: Tree;
  /** The messages of each call of the model. */
  readonly prompts: readonly (readonly Message[])[];
  /** Contents of the results, in order. */
  readonly results: readonly string[];
}

export interface PlayOptions extends WorkOptions {
  readonly files?: Readonly<Record<string, string>>;
  readonly info?: Partial<ModelInfo>;
  readonly request?: Partial<TurnRequest>;
  readonly task?: string;
}

export type Script<Reply> = readonly Reply[] | ((prompt: string, index: number) => Reply);

/** Makes a function that lets a scripted model do a task on files in memory, and gives all that happened. */
export function playOn<Reply>(
  createModel: (options: {
    readonly script: readonly Reply[] | ((call: ModelCall, index: number) => Reply);
    readonly info?: Partial<ModelInfo>;
  }) => RecordingModel,
) {
  return (script: Script<Reply>, options: PlayOptions = {}): Promise<Played> => {
    const model = createModel({
      script:
        typeof script === 'function'
          ? (asked, index) => script(asked.kind === 'generate' ? textOf(asked.request.messages) : '', index)
          : script,
      ...(options.info && { info: options.info }),
    });
    return playModel(model, options);
  };
}

async function playModel(model: RecordingModel, options: PlayOptions): Promise<Played> {
  const tree: Tree = new Map(Object.entries(options.files ?? {}));
  let id = 0;
  const steps: TurnStep[] = [];
  const run = runTurn({
    tools: codeAgent.tools,
    model,
    knowledge: memoryKnowledge(tree),
    actions: memoryActions(tree, options),
    messages: [
      { role: 'system', content: codeAgent.system },
      { role: 'user', content: options.task ?? 'Do it.' },
    ],
    limits: { maxTokens: 1024, maxSteps: 40, characters: 60_000 },
    makeId: () => `made-${(id += 1)}`,
    ...options.request,
  });
  for (;;) {
    const next = await run.next();
    if (next.done) {
      const prompts = model.calls.map((call) => (call.kind === 'generate' ? call.request.messages : []));
      return { steps, outcome: next.value, model, tree, prompts, results: resultsOf(steps) };
    }
    steps.push(next.value);
  }
}

export function call(name: string, args: Record<string, unknown> = {}, id?: string) {
  return { call: { name, arguments: args, ...(id !== undefined && { id }) } };
}

export function resultsOf(steps: readonly TurnEventBody[]): string[] {
  return steps.flatMap((step) => (step.type === 'tool-result' ? [step.content] : []));
}

export function textOf(messages: readonly Message[]): string {
  return messages.map(({ content }) => content).join('\n');
}

export function fence(code: string, language = 'ts'): string {
  return `\`\`\`${language}\n${code}\n\`\`\`\n`;
}
