/** One line of an exposition: a value and the labels it goes by. */
export interface Sample {
  /** With `_bucket`, `_sum` or `_count` where it is of a histogram. */
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

export interface MetricFamily {
  readonly name: string;
  readonly help: string;
  readonly type: 'counter' | 'gauge' | 'histogram' | 'summary' | 'untyped';
  readonly samples: readonly Sample[];
}

const line = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})?\s+(\S+)(?:\s+-?\d+)?$/u;
const label = /\s*([a-zA-Z_]\w*)\s*=\s*"((?:[^"\\]|\\.)*)"\s*(?:,|$)/uy;
const types: readonly string[] = ['counter', 'gauge', 'histogram', 'summary', 'untyped'];

/**
 * Reads metrics in the text format of Prometheus, version 0.0.4 (https://prometheus.io/docs/instrumenting/exposition_formats/). A line that it does not
 * understand is left out, since the rest is still true. Families come in the order of the text.
 */
export function parseMetrics(text: string): MetricFamily[] {
  const families = new Map<string, { name: string; help: string; type: MetricFamily['type']; samples: Sample[] }>();
  const family = (name: string) => {
    const found = families.get(name) ?? { name, help: '', type: 'untyped' as const, samples: [] };
    families.set(name, found);
    return found;
  };
  for (const raw of text.split('\n')) {
    const row = raw.trim();
    const said = /^#\s+(HELP|TYPE)\s+(\S+)\s*(.*)$/u.exec(row);
    if (said) {
      const [, what, name = '', rest = ''] = said;
      if (what === 'HELP') family(name).help = unescaped(rest);
      else if (types.includes(rest)) family(name).type = rest as MetricFamily['type'];
      continue;
    }
    const sample = row === '' || row.startsWith('#') ? undefined : sampleOf(row);
    if (sample) family(familyOf(sample.name, families)).samples.push(sample);
  }
  return [...families.values()];
}

function sampleOf(row: string): Sample | undefined {
  const [, name, inside = '', number = ''] = line.exec(row) ?? [];
  const value = numberOf(number);
  const labels = labelsOf(inside);
  return name === undefined || value === undefined || !labels ? undefined : { name, labels, value };
}

function labelsOf(inside: string): Record<string, string> | undefined {
  const labels: Record<string, string> = {};
  label.lastIndex = 0;
  while (label.lastIndex < inside.length) {
    const [, name, value] = label.exec(inside) ?? [];
    if (name === undefined || value === undefined) return undefined;
    labels[name] = unescaped(value);
  }
  return labels;
}

function numberOf(text: string): number | undefined {
  if (/^[+-]?inf$/iu.test(text)) return text.startsWith('-') ? -Infinity : Infinity;
  if (/^nan$/iu.test(text)) return NaN;
  const value = Number(text);
  return text === '' || Number.isNaN(value) ? undefined : value;
}

function unescaped(text: string): string {
  return text.replace(/\\(.)/gu, (_all, sign: string) => (sign === 'n' ? '\n' : sign));
}

/** Samples of a histogram or a summary go by longer names than their family. */
function familyOf(name: string, families: ReadonlyMap<string, { readonly type: string }>): string {
  const short = name.replace(/_(?:bucket|sum|count)$/u, '');
  const type = families.get(short)?.type;
  return short !== name && (type === 'histogram' || type === 'summary') ? short : name;
}

/** What a family says now, added up over the series that `where` picks; a histogram by the number of what it counted. */
export function sumOf(
  family: MetricFamily | undefined,
  where: (labels: Readonly<Record<string, string>>) => boolean = () => true,
): number | undefined {
  if (!family) return undefined;
  const name = family.type === 'histogram' ? `${family.name}_count` : family.name;
  const found = family.samples.filter((sample) => sample.name === name && where(sample.labels));
  return found.length === 0 ? undefined : found.reduce((all, { value }) => all + value, 0);
}

/** Upper bounds of a histogram with how many lie at or below each, added up over its series. */
export function bucketsOf(family: MetricFamily | undefined): ReadonlyMap<number, number> {
  const buckets = new Map<number, number>();
  for (const { name, labels, value } of family?.samples ?? []) {
    const bound = numberOf(labels['le'] ?? '');
    if (name.endsWith('_bucket') && bound !== undefined) buckets.set(bound, (buckets.get(bound) ?? 0) + value);
  }
  return buckets;
}

/**
 * The value below which a share of what was counted between two looks lies, taken to be spread evenly in its bucket, as `histogram_quantile` of
 * Prometheus has it. `undefined` where nothing was counted in between; the last bound where it lies above all.
 */
export function quantileBetween(
  before: ReadonlyMap<number, number>,
  after: ReadonlyMap<number, number>,
  share: number,
): number | undefined {
  const counted = [...after]
    .map(([bound, count]) => [bound, count - (before.get(bound) ?? 0)] as const)
    .toSorted(([one], [other]) => one - other);
  const total = counted.at(-1)?.[1] ?? 0;
  if (total <= 0) return undefined;
  const rank = share * total;
  let [least, below] = [0, 0];
  for (const [bound, count] of counted) {
    if (count >= rank) {
      if (bound === Infinity) return least;
      return count === below ? bound : least + ((bound - least) * (rank - below)) / (count - below);
    }
    [least, below] = [bound, count];
  }
  return least;
}
