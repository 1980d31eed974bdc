import { describe, expect, it } from 'vitest';
import { createIdleWatch } from './host-idle.ts';

function watched(idleMs: number) {
  let time = 0;
  let busy = false;
  let begun = 0;
  let idle = 0;
  const watch = createIdleWatch({
    idleMs,
    isBusy: () => busy,
    begun: () => begun,
    onIdle: () => (idle += 1),
    now: () => time,
    every: () => () => undefined,
  });
  return {
    watch,
    touch: () => (begun += 1),
    after: async (milliseconds: number, isBusy = false) => {
      time += milliseconds;
      busy = isBusy;
      await watch.look();
      return idle;
    },
  };
}

describe('the idle watch', () => {
  it('tells once, when nothing was to do for the whole time', async () => {
    const { watch, after } = watched(1000);
    expect(await after(999)).toBe(0);
    expect(watch.endsInMs()).toBe(1);
    expect(await after(1)).toBe(1);
    expect(await after(5000)).toBe(1);
  });

  it('begins anew with each work, also one that came and went between two looks', async () => {
    const { touch, after } = watched(1000);
    expect(await after(900, true)).toBe(0);
    expect(await after(999)).toBe(0);
    touch();
    expect(await after(1)).toBe(0);
    expect(await after(999)).toBe(0);
    expect(await after(1)).toBe(1);
  });

  it('tells nothing once it is disposed', async () => {
    const { watch, after } = watched(10);
    watch[Symbol.dispose]();
    expect(await after(100)).toBe(0);
  });
});
