import type { AgentMode } from '../permissions.ts';

/** Where something comes from: the user's own configuration folder, or a folder of the workspace. */
export interface CustomizationOrigin {
  readonly scope: 'user' | 'workspace';
  /** For a person: relative to the workspace, or with `~`. */
  readonly path: string;
  /** SHA-256 in hex of the file: approvals are bound to it, not to the name. */
  readonly hash: string;
}

/** A file of instructions: AGENTS.md, else CLAUDE.md, else GEMINI.md. */
export interface Instructions {
  readonly text: string;
  readonly origin: CustomizationOrigin;
}

/** A persona: a Markdown file with a head, `.nootropic/agents/NAME.md`. */
export interface AgentDefinition {
  readonly name: string;
  readonly description: string;
  /** What is added to the agent's prompt. */
  readonly prompt: string;
  /** Names of the tools that it may use. Default: all of its mode. */
  readonly tools?: readonly string[];
  readonly mode?: AgentMode;
  readonly model?: string;
  readonly origin: CustomizationOrigin;
}

/** A skill after https://agentskills.io: only name and description are shown until it is used. */
export interface Skill {
  readonly name: string;
  readonly description: string;
  /** Folder of SKILL.md, relative to the workspace or absolute for the user's own. */
  readonly folder: string;
  readonly origin: CustomizationOrigin;
}

export const hookEvents = [
  'SessionStart',
  'SessionEnd',
  'BeforeAgent',
  'AfterAgent',
  'BeforeModel',
  'AfterModel',
  'BeforeTool',
  'AfterTool',
  'PreCompress',
  'Notification',
] as const;
export type HookEvent = (typeof hookEvents)[number];

/** A program that is told of an event as JSON on its standard input, and may answer with JSON on its standard output. */
export interface Hook {
  readonly event: HookEvent;
  /** Of tool events: a regular expression over the tool's name. Default: every tool. */
  readonly matcher?: string;
  /** A line for the shell. */
  readonly command: string;
  /** Default 60 000. */
  readonly timeoutMs?: number;
  readonly origin: CustomizationOrigin;
}

/** A prompt with a name: `.nootropic/commands/NAME.md`. `$ARGUMENTS` and `$1` to `$9` stand for what is typed after it. */
export interface SlashCommand {
  readonly name: string;
  readonly description: string;
  readonly prompt: string;
  readonly agent?: string;
  readonly mode?: AgentMode;
  readonly origin: CustomizationOrigin;
}

export interface FoundCustomizations {
  readonly instructions: readonly Instructions[];
  readonly agents: readonly AgentDefinition[];
  readonly skills: readonly Skill[];
  readonly hooks: readonly Hook[];
  readonly commands: readonly SlashCommand[];
  /** Files that were found and are not honoured, each with why: the folder is not trusted, its content changed, it is malformed. */
  readonly ignored: readonly { readonly path: string; readonly what: string; readonly reason: string }[];
}

/**
 * What the user and the workspace have written for agents. Reading runs nothing and follows no link out of the workspace. Of a folder that is not
 * trusted everything is listed in `ignored`, and nothing else of it is given.
 */
export interface Customizations {
  load(options: { readonly trusted: boolean }): Promise<FoundCustomizations>;
  /** The body of a skill's SKILL.md, or another file of its folder. Rejects with `NOT_FOUND`, `PATH_OUTSIDE_ROOT`, or `FILE_CHANGED` where it is not what was loaded. */
  readSkill(skill: Skill, file?: string): Promise<string>;
}

export interface TrustState {
  readonly trusted: boolean;
  /** A person said yes, at a terminal, to commands that run by themselves in this folder (mode `auto`). */
  readonly unattended: boolean;
}

/**
 * Which folders the user trusts. Kept outside of every workspace, by the real path of the folder itself; a folder inside a trusted one is trusted, a
 * repository nested in it or linked from it (another `.git`) is not. Nothing that a workspace holds can change it.
 */
export interface Trust {
  state(root: string): Promise<TrustState>;
  set(root: string, state: Partial<TrustState>): Promise<TrustState>;
  list(): Promise<{ readonly root: string; readonly state: TrustState }[]>;
}
