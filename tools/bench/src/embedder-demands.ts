/** One of the demands on the built-in embedder, as its trainer prints it. */
export interface Demand {
  readonly number: number;
  /** Absent: a test proves it, not a measurement. */
  readonly met?: boolean;
  readonly text: string;
}

/** The demands in what the trainer printed: a line each, `demand 2: NOT met: fused over BM25F …`. */
export function readDemands(output: string): Demand[] {
  return [...output.matchAll(/^demand (\d+): (met|NOT met|see): (.+)$/gmu)].map(([, number, verdict, text = '']) => ({
    number: Number(number),
    ...(verdict !== 'see' && { met: verdict === 'met' }),
    text,
  }));
}
