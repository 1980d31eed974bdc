export { createLocalMachine, type LocalMachineOptions, type OsReadings } from './local-machine.ts';
