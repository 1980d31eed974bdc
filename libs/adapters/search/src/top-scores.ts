/**
 * The positions of the `count` highest scores, best first; of equal scores the earlier position first. Scores that are no number are left out.
 * One pass with a heap of `count`, so a long list costs little more than reading it.
 */
export function topScores(scores: Float32Array, count: number): number[] {
  const heap: number[] = [];
  const score = (position: number): number => scores[position] ?? -Infinity;
  /** True when `a` comes after `b` in the result. */
  const worse = (a: number, b: number): boolean => score(a) < score(b) || (score(a) === score(b) && a > b);
  const sink = (): void => {
    for (let at = 0; ;) {
      let worst = at;
      for (const child of [2 * at + 1, 2 * at + 2]) {
        if (child < heap.length && worse(heap[child] as number, heap[worst] as number)) worst = child;
      }
      if (worst === at) return;
      [heap[at], heap[worst]] = [heap[worst] as number, heap[at] as number];
      at = worst;
    }
  };
  const rise = (): void => {
    for (let at = heap.length - 1; at > 0;) {
      const parent = (at - 1) >> 1;
      if (!worse(heap[at] as number, heap[parent] as number)) return;
      [heap[at], heap[parent]] = [heap[parent] as number, heap[at] as number];
      at = parent;
    }
  };
  if (count <= 0) return [];
  for (let position = 0; position < scores.length; position += 1) {
    const value = scores[position] as number;
    if (heap.length === count && !(value > score(heap[0] as number))) continue;
    if (Number.isNaN(value)) continue;
    if (heap.length < count) {
      heap.push(position);
      rise();
    } else {
      heap[0] = position;
      sink();
    }
  }
  return heap.sort((a, b) => (worse(a, b) ? 1 : -1));
}
