import type { BenchLine } from './bench-line.ts';
import { commitLine } from './commit-line.ts';
import { embedderLine } from './embedder-line.ts';
import { functionLine } from './function-line.ts';
import { treeLine } from './tree-line.ts';
import { vectorLine } from './vector-line.ts';

/** What knowing the code is measured by: whether the right place is found, and what it costs. */
export const contextLines: readonly BenchLine[] = [functionLine, commitLine, embedderLine, vectorLine, treeLine];
