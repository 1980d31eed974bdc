import {
  functionRange,
  importElsewhere,
  likeFlag,
  likeLastTest,
  operatorGuesses,
  replaceModule,
  replaceWord,
  withoutFunction,
  wordOf,
  type LineRule,
} from './weak-rules.ts';
import type { WeakView } from './weak-view.ts';
import { block, fenced, plainBody, weakQuirks, writeChange, type WeakMove, type WeakStyle } from './weak-writing.ts';

export interface WeakModelOptions {
  readonly view: WeakView;
  readonly random: () => number;
  /** False: it does all but write changes. */
  readonly edits: boolean;
  /** Told of each misbehaviour. */
  readonly onQuirk?: (quirk: string) => void;
}

type Steps<T = void> = Generator<WeakMove, T>;
type Outcome = 'done' | 'failing' | 'reverted' | 'same';

interface Job {
  readonly path: string;
  readonly rule?: LineRule;
  /** The whole of a new file. */
  readonly content?: readonly string[];
}

/** What it was told is not enough to go on with. */
class GivesUp extends Error {}

const code = /\.(?:js|ts|py|c|h|sh)$/u;

/**
 * Does a task as a weak model does: by general rules of its kind, on nothing but the text that it was sent, with first attempts that are wrong,
 * and with no way to mend them but what the answers say. Yields what it does; the last words are the return value.
 */
export function* weakWork(options: WeakModelOptions): Steps<string> {
  try {
    return yield* new Worker(options).work();
  } catch (cause) {
    if (cause instanceof GivesUp) return `I do not know how to go on: ${cause.message}`;
    throw cause;
  }
}

class Worker {
  private readonly view: WeakView;
  private readonly random: () => number;
  private readonly options: WeakModelOptions;
  /** What it meant each file to hold. */
  private readonly meant = new Map<string, readonly string[]>();
  private isCareful = false;

  constructor(options: WeakModelOptions) {
    this.options = options;
    this.view = options.view;
    this.random = options.random;
  }

  *work(): Steps<string> {
    const { task } = this.view;
    const flag = /flag `--([\w-]+)`.*next to `--([\w-]+)`/su.exec(task);
    const renamed = /[Rr]ename the \w+ `(\w+)` to `(\w+)`/u.exec(task);
    const module = /(?:import|include|sources)\b[^`]*`(\w+)` to `(\w+)`/u.exec(task);
    const moved = /Move the function `(\w+)` from (\S+) to a new file ([\w./-]+\w)/u.exec(task);
    const tested = /(?:test|check) for `(\w+)`/u.exec(task);
    const broken = /tests? of `(\w+)`/u.exec(task);
    if (flag) yield* this.flag(flag[2] ?? '', flag[1] ?? '');
    else if (renamed) yield* this.everywhere(renamed[1] ?? '', replaceWord(renamed[1] ?? '', renamed[2] ?? ''));
    else if (module) yield* this.everywhere(module[1] ?? '', replaceModule(module[1] ?? '', module[2] ?? ''));
    else if (moved) yield* this.move(moved[1] ?? '', moved[2] ?? '', moved[3] ?? '');
    else if (tested) yield* this.test(tested[1] ?? '');
    else if (broken) return yield* this.fix(broken[1] ?? '');
    else throw new GivesUp('I was not shown a task that I know.');
    return (yield* this.mend()) ? 'Done; the tests pass.' : 'The tests still fail.';
  }

  *flag(known: string, fresh: string): Steps {
    const named = [...this.view.task.matchAll(/\bsrc\/[\w./-]+\w|\b(?:app|bin|lib)\/[\w./-]+\w/gu)].map(
      ([path]) => path,
    );
    yield* this.all(named.map((path) => ({ path, rule: likeFlag(known, fresh) })));
  }

  /** Wherever a word was shown; then it searches again, and where tests still fail it looks into every file. */
  *everywhere(word: string, rule: LineRule): Steps {
    const changed = new Set<string>();
    for (let round = 0; round < 3; round += 1) {
      yield* this.ask('search', { query: word });
      if (round === 2 || (round === 1 && changed.size === 0)) yield* this.lookAround();
      const paths = this.view.mentioning(wordOf(word)).filter((path) => code.test(path) && !changed.has(path));
      for (const path of paths) changed.add(path);
      yield* this.all(paths.map((path) => ({ path, rule })));
      if (round > 0 && paths.length === 0 && (yield* this.passes())) return;
    }
  }

  *move(name: string, from: string, to: string): Steps {
    const source = yield* this.read(from);
    const range = functionRange(source, name);
    if (!range) throw new GivesUp(`${name} is not in what I was shown of ${from}.`);
    const body = source.slice(range.from, range.to + 1);
    const stem = (path: string) => path.slice(path.lastIndexOf('/') + 1).replace(/\.\w+$/u, '');
    const header = /with a header ([\w./-]+\w)/u.exec(this.view.task)?.[1];
    const oldHeader = header === undefined ? undefined : from.replace(/\.\w+$/u, '.h');
    const declares = new RegExp(`\\b${name}\\(.*\\);$`, 'u');
    const jobs: Job[] = [];
    if (header !== undefined && oldHeader !== undefined) {
      const declared = (yield* this.read(oldHeader)).filter((line) => declares.test(line));
      jobs.push({ path: header, content: declared });
      jobs.push({ path: to, content: [`#include "${header.slice(header.lastIndexOf('/') + 1)}"`, '', ...body] });
    } else jobs.push({ path: to, content: body });
    yield* this.ask('search', { query: name });
    yield* this.lookAround();
    const users = this.view
      .mentioning(wordOf(name))
      .filter((path) => code.test(path) && path !== from && path !== oldHeader && path !== to);
    for (const path of users) jobs.push({ path, rule: importElsewhere(name, stem(from), stem(to)) });
    jobs.push({ path: from, rule: withoutFunction(name) });
    if (oldHeader !== undefined)
      jobs.push({ path: oldHeader, rule: (lines) => lines.filter((line) => !declares.test(line)) });
    yield* this.all(jobs);
  }

  *test(name: string): Steps {
    const path = /\b(?:to )(tests?\/[\w./-]+\w)/u.exec(this.view.task)?.[1];
    const [, asked, result] = /`([^`]+)` is `([^`]+)`/u.exec(this.view.task) ?? [];
    if (path === undefined || asked === undefined || result === undefined)
      throw new GivesUp('I was not told what to test.');
    yield* this.all([{ path, rule: likeLastTest(name, asked, result) }]);
  }

  /** Guesses at operators, one after the other, until the tests pass. */
  *fix(name: string): Steps<string> {
    yield* this.passes();
    yield* this.ask('search', { query: name });
    const defined = new RegExp(`^(?:export )?(?:function ${name}\\b|def ${name}\\(|int ${name}\\(|${name}\\(\\))`, 'u');
    const [path] = this.view
      .mentioning(defined)
      .filter((each) => code.test(each) && !each.startsWith('test') && !each.endsWith('.h'));
    if (path === undefined) throw new GivesUp(`I was not shown where ${name} is.`);
    const original = yield* this.read(path);
    const guesses = operatorGuesses(original, name)
      .map((guess) => ({ guess, at: this.random() }))
      .toSorted((a, b) => a.at - b.at);
    for (const { guess } of guesses) {
      yield* this.all([{ path, rule: guess }]);
      if (yield* this.passes()) return `Corrected ${path}.`;
    }
    return 'I could not find it.';
  }

  /** Makes changes one after the other; what was taken back with another one is made again. */
  private *all(jobs: readonly Job[]): Steps {
    const queue = [...jobs];
    for (let budget = 3 * jobs.length + 2; queue.length > 0 && budget > 0; budget -= 1) {
      const job = queue.shift();
      if (!job) return;
      const outcome = job.content
        ? yield* this.make(job.path, job.content)
        : yield* this.change(job.path, job.rule ?? ((lines) => lines));
      if (outcome !== 'reverted') continue;
      this.isCareful = true;
      const back = this.view.last;
      const again = jobs.filter(({ path }) => back.includes(path));
      for (const { path } of again) this.view.forget(path);
      queue.unshift(...again.filter((each) => !queue.includes(each)));
    }
  }

  private *make(path: string, content: readonly string[]): Steps<Outcome> {
    const call = { name: 'write', arguments: { path } };
    yield* this.write({ say: `I make ${path}.`, call, body: fenced(content) });
    const { last } = this.view;
    if (last.includes('exists already')) return 'same';
    return this.outcome(path);
  }

  private *change(path: string, rule: LineRule): Steps<Outcome> {
    let quirk = this.isCareful ? 'none' : (weakQuirks[Math.floor(this.random() * weakQuirks.length)] ?? 'none');
    let style: WeakStyle = (['whole file', 'blocks', 'diff'] as const)[Math.floor(this.random() * 3)] ?? 'blocks';
    for (let attempt = 0; attempt < 6; attempt += 1) {
      const lines = yield* this.read(path);
      const next = rule(lines);
      if (next.join('\n') === lines.join('\n')) return 'same';
      this.meant.set(path, next);
      const change = { path, lines, next };
      let move = writeChange(change, style, quirk);
      if (!move.fits) {
        quirk = 'none';
        move = writeChange(change, style, 'none');
      }
      if (quirk !== 'none') this.options.onQuirk?.(quirk);
      const { fits: _, ...step } = move;
      yield* this.write({ say: 'I change it.', ...step });
      const wasBroken = quirk === 'broken code';
      const wasWrongLine = quirk === 'garbled line';
      quirk = 'none';
      let { last } = this.view;
      if (/^Now the change of |You have not read .*nothing was changed/mu.test(last)) {
        yield* this.write({ body: plainBody(change, last.includes('<<<<<<< SEARCH') ? 'blocks' : 'whole file') });
        last = this.view.last;
      }
      const nearest = /The nearest lines of \S+ are:\n((?:\d+: ?.*\n)+)/u.exec(last)?.[1];
      if (nearest !== undefined) {
        const shown = nearest
          .trimEnd()
          .split('\n')
          .map((line) => line.replace(/^\d+: ?/u, ''));
        const changed = rule(shown);
        if (changed.join('\n') === shown.join('\n'))
          throw new GivesUp(`the nearest lines of ${path} do not show what to change`);
        yield* this.write({ say: 'As the lines really are:', body: block(shown, changed) });
        last = this.view.last;
      }
      if (/This changes nothing/u.test(last)) return 'same';
      if (/Nothing was changed/u.test(last)) {
        // Only what the words say helps from here on. It believes its own lines until it is shown the true ones.
        if (wasWrongLine && nearest === undefined) throw new GivesUp(last);
        if (last.includes('<<<<<<< SEARCH')) style = 'blocks';
        else if (last.includes('a unified diff')) style = 'diff';
        else if (last.includes('the whole new file')) style = 'whole file';
        else throw new GivesUp(last);
        continue;
      }
      const outcome = this.outcome(path);
      if (outcome !== 'failing' || !wasBroken) return outcome;
      // It was its own mistake, and the words of the check say so.
      if (!/["(]|line|unexpected|syntax|parse/iu.test(last)) throw new GivesUp(last);
      yield* this.write({
        say: 'A slip. Once more, whole:',
        call: { name: 'edit', arguments: { path } },
        body: fenced(next),
      });
      return this.outcome(path);
    }
    throw new GivesUp(`six attempts at ${path} came to nothing`);
  }

  /** What the answer to a change says. */
  private outcome(path: string): Outcome {
    const { last } = this.view;
    this.view.forget(path);
    if (/^Taken back/mu.test(last)) return 'reverted';
    if (/It is on the disk, but/u.test(last)) return 'failing';
    if (/^Done: /mu.test(last)) return 'done';
    throw new GivesUp(last);
  }

  /** Where tests fail at the end, files are looked at again; one that is not as it was meant is written once more. */
  private *mend(): Steps<boolean> {
    if (yield* this.passes()) return true;
    this.isCareful = true;
    for (const [path, meant] of this.meant) {
      this.view.forget(path);
      const lines = yield* this.read(path);
      if (lines.join('\n') !== meant.join('\n')) yield* this.all([{ path, rule: () => meant }]);
    }
    return yield* this.passes();
  }

  private *passes(): Steps<boolean> {
    const line = [...this.view.task.matchAll(/ with `([^`]+)`/gu)].at(-1)?.[1];
    if (line === undefined) throw new GivesUp('I was not told how to check.');
    yield* this.ask('run', { line });
    return this.view.last.includes('Exit code 0');
  }

  /** Lists the folders and reads what is code and was not shown. */
  private *lookAround(): Steps {
    yield* this.ask('list', {});
    const listed = new Set(
      [...this.view.last.matchAll(/(?:^|[\s])((?:[\w.-]+\/)*[\w.-]+\.\w+)\b/gmu)].map(([, path]) => path ?? ''),
    );
    const folders = [...this.view.last.matchAll(/(?:^|\s)([\w.-]+)\/(?=\s|$)/gmu)].map(([, path]) => path ?? '');
    for (const folder of folders) {
      yield* this.ask('list', { path: folder });
      for (const [, path = ''] of this.view.last.matchAll(/(?:^|\s)((?:[\w.-]+\/)*[\w.-]+\.\w+)\b/gmu))
        listed.add(path.startsWith(`${folder}/`) ? path : `${folder}/${path}`);
    }
    for (const path of listed)
      if (code.test(path) && this.view.whole(path) === undefined) yield* this.ask('read', { path });
  }

  private *read(path: string): Steps<readonly string[]> {
    for (let attempt = 0; attempt < 2; attempt += 1) {
      const whole = this.view.whole(path);
      if (whole !== undefined) return whole;
      yield* this.ask('read', { path });
      // Weak models ask for the same twice.
      if (this.random() < 0.15 && !this.isCareful) {
        this.options.onQuirk?.('repeated call');
        yield* this.ask('read', { path });
      }
    }
    const whole = this.view.whole(path);
    if (whole === undefined) throw new GivesUp(`I was not shown ${path}: ${this.view.last}`);
    return whole;
  }

  private *ask(name: string, args: Readonly<Record<string, unknown>>): Steps {
    yield { call: { name, arguments: args } };
    for (let attempt = 0; attempt < 2 && this.view.last.includes('Your call could not be read'); attempt += 1)
      yield { call: { name, arguments: args } };
  }

  private *write(move: WeakMove): Steps {
    if (this.options.edits) yield move;
    else throw new GivesUp('I may not write.');
  }
}
