import type { Database } from '@nootropic/sqlite';

/** Places of terms that one search scores: some 10 milliseconds. A term is counted in a twentieth of the time that scoring its places takes. */
const mostPlaces = 12_000;
/** So many of the rarest terms are kept however common they are. */
const leastTerms = 2;
/** Counts are good enough until the index has grown by so many chunks. */
const chunksPerCount = 2_000;

/**
 * Chooses which terms of a question are looked for in a large index: the rarest, until together they stand in as many places as can be scored
 * while somebody types. What is left out says least about where the answer is: the weight of a term in BM25 falls with the number of its places
 * (the idea of MaxScore, Turtle and Flood 1995, https://doi.org/10.1016/0306-4573(95)00020-H, with a fixed bound). In a small index nothing is left out.
 */
export function createTermChoice(db: Database, most = mostPlaces): (terms: readonly string[]) => string {
  const places = db.prepare<[string], number>('SELECT count(*) FROM words WHERE words MATCH ?').pluck();
  const last = db.prepare<[], number | null>('SELECT max(id) FROM chunks').pluck();
  const known = new Map<string, number>();
  let countedAt = 0;
  const countOf = (term: string): number => {
    const count = known.get(term) ?? places.get(term) ?? 0;
    known.set(term, count);
    return count;
  };
  return (terms) => {
    const now = last.get() ?? 0;
    if (now < most) return terms.join(' OR ');
    if (Math.abs(now - countedAt) > chunksPerCount || known.size > 10_000) {
      known.clear();
      countedAt = now;
    }
    const rarestFirst = terms
      .map((term) => ({ term, count: countOf(term) }))
      .filter(({ count }) => count > 0)
      .sort((one, other) => one.count - other.count);
    let sum = 0;
    const kept = rarestFirst.filter(({ count }, at) => {
      sum += count;
      return at < leastTerms || sum <= most;
    });
    return (kept.length === 0 ? terms : kept.map(({ term }) => term)).join(' OR ');
  };
}
