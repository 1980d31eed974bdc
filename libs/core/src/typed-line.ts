import type { Config, SendInput, SlashCommand, TurnEventBody } from '@nootropic/contracts';
import { isTask } from './agents.ts';
import type { Task } from './task.ts';
import type { WorkplacePorts } from './workplace.ts';

export interface TypedLinePorts extends WorkplacePorts {
  /** The prompt of a slash command with what was typed after it. Absent: such lines are sent as they are. */
  readonly expandCommand?: (command: SlashCommand, typed: string) => string;
  readonly config: Pick<Config, 'agent'>;
}

/**
 * What a line stands for that begins with a slash and names a command that a file defines: its prompt, and its persona and mode where the
 * sender names none. Of a folder that is not trusted no command counts. Every other line stays as it is, one of a question too.
 */
export async function meant(ports: TypedLinePorts, input: SendInput): Promise<SendInput> {
  const [, name, typed = ''] = /^\/([\w-]+)(?:\s+([\s\S]*))?$/u.exec(input.text) ?? [];
  if (name === undefined || !isTask(input) || ports.expandCommand === undefined) return input;
  const place = await ports.workplace(input.workspace);
  const { trusted } = await ports.trust.state(place.root);
  const command = (await place.customizations.load({ trusted })).commands.find((each) => each.name === name);
  if (command === undefined) return input;
  const agent = input.agent ?? command.agent;
  // What a file of the workspace says is measured against what would count without it.
  const usual = command.origin.scope === 'workspace' ? ports.config.agent.mode : undefined;
  const mode = stricter(input.mode ?? usual, command.mode);
  return {
    ...input,
    text: ports.expandCommand(command, typed),
    ...(agent !== undefined && { agent }),
    ...(mode !== undefined && { mode }),
  };
}

const order = ['plan', 'ask', 'auto-edit', 'auto'] as const;

/** A file may make a turn ask for more, never for less. */
function stricter(given: SendInput['mode'], wanted: SlashCommand['mode']): SendInput['mode'] {
  if (given === undefined || wanted === undefined) return given ?? wanted;
  return order.indexOf(wanted) < order.indexOf(given) ? wanted : given;
}

/** The command of a line that a person begins with `!`, to be run at once and without a model; undefined for any other line. */
export function typedCommand({ text }: Pick<SendInput, 'text'>): string | undefined {
  const line = /^!\s*(\S[\s\S]*)$/u.exec(text)?.[1]?.trim();
  return line === '' ? undefined : line;
}

/** Runs such a command as the agent's own tool would: judged by the rules, confined, recorded for undo, and read by the model with the next turn. */
export async function* runTyped(
  task: Task,
  call: { readonly id: string; readonly line: string },
): AsyncGenerator<TurnEventBody, void> {
  const { id, line } = call;
  yield { type: 'tool-call', call: { id, name: 'run', arguments: { line } } };
  const { ok, content } = yield* task.actions.run({ callId: id, line });
  yield { type: 'tool-result', callId: id, name: 'run', ok, content };
}
