import { NootropicError, type Assistant, type Knowledge } from '@nootropic/contracts';
import type { WorkplacePorts } from './workplace.ts';

export interface FileRequestPorts extends Pick<WorkplacePorts, 'workplace'> {
  readonly knowledge: (workspace: string) => Promise<Knowledge>;
}

interface CallOptions {
  readonly signal?: AbortSignal | undefined;
}

/** Lines that are given where no last one is asked for, and the most characters of one answer. */
const usualLines = 2000;
const mostCharacters = 2_000_000;

/** Files as a person looks at them: what `files` of the contract asks. Secrets and links are refused as they are for tools. */
export function createFileRequests({ workplace, knowledge }: FileRequestPorts): Assistant['files'] {
  return {
    list: async ({ workspace, path = '' }) => {
      const { files } = await workplace(workspace);
      return (await files.list(path)).map((entry) => ({ path: entry.path, kind: entry.kind }));
    },
    read: async ({ workspace, path, startLine = 1, endLine = startLine + usualLines - 1 }) => {
      if (endLine < startLine)
        throw new NootropicError(
          'INPUT_INVALID',
          `Lines ${startLine}-${endLine} are no range: the last is before the first.`,
        );
      const whole = await (await knowledge(workspace)).read(path);
      const lines = whole.totalLines;
      if (lines === 0) return { path, startLine: 1, endLine: 0, lines, text: '' };
      if (startLine > lines)
        throw new NootropicError('INPUT_INVALID', `${path} has ${lines} lines; there is no line ${startLine}.`);
      const last = Math.min(endLine, lines);
      const text = whole.text
        .split('\n')
        .slice(startLine - 1, last)
        .join('\n');
      if (text.length > mostCharacters)
        throw new NootropicError(
          'FILE_TOO_LARGE',
          `Lines ${startLine}-${last} of ${path} are more than can be shown at once.`,
          { hint: 'Ask for fewer lines.' },
        );
      return { path, startLine, endLine: last, lines, text };
    },
    find: async ({ workspace, query = '', limit = 20 }, options?: CallOptions) => {
      const paths = await (
        await knowledge(workspace)
      ).find(query, { limit, ...(options?.signal && { signal: options.signal }) });
      return paths.map((path) => ({ path }));
    },
  };
}
