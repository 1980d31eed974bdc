import { readGguf, type GgufField, type GgufFile } from './gguf-reader.ts';
import { createSeededRandom } from './seeded-random.ts';

/**
 * A damaged copy of a sound GGUF file; the same seed gives the same damage, and no copy equals the original.
 * By turns of the seed: cut short, bits flipped, a count, length, dimension or offset made huge, one made zero, a type swapped,
 * a stretch overwritten with noise, and the first bytes broken.
 */
export function damageGguf(bytes: Uint8Array, seed: number): Uint8Array<ArrayBuffer> {
  const random = createSeededRandom(seed);
  const below = (limit: number): number => Math.floor(random() * limit);
  const copy = new Uint8Array(bytes);
  const kind = damages[Math.abs(seed) % damages.length] ?? cut;
  const damaged = kind({ bytes: copy, file: readGguf(bytes), below });
  if (damaged.length === bytes.length && damaged.every((byte, at) => byte === bytes[at]))
    flip(damaged, below(bytes.length), 0);
  return damaged;
}

interface Victim {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly file: GgufFile;
  /** A random whole number from 0 to below the limit. */
  readonly below: (limit: number) => number;
}

type Damage = (victim: Victim) => Uint8Array<ArrayBuffer>;

const cut: Damage = ({ bytes, file, below }) => {
  // Half of the cuts lie in the description, where a reader stumbles in more ways than in the weights.
  return bytes.slice(0, below(below(2) === 0 ? file.dataOffset : bytes.length));
};

const flipBits: Damage = ({ bytes, file, below }) => {
  for (let flips = 1 + below(16); flips > 0; flips--) flip(bytes, below(file.dataOffset), below(8));
  return bytes;
};

const enlarge: Damage = (victim) => {
  const huge = [2n ** 64n - 1n, 2n ** 63n, 2n ** 53n + 1n, 2n ** 40n, 2n ** 32n, 2n ** 31n - 1n, 65_537n];
  return setField(victim, huge[victim.below(huge.length)] ?? 0n, (field) => field.kind !== 'type');
};

const empty: Damage = (victim) => setField(victim, 0n, (field) => field.kind !== 'type' && field.kind !== 'offset');

const swapType: Damage = (victim) => setField(victim, BigInt(victim.below(40)), (field) => field.kind === 'type');

const overwrite: Damage = ({ bytes, file, below }) => {
  const start = below(file.dataOffset);
  for (let at = start; at < Math.min(start + 1 + below(512), bytes.length); at++) bytes[at] = below(256);
  return bytes;
};

const breakHead: Damage = ({ bytes, below }) => {
  bytes[below(24)] = below(256);
  return bytes;
};

const damages: readonly Damage[] = [cut, flipBits, enlarge, empty, swapType, overwrite, breakHead];

function setField({ bytes, file, below }: Victim, value: bigint, eligible: (field: GgufField) => boolean) {
  // Kind first, then field: there are hundreds of lengths (one per token), and only two counts at the top.
  const fields = file.fields.filter(eligible);
  const kinds = [...new Set(fields.map((field) => field.kind))];
  const kind = kinds[below(kinds.length)];
  const chosen = fields.filter((field) => field.kind === kind);
  const field = chosen[below(chosen.length)];
  if (!field) return bytes;
  const view = new DataView(bytes.buffer);
  if (field.bytes === 8) view.setBigUint64(field.at, value, true);
  else view.setUint32(field.at, Number(BigInt.asUintN(32, value)), true);
  return bytes;
}

function flip(bytes: Uint8Array, at: number, bit: number): void {
  bytes[at] = (bytes[at] ?? 0) ^ (1 << bit);
}
