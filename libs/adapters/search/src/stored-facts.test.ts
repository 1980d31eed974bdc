import { referenceKinds, type ImportInfo, type Reference } from '@nootropic/contracts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { mentionedLasts, packFacts, storedLasts, unpackFacts } from './stored-facts.ts';

const path = 'src/a.ts';
const references = fc.array(
  fc
    .record({
      line: fc.integer({ min: 1, max: 1_000_000 }),
      name: fc.string(),
      from: fc.string(),
      kind: fc.constantFrom(undefined, ...referenceKinds),
    })
    .map(({ kind, ...rest }): Reference => ({ path, ...rest, ...(kind !== undefined && { kind }) })),
);
const imports = fc.array(
  fc.record({
    path: fc.constant(path),
    line: fc.integer({ min: 1 }),
    module: fc.string(),
    names: fc.array(fc.record({ name: fc.string(), as: fc.string() })),
  }) satisfies fc.Arbitrary<ImportInfo>,
);

describe('stored facts', () => {
  it('come back as they went', () => {
    fc.assert(
      fc.property(references, imports, (given, taken) => {
        expect(unpackFacts(path, packFacts(given, taken))).toEqual({ references: given, imports: taken });
      }),
    );
  });

  it('know the names that are mentioned without being unpacked', () => {
    fc.assert(
      fc.property(references, (given) => {
        expect(storedLasts(packFacts(given, []))).toEqual(mentionedLasts(given));
      }),
    );
  });

  it('keep a name once, however often it is mentioned', () => {
    const often = Array.from({ length: 1000 }, (_, at) => ({ path, line: at + 1, name: 'append', from: 'Session' }));
    expect(packFacts(often, []).match(/append/gu)).toHaveLength(1);
  });
});
