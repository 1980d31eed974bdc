import { NootropicError, type Assistant, type ExecuteEvent, type McpServer } from '@nootropic/contracts';

export interface FakePrograms {
  /** What `execute` and `mcp` were asked. */
  readonly asked: unknown[];
  /** What a program ends with. Default: it exits with 0. */
  readonly end: Partial<Extract<ExecuteEvent, { type: 'end' }>>;
  readonly servers: readonly McpServer[];
}

export const fakeMcpServer: McpServer = {
  ...{
    name: 'github',
    command: ['npx', 'github-mcp'],
    state: 'waits-for-approval',
    detail: '2 of 3 tools wait for your approval.',
  },
  tools: [
    { name: 'search', description: 'Searches \u001b[31missues.', approval: 'approved' },
    { name: 'create', description: 'Creates an issue.', approval: 'changed' },
    {
      name: 'hidden',
      description: 'Fine.\ufffd [refused: its description holds characters that a person does not see]',
      approval: 'new',
    },
  ],
};

/** A program that says hello on both streams, and one MCP server. */
export function fakePrograms(options: Partial<FakePrograms> = {}): Pick<Assistant, 'execute' | 'mcp'> {
  const { asked = [], end = {}, servers = [fakeMcpServer] } = options;
  return {
    execute: {
      languages: async () => [
        { language: 'python', available: true, program: 'python3', hint: '' },
        { language: 'java', available: false, program: 'java', hint: 'Install a JDK.' },
      ],
      run: async (input) => {
        asked.push(input);
        return (async function* (): AsyncGenerator<ExecuteEvent> {
          await Promise.resolve();
          yield { type: 'start', language: input.language, program: 'python3', sandbox: 'bubblewrap' };
          yield { type: 'output', stream: 'stdout', text: 'hello \u001b[31mred\n' };
          yield { type: 'output', stream: 'stderr', text: 'careful\n' };
          yield { type: 'end', exitCode: 0, reason: 'exit', truncated: false, tookMs: 5, ...end };
        })();
      },
    },
    mcp: {
      list: async () => [...servers],
      approve: async (input) => {
        asked.push(input);
        const server = servers.find(({ name }) => name === input.name);
        if (!server) throw new NootropicError('NOT_FOUND');
        return { ...server, state: 'ready' };
      },
    },
  };
}
