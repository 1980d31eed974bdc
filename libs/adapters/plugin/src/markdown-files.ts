import { agentModes, type AgentDefinition, type AgentMode, type Skill, type SlashCommand } from '@nootropic/contracts';
import { malformed, readFileHead, type FileHead } from './file-head.ts';

export const namePattern = /^[a-z0-9]+(?:[-_][a-z0-9]+)*$/u;
const longestName = 64;
const longestDescription = 1_024;

/** What a file says, and what of it does not count: `mode: auto` in a file of the workspace. */
export interface FileSays<Item> {
  readonly item: Omit<Item, 'origin'>;
  readonly lowered: readonly string[];
}

export interface FilePlace {
  /** The name that its place gives it: of the file without its ending, or of the folder. */
  readonly name: string;
  readonly scope: 'user' | 'workspace';
}

function checkedName(head: FileHead, fallback: string): string {
  const name = head.text('name', longestName) ?? fallback;
  if (name.length > longestName || !namePattern.test(name))
    throw head.refuse('name', 'is not of small letters and digits with single hyphens, at most 64');
  return name;
}

/** The mode that a file asks for. The workspace cannot ask for commands that run by themselves. */
function modeOf(head: FileHead, scope: FilePlace['scope'], lowered: string[]): AgentMode | undefined {
  const text = head.text('mode', 20);
  if (text === undefined) return undefined;
  const mode = agentModes.find((known) => known === text);
  if (mode === undefined) throw head.refuse('mode', `is none of ${agentModes.join(', ')}`);
  if (mode !== 'auto' || scope === 'user') return mode;
  lowered.push('mode auto counts as auto-edit in a file of the workspace');
  return 'auto-edit';
}

/** Of the workspace only the plain name of a model that the user has: a reference could name another machine. */
function modelOf(head: FileHead, scope: FilePlace['scope'], lowered: string[]): string | undefined {
  const model = head.text('model', 300);
  if (model === undefined || scope === 'user' || /^\w[\w.-]*$/u.test(model)) return model;
  lowered.push('a model of the workspace may only be a name, without an address or a provider');
  return undefined;
}

/** A persona: name and description in the head, the prompt below it. */
export function readAgentFile(text: string, { name: fallback, scope }: FilePlace): FileSays<AgentDefinition> {
  const head = readFileHead(text);
  const lowered: string[] = [];
  const name = checkedName(head, fallback);
  const description = head.text('description', longestDescription);
  if (description === undefined) throw malformed(1, 'there is no description');
  if (head.body === '') throw malformed(1, 'there is no prompt below the head');
  const tools = head.names('tools');
  const mode = modeOf(head, scope, lowered);
  const model = modelOf(head, scope, lowered);
  return {
    item: {
      ...{ name, description, prompt: head.body },
      ...(tools && { tools }),
      ...(mode && { mode }),
      ...(model !== undefined && { model }),
    },
    lowered,
  };
}

/** A prompt with a name; the head may be left out. */
export function readCommandFile(text: string, { name, scope }: FilePlace): FileSays<SlashCommand> {
  const head = readFileHead(text);
  const lowered: string[] = [];
  if (name.length > longestName || !namePattern.test(name))
    throw malformed(1, 'the name of the file is not of small letters and digits with single hyphens, at most 64');
  if (head.body === '') throw malformed(1, 'there is no prompt');
  const agent = head.text('agent', longestName);
  const mode = modeOf(head, scope, lowered);
  const firstLine = head.body.split('\n', 1)[0] ?? '';
  return {
    item: {
      name,
      description: head.text('description', longestDescription) ?? firstLine.slice(0, 100),
      prompt: head.body,
      ...(agent !== undefined && { agent }),
      ...(mode && { mode }),
    },
    lowered,
  };
}

/**
 * A skill after https://agentskills.io/specification: the name has small letters, digits and single hyphens and is that of its folder.
 * Its further fields (license, compatibility, metadata, allowed-tools) grant nothing here.
 */
export function readSkillFile(
  text: string,
  { name: folder }: FilePlace,
): FileSays<Pick<Skill, 'name' | 'description' | 'origin'>> {
  const head = readFileHead(text);
  const name = head.text('name', longestName);
  if (name === undefined) throw malformed(1, 'there is no name');
  if (!/^[a-z0-9]+(?:-[a-z0-9]+)*$/u.test(name))
    throw head.refuse('name', 'is not of small letters and digits with single hyphens');
  if (name !== folder) throw head.refuse('name', 'is not the name of the folder');
  const description = head.text('description', longestDescription);
  if (description === undefined) throw malformed(1, 'there is no description');
  return { item: { name, description }, lowered: [] };
}
