/** The vector scaled to length 1. One of length 0 becomes the first unit vector, so that a length is always 1. */
export function unitVector(values: ArrayLike<number>): Float32Array {
  const vector = Float32Array.from(values);
  let sum = 0;
  for (const value of vector) sum += value * value;
  const length = Math.sqrt(sum);
  if (length === 0 || !Number.isFinite(length)) {
    vector.fill(0);
    if (vector.length > 0) vector[0] = 1;
    return vector;
  }
  for (let i = 0; i < vector.length; i += 1) vector[i] = (vector[i] ?? 0) / length;
  return vector;
}
