/** Milliseconds that only go forward, from any start. `performance` and `{ now: Date.now }` are such clocks; a test hands in its own. */
export interface Clock {
  now(): number;
}
