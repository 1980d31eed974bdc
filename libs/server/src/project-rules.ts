import { readFile, realpath } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { NootropicError } from '@nootropic/contracts';
import { parse, type ParseError } from 'jsonc-parser';
import { z } from 'zod';

/** What a project may say of itself. It can only tighten what the user allows, since anybody may have written it. */
const projectSchema = z.looseObject({ neverRemote: z.boolean().default(false) });

/** Read in each workspace. */
export const projectFile = join('.nootropic', 'config.json');

/**
 * The rules of a workspace's own file. Where there is none, there are none; one that cannot be read forbids everything that it might forbid,
 * and says so.
 */
export async function readProjectRules(workspace: string): Promise<{ neverRemote: boolean; root: string }> {
  const root = await realpath(workspace).catch(() => resolve(workspace));
  const path = join(root, projectFile);
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return { neverRemote: false, root };
    throw new NootropicError('CONFIG_UNREADABLE', `${path} cannot be read.`, { cause });
  }
  const faults: ParseError[] = [];
  const parsed = projectSchema.safeParse(parse(text, faults, { allowTrailingComma: true }));
  if (faults.length > 0 || !parsed.success)
    throw new NootropicError('CONFIG_INVALID', `${path} is not understood.`, {
      hint: 'It holds one JSON object, for example {"neverRemote": true}.',
    });
  return { neverRemote: parsed.data.neverRemote, root };
}

/** Folders as a user writes them, as the disk knows them: `~` is the user's own, and where a link leads counts as well. */
export async function realFolders(folders: readonly string[]): Promise<string[]> {
  const all = await Promise.all(
    folders.map(async (folder) => {
      const path = resolve(folder.replace(/^~(?=$|[\\/])/u, homedir()));
      return [path, await realpath(path).catch(() => path)];
    }),
  );
  return [...new Set(all.flat())];
}
