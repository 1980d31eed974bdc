import type { Machine } from '@nootropic/contracts';
import { describe, expect, it } from 'vitest';

/** What every `Machine` does, whatever it runs on. */
export function describeMachineContract(name: string, makeSubject: () => Machine): void {
  describe(`Machine: ${name}`, () => {
    it('reads numbers that fit each other', async () => {
      const state = await makeSubject().read();
      expect(state.memoryTotal).toBeGreaterThan(0);
      expect(state.memoryAvailable).toBeGreaterThanOrEqual(0);
      expect(state.memoryAvailable).toBeLessThanOrEqual(state.memoryTotal);
      expect(Number.isInteger(state.cores) && state.cores >= 1).toBe(true);
      expect(state.coresFree).toBeGreaterThanOrEqual(0);
      expect(state.coresFree).toBeLessThanOrEqual(state.cores);
      if (state.memoryPressure !== undefined) {
        expect(state.memoryPressure).toBeGreaterThanOrEqual(0);
        expect(state.memoryPressure).toBeLessThanOrEqual(1);
      }
      expect(['mains', 'battery', 'unknown']).toContain(state.power);
    });

    it('has a processor among its devices', async () => {
      const { devices } = await makeSubject().read();
      expect(devices.filter((device) => device.kind === 'cpu')).toHaveLength(1);
      for (const device of devices) {
        expect(device.name).not.toBe('');
        expect(device.memoryFree).toBeLessThanOrEqual(device.memoryTotal);
      }
    });

    it('can be read many times at once', async () => {
      const machine = makeSubject();
      const states = await Promise.all(Array.from({ length: 20 }, () => machine.read()));
      expect(new Set(states.map((state) => state.memoryTotal)).size).toBe(1);
    });
  });
}
