import { Worker } from 'node:worker_threads';

/** What the guard's thread runs. In words, so that a bundle needs no further file. */
const watch = `
const { ppid, pid } = process;
setInterval(() => {
  let gone = process.ppid !== ppid;
  try { process.kill(ppid, 0); } catch (error) { gone ||= error.code === 'ESRCH'; }
  if (gone) process.kill(pid, 'SIGKILL');
}, 500);
`;

/**
 * Ends this process when its parent is gone, even while its main thread is held up and cannot see the channel close:
 * reading a strange model file may do that. A thread of its own costs some megabytes, so it runs only while a model is loaded.
 */
export function guardParent(): { stop(): void } {
  const worker = new Worker(watch, { eval: true, stdout: false, stderr: false });
  worker.unref();
  worker.on('error', () => undefined);
  return { stop: () => void worker.terminate() };
}
