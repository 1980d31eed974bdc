// What the entry file of the model process needs, and no more: it is on the way to the first token.
export type { ModelProcessChannel, ToModelProcess } from './llama-protocol.ts';
export { runModelProcess, type ModelProcessOptions } from './model-process.ts';
