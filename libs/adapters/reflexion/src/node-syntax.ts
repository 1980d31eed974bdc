import { Worker } from 'node:worker_threads';

/** Reads each text with the parser that Node strips types with, and tells which it takes. Runs none of them. */
const program = `
const { parentPort, workerData } = require('node:worker_threads');
const { stripTypeScriptTypes: strip } = require('node:module');
parentPort.postMessage(typeof strip !== 'function' ? null : workerData.map((text) => {
  try {
    strip(text, { mode: 'transform' });
    return true;
  } catch (error) {
    return error.code !== 'ERR_INVALID_TYPESCRIPT_SYNTAX';
  }
}));
`;

const timeoutMs = 5_000;

/**
 * Whether Node takes each text as TypeScript (or JavaScript, without JSX): a second opinion where a grammar may not know the newest syntax.
 * `undefined` where this Node cannot tell. In a thread of its own, which keeps its warning that the function is new to itself.
 */
export function nodeTakes(texts: readonly string[]): Promise<readonly boolean[] | undefined> {
  return new Promise((resolve) => {
    const worker = new Worker(program, { eval: true, execArgv: ['--no-warnings'], workerData: texts, stderr: true });
    const end = (value: readonly boolean[] | undefined): void => {
      clearTimeout(timer);
      resolve(value);
      void worker.terminate();
    };
    const timer = setTimeout(() => {
      end(undefined);
    }, timeoutMs);
    worker.once('message', (value: readonly boolean[] | null) => {
      end(value ?? undefined);
    });
    worker.once('error', () => {
      end(undefined);
    });
    worker.once('exit', () => {
      end(undefined);
    });
  });
}
