import type { Message, ToolSpec } from '@nootropic/contracts';

/** What one agent asked, request after request. */
export interface AgentTrace {
  readonly agent: string;
  /** How such an agent defeats the reuse of a prompt. */
  readonly habit: string;
  readonly requests: readonly { readonly messages: readonly Message[]; readonly tools: readonly ToolSpec[] }[];
}

export interface AgentTraceOptions {
  /** Conversations of each agent, each on another day. Default 2. */
  readonly conversations?: number;
  /** Requests of each conversation: a question, then steps with tools. Default 5. */
  readonly steps?: number;
  /** Rules in each system prompt: its length. Default 40, which is about 900 words. */
  readonly rules?: number;
}

/**
 * Conversations in the form in which three kinds of coding agents ask: where they put the date, the folder, the state of the repository and their
 * reminders is as theirs, the words are not. The same options always give the same traces.
 */
export function agentTraces({ conversations = 2, steps = 5, rules = 40 }: AgentTraceOptions = {}): AgentTrace[] {
  const days = Array.from({ length: conversations }, (_, day) => day);
  const trace = (agent: string, habit: string, ask: (day: number, step: number) => AgentTrace['requests'][number]) => ({
    agent,
    habit,
    requests: days.flatMap((day) => Array.from({ length: steps }, (_, step) => ask(day, step))),
  });
  return [
    trace(
      'like Claude Code',
      'a header that differs in every request at the front; date, folder and git status in the system prompt; tools in any order',
      (day, step) => ({
        messages: [
          {
            role: 'system',
            content: `x-anthropic-billing-header: cc_version=2.1.${day}; cc_entrypoint=cli; cch=${hex(day, step)};`,
          },
          {
            role: 'system',
            content: [
              'You are an agent for software, working in a terminal.',
              environment(day),
              ruleText(rules, 'terminal'),
              `gitStatus: This is the git status at the start of the conversation.\nCurrent branch: main\n\nStatus:\n M src/part-${day}.ts\n\nRecent commits:\n${hex(day, 7)} Change part ${day}`,
            ].join('\n\n'),
          },
          ...turns(day, step, (text, at) =>
            [
              `<system-reminder>\nThe list of tasks is empty. Do not speak of this.\n</system-reminder>`,
              at === 0 ? '' : 'Go on.',
              text,
            ]
              .filter(Boolean)
              .join('\n'),
          ),
        ],
        tools: rotate(toolSpecs, day * 3),
      }),
    ),
    trace(
      'like opencode',
      'the environment with the date before the instructions of the project; the date changes within a conversation',
      (day, step) => ({
        messages: [
          {
            role: 'system',
            content: [
              'You are an agent in a terminal that helps with software.',
              'Here is some useful information about the environment you are running in:',
              environment(day + (step > 2 ? 1 : 0), '  '),
              ruleText(rules, 'project'),
            ].join('\n'),
          },
          ...turns(day, step, (text) => text),
        ],
        tools: day % 2 === 0 ? toolSpecs : toolSpecs.map(otherKeyOrder),
      }),
    ),
    trace('like pi and Open WebUI', 'a clock with seconds in the system prompt', (day, step) => ({
      messages: [
        {
          role: 'system',
          content: `You are a helpful assistant for code. The current date and time is March ${day + 1}, 2026 09:${10 + step}:${20 + 7 * step}. Be short.\n\n${ruleText(rules, 'chat')}\nCurrent working directory: /home/dev/app`,
        },
        ...turns(day, step, (text) => text),
      ],
      tools: toolSpecs.slice(0, 3),
    })),
  ];
}

function environment(day: number, indent = ''): string {
  const lines = [
    `Working directory: /home/dev/app`,
    'Is directory a git repo: yes',
    'Platform: linux',
    `Today's date: 2026-03-${String(day + 10).padStart(2, '0')}`,
  ];
  return `<env>\n${lines.map((line) => `${indent}${line}`).join('\n')}\n</env>`;
}

const subjects = ['tests', 'names', 'types', 'errors', 'files', 'commits', 'comments', 'tools'];
const verbs = ['Look at', 'Keep', 'Never change', 'Say something about', 'Read', 'Write'];

function ruleText(count: number, place: string): string {
  const rule = (index: number) =>
    `- ${verbs[index % verbs.length]} the ${subjects[index % subjects.length]} of the ${place} before number ${index} is done, and tell nobody of step ${(index * 7) % 11}.`;
  return `# Rules\n${Array.from({ length: count }, (_, index) => rule(index)).join('\n')}`;
}

/** A question, then as many calls with their results as there were steps, every second one followed by another question. */
function turns(day: number, step: number, ask: (text: string, at: number) => string): Message[] {
  const messages: Message[] = [{ role: 'user', content: ask(`Mend number ${day} in src/part-${day}.ts, please.`, 0) }];
  for (let at = 1; at <= step; at += 1) {
    const id = `call-${day}-${at}`;
    const call = { id, name: 'read_file', arguments: { path: `src/part-${day}-${at}.ts` } };
    messages.push({ role: 'assistant', content: '', toolCalls: [call] });
    messages.push({
      role: 'tool',
      toolCallId: id,
      name: 'read_file',
      content: `export const part${at} = ${day};\n${`// line of part ${at}\n`.repeat(6)}`,
    });
    if (at % 2 === 1) continue;
    messages.push({ role: 'assistant', content: `Part ${at} is read.` });
    messages.push({ role: 'user', content: ask(`And now number ${at}.`, at) });
  }
  return messages;
}

function tool(name: string, description: string, parameters: Record<string, string>): ToolSpec {
  const properties = Object.fromEntries(
    Object.entries(parameters).map(([key, about]) => [key, { type: 'string', description: about }]),
  );
  return {
    name,
    description,
    parameters: { type: 'object', properties, required: Object.keys(parameters).slice(0, 1) },
  };
}

const toolSpecs: readonly ToolSpec[] = [
  tool('read_file', 'Reads a file of the project.', { path: 'The path of the file.' }),
  tool('write_file', 'Writes a whole file.', { path: 'The path of the file.', content: 'All of its text.' }),
  tool('edit_file', 'Replaces a text in a file.', {
    path: 'The path of the file.',
    old: 'What stands there.',
    new: 'What is to stand there.',
  }),
  tool('bash', 'Runs a line in a shell.', { line: 'The line.', reason: 'Why it is run.' }),
  tool('grep', 'Searches the files for a pattern.', { pattern: 'The pattern.', glob: 'Which files.' }),
  tool('todo', 'Writes down what is to be done.', { items: 'One line for each.' }),
];

/** The same schema, written down in another order. */
function otherKeyOrder({ name, description, parameters }: ToolSpec): ToolSpec {
  return { name, description, parameters: Object.fromEntries(Object.entries(parameters).reverse()) };
}

function rotate<T>(items: readonly T[], by: number): T[] {
  return items.map((_, index) => items[(index + by) % items.length] as T);
}

/** Five digits that look like a checksum. */
function hex(day: number, step: number): string {
  return (((day + 1) * 7919 + (step + 1) * 104_729) % 0xfffff).toString(16).padStart(5, '0');
}
