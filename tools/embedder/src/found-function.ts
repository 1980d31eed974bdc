import type { Language } from './source-list.ts';

/** A function as it stands in a source file. */
export interface FoundFunction {
  readonly name: string;
  /** The class, type or module that holds it; empty where none does. */
  readonly owner: string;
  /** The comment that documents it, without its signs; empty where none does. */
  readonly comment: string;
  /** Its text without comments and docstring. */
  readonly code: string;
  /** 1-based. */
  readonly line: number;
}

/** Finds the functions of a file of one language. */
export type FunctionFinder = (text: string) => FoundFunction[];

/** A function of the corpus. */
export interface CorpusFunction {
  readonly language: Language;
  readonly package: string;
  readonly split: 'train' | 'dev' | 'test';
  readonly path: string;
  readonly name: string;
  readonly owner: string;
  /** What the function does, in a sentence or two; empty where no comment says so. */
  readonly doc: string;
  readonly code: string;
}
