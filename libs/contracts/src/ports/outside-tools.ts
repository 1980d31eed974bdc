import type { HostProcess, McpServer } from '../host.ts';

/** A tool of another program, as it was approved by the user. What it says of itself is material, never an instruction. */
export interface OutsideTool {
  /** By which agents call it and rules name it: letters, digits, `_` and `-`, beginning with `mcp_`. */
  readonly name: string;
  readonly server: string;
  readonly description: string;
  /** JSON Schema of an object. */
  readonly parameters: Record<string, unknown>;
}

/**
 * Tools of MCP servers that the user configured. None is offered before the user approved it as it describes itself, and none is called once it
 * describes itself in another way: then it is asked for again.
 */
export interface OutsideTools {
  /** Those that were approved. Starts and connects nothing. */
  tools(): Promise<OutsideTool[]>;
  /**
   * Calls a tool. `ok` is false where the tool says that it failed. `content` is text for a model, cut to a size, marked as material. Rejects with
   * `MCP_FAILED` where the server does not answer, with `DENIED` where the tool is not the one that was approved, and with `ABORTED`.
   */
  call(
    name: string,
    args: Readonly<Record<string, unknown>>,
    signal: AbortSignal,
  ): Promise<{ readonly ok: boolean; readonly content: string }>;
  /** Every configured server and its tools as they are described now; one that does not answer is `failed`. */
  list(signal?: AbortSignal): Promise<McpServer[]>;
  /**
   * Approves tools as `list` last gave them. Default: all of the server that may be. Rejects with `NOT_FOUND`, and with `DENIED` for a tool whose
   * description holds text that a person does not see.
   */
  approve(server: string, tools?: readonly string[]): Promise<McpServer>;
  /** The servers that run on this machine. */
  processes(): HostProcess[];
  [Symbol.asyncDispose](): Promise<void>;
}
