import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { placeWindow } from './window-state.ts';

const display = { x: 0, y: 0, width: 1920, height: 1080 };

describe('placeWindow', () => {
  it('is where it was', () => {
    const kept = { x: 100, y: 50, width: 1000, height: 700, maximized: false };
    expect(placeWindow(kept, [display])).toEqual({ x: 100, y: 50, width: 1000, height: 700 });
  });

  it('comes back to a display that is there', () => {
    const kept = { x: 2500, y: 50, width: 1000, height: 700, maximized: false };
    expect(placeWindow(kept, [display])).toEqual({ width: 1000, height: 700 });
    expect(placeWindow(kept, [display, { ...display, x: 1920 }])).toMatchObject({ x: 2500 });
  });

  it('can always be got hold of, whatever was kept', () => {
    const number = fc.integer({ min: -10_000, max: 10_000 });
    fc.assert(
      fc.property(fc.record({ x: number, y: number, width: number, height: number }), ({ x, y, width, height }) => {
        const placed = placeWindow({ x, y, width, height, maximized: false }, [display]);
        expect(placed.width).toBeGreaterThanOrEqual(380);
        expect(placed.width).toBeLessThanOrEqual(1920);
        if (placed.x === undefined || placed.y === undefined) return;
        expect(placed.y).toBeGreaterThanOrEqual(0);
        expect(placed.y).toBeLessThan(1080);
        expect(placed.x).toBeLessThan(1920);
        expect(placed.x + width).toBeGreaterThan(0);
      }),
    );
  });
});
