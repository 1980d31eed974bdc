import { z } from 'zod';

export interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export const windowStateSchema = z.object({
  x: z.int(),
  y: z.int(),
  width: z.int(),
  height: z.int(),
  maximized: z.boolean(),
});
export type WindowState = z.infer<typeof windowStateSchema>;

const usual = { width: 1180, height: 820 };
const least = { width: 380, height: 480 };
/** So much of the window must lie on a display that a person can get hold of it. */
const grip = 120;

/**
 * Where to put the window: as it was, where that is still on a display, else of its old size in the middle of the first one. Never larger than a display
 * has room, never smaller than the page can be used.
 */
export function placeWindow(kept: WindowState | undefined, displays: readonly Box[]): Partial<Box> & typeof usual {
  const [main] = displays;
  const fit = (box: { width: number; height: number }, into: Box | undefined) => ({
    width: Math.max(least.width, Math.min(box.width, into?.width ?? box.width)),
    height: Math.max(least.height, Math.min(box.height, into?.height ?? box.height)),
  });
  if (!kept) return fit(usual, main);
  const holder = displays.find(
    (display) =>
      kept.y >= display.y &&
      kept.y + grip <= display.y + display.height &&
      Math.min(kept.x + kept.width, display.x + display.width) - Math.max(kept.x, display.x) >= grip,
  );
  return holder ? { x: kept.x, y: kept.y, ...fit(kept, holder) } : fit(kept, main);
}
