import type { CheckResult, FileChange } from '@nootropic/contracts';
import type { Programs } from './programs.ts';
import type { Project } from './project.ts';

/** A file of an attempt, with what it held and what it holds; `undefined` where it was not, is not, or is no text. */
export interface ChangedFile {
  readonly path: string;
  readonly change: FileChange['change'];
  readonly language: string | undefined;
  readonly before: string | undefined;
  readonly after: string | undefined;
}

/** What a judge has to go by. */
export interface Judging {
  readonly changed: readonly ChangedFile[];
  readonly project: Project;
  readonly programs: Programs;
  readonly signal: AbortSignal | undefined;
}

export type Verdict = Omit<CheckResult, 'tookMs'>;

export type Judge = (judging: Judging) => AsyncIterable<Verdict>;

const longest = 3_900;

export function passed(name: string): Verdict {
  return { name, ok: true, output: '' };
}

export function failed(name: string, output: string): Verdict {
  return { name, ok: false, output: cutMiddle(output) };
}

export function unable(name: string, why: string): Verdict {
  return { name, ok: false, output: cutMiddle(why), unable: true };
}

/** Its beginning and its end, where it is too long for a prompt. */
export function cutMiddle(text: string, most = longest): string {
  const trimmed = text.trim();
  if (trimmed.length <= most) return trimmed;
  const head = Math.floor(most * 0.7);
  return `${trimmed.slice(0, head)}\n[…]\n${trimmed.slice(-(most - head - 10))}`;
}

const escapes = /\u001b\[[0-9;?]*[ -/]*[@-~]|\u001b\][^\u0007\u001b]*(?:\u0007|\u001b\\)/gu;

/** Output of a program as a model may read it: without colours, with paths relative to the root. */
export function readable(text: string, root: string): string {
  return text
    .replace(escapes, '')
    .replaceAll('\r', '')
    .replaceAll(`file://${root}/`, '')
    .replaceAll(`${root}/`, '')
    .replaceAll(root, '.');
}
