/** For every id the shortest start, of at least 8 characters, that no other id here shares. */
export function shortIds(ids: readonly string[]): Map<string, string> {
  const length = (id: string): number => {
    const shared = ids.filter((other) => other !== id).map((other) => sharedStart(id, other));
    return Math.max(8, 1 + Math.max(0, ...shared));
  };
  return new Map(ids.map((id) => [id, id.slice(0, length(id))]));
}

function sharedStart(a: string, b: string): number {
  let at = 0;
  while (at < a.length && a[at] === b[at]) at += 1;
  return at;
}
