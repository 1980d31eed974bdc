import { randomBytes } from 'node:crypto';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { NootropicError } from '@nootropic/contracts';
import type { McpDefinition } from './mcp-definition.ts';

/** A tool as it was approved. */
export type McpPin = Omit<McpDefinition, 'refusal'>;

export interface McpApprovals {
  /** What was approved of a server. */
  of(server: string): Promise<readonly McpPin[]>;
  approve(server: string, definitions: readonly McpDefinition[]): Promise<void>;
}

type Servers = Readonly<Record<string, readonly McpPin[]>>;

/**
 * What was approved, in one file that only this user reads and writes. A file that cannot be read approves nothing, and neither does an entry that is not
 * whole. The file is read anew each time: another program of this user may have approved something.
 */
export function createMcpApprovals(file: string): McpApprovals {
  const read = async (): Promise<Servers> => {
    try {
      return serversOf(JSON.parse(await readFile(file, 'utf8')));
    } catch {
      return {};
    }
  };
  let writing = Promise.resolve();
  const write = async (server: string, definitions: readonly McpDefinition[]): Promise<void> => {
    const servers = await read();
    const approved = definitions.map(({ refusal: _, ...pin }): McpPin => pin);
    const names = new Set(approved.map(({ tool }) => tool));
    const kept = (servers[server] ?? []).filter(({ tool }) => !names.has(tool));
    const text = JSON.stringify({ version: 1, servers: { ...servers, [server]: [...kept, ...approved] } }, null, 2);
    const made = `${file}.${randomBytes(6).toString('hex')}`;
    await mkdir(dirname(file), { recursive: true, mode: 0o700 });
    await writeFile(made, text, { mode: 0o600, flag: 'wx' });
    await rename(made, file);
  };
  return {
    async of(server) {
      const servers = await read();
      return Object.hasOwn(servers, server) ? (servers[server] ?? []) : [];
    },
    async approve(server, definitions) {
      const refused = definitions.find(({ refusal }) => refusal !== '');
      if (refused)
        throw new NootropicError('DENIED', `The tool ${refused.name} cannot be approved: ${refused.refusal}.`, {
          hint: 'Ask whoever makes the server why, or do without this tool.',
        });
      writing = writing.catch(() => undefined).then(() => write(server, definitions));
      await writing;
    },
  };
}

function serversOf(value: unknown): Servers {
  if (!isRecord(value) || value['version'] !== 1 || !isRecord(value['servers'])) return {};
  return Object.fromEntries(
    Object.entries(value['servers']).map(([server, pins]) => [server, Array.isArray(pins) ? pins.filter(isPin) : []]),
  );
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isPin(value: unknown): value is McpPin {
  return (
    isRecord(value) &&
    ['tool', 'name', 'description', 'hash'].every((key) => typeof value[key] === 'string') &&
    isRecord(value['parameters'])
  );
}
