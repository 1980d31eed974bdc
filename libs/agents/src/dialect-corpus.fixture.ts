import type { DialectCase } from './dialect-case.fixture.ts';
import { modelCases } from './dialect-corpus-models.fixture.ts';
import { tagCases } from './dialect-corpus-tags.fixture.ts';
import { textCases } from './dialect-corpus-text.fixture.ts';

/**
 * Shapes that models are known to write, each after a public report: what comes first in a name is where.
 * They are rebuilt around the tools of the fixture, not copied.
 */
export const dialectCorpus: readonly DialectCase[] = [...tagCases, ...modelCases, ...textCases];
