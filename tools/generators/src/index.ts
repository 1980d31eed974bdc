export { adapterGenerator, type AdapterOptions } from './adapter-generator.ts';
export { commandGenerator, type CommandOptions } from './command-generator.ts';
export { libGenerator, type LibOptions } from './lib-generator.ts';
export { toolGenerator, type ToolOptions } from './tool-generator.ts';
