import { NootropicError, type Parser } from '@nootropic/contracts';
import { parseWorkerArguments, type FromParserWorker, type ToParserWorker } from './parser-protocol.ts';

export interface ParserWorkerOptions {
  /**
   * Makes the parser of this process. `exhausted` says that the process takes more memory than it may; after `onDamage` it is
   * replaced by another.
   */
  readonly createParser: (process: { readonly exhausted: () => boolean; readonly onDamage: () => void }) => Parser;
  /** The process to serve in: its channel, its arguments and its memory. Default: this process. */
  readonly host?: NodeJS.Process;
}

/** Of so many questions whether memory is short, one looks. */
const askedPerLook = 32;

/**
 * Serves a `createParserPool` from inside one of its worker processes: reads each text in the order in which it comes and
 * sends what was found. Ends the process when the pool is gone.
 */
export function runParserWorker({ createParser, host = process }: ParserWorkerOptions): void {
  const limit = parseWorkerArguments(host.argv.slice(2));
  const rss = (): number => host.memoryUsage.rss();
  let asked = 0;
  // Asking the system takes longer than what lies between two questions.
  const exhausted = (): boolean => (asked = (asked + 1) % askedPerLook) === 0 && rss() > limit;
  let damaged = false;
  const onDamage = (): void => void (damaged = true);
  const parser = createParser({ exhausted, onDamage });
  const send = (message: FromParserWorker): void => {
    if (host.connected) host.send?.(message, undefined, undefined, () => undefined);
  };

  async function answer({ id, path, text }: ToParserWorker): Promise<void> {
    const spent = (): boolean => damaged || rss() > limit;
    try {
      const parsed = await parser.parse(path, text);
      send({ type: 'parsed', id, spent: spent(), parsed });
    } catch (error) {
      const { code, message } = NootropicError.from(error);
      send({ type: 'failed', id, spent: spent(), code, message });
    }
  }

  let last = Promise.resolve();
  host.on('message', (message: unknown) => {
    last = last.then(() => answer(message as ToParserWorker));
  });
  // Without the pool there is nobody to read for, and nothing to save.
  host.on('disconnect', () => host.exit(0));
  // Ctrl-C reaches the whole group: the pool decides what ends.
  host.on('SIGINT', () => undefined);
  send({ type: 'ready' });
}
