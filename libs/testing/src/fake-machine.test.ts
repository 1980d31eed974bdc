import { expect, it } from 'vitest';
import { createSimulatedMachine } from './fake-machine.ts';
import { describeMachineContract } from './machine-contract.ts';

describeMachineContract('simulated', () => createSimulatedMachine());

it('reads what it was set to', async () => {
  const machine = createSimulatedMachine({ cores: 4, coresFree: 4 });
  machine.set({ coresFree: 1, power: 'battery' });
  expect(await machine.read()).toMatchObject({ cores: 4, coresFree: 1, power: 'battery' });
});
