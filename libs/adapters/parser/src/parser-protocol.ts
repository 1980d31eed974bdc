import type { ErrorCode, ParsedSource } from '@nootropic/contracts';

/** What the pool asks of a worker process: one text. Asked in order, answered in order. */
export interface ToParserWorker {
  readonly id: number;
  readonly path: string;
  readonly text: string;
}

/** What a worker process says. `spent`: it must not read another text, since it took too much memory or is damaged. */
export type FromParserWorker =
  | { readonly type: 'ready' }
  | { readonly type: 'parsed'; readonly id: number; readonly spent: boolean; readonly parsed: ParsedSource }
  | {
      readonly type: 'failed';
      readonly id: number;
      readonly spent: boolean;
      readonly code: ErrorCode;
      readonly message: string;
    };

const memoryFlag = '--memory=';

/** The arguments of a worker process that may take so many bytes of memory. */
export function formatWorkerArguments(memoryBytes: number): string[] {
  return [`${memoryFlag}${String(memoryBytes)}`];
}

/** How many bytes a worker process may take by its arguments. Default: as many as there are. */
export function parseWorkerArguments(given: readonly string[]): number {
  const bytes = Number(given.find((argument) => argument.startsWith(memoryFlag))?.slice(memoryFlag.length));
  return bytes > 0 ? bytes : Number.POSITIVE_INFINITY;
}
