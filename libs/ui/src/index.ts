export { App } from './app.tsx';
export type { Attachable, Face, FaceCommand } from './face.ts';
