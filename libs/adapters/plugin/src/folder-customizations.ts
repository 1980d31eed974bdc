import { createHash } from 'node:crypto';
import { homedir } from 'node:os';
import { isAbsolute, join, relative, resolve, sep } from 'node:path';
import {
  NootropicError,
  type AgentDefinition,
  type CustomizationOrigin,
  type Customizations,
  type FoundCustomizations,
  type Hook,
  type Instructions,
  type Skill,
  type SlashCommand,
} from '@nootropic/contracts';
import { liesThere, listContained, readContained, type Place } from './contained-file.ts';
import { readFileHead } from './file-head.ts';
import { findInstructions } from './find-instructions.ts';
import { shownOnOneLine, takeHiddenOut } from './hidden-text.ts';
import { readHooksFile } from './hooks-file.ts';
import { readAgentFile, readCommandFile, readSkillFile, type FilePlace, type FileSays } from './markdown-files.ts';

export interface FolderCustomizationsOptions {
  /** The workspace: an absolute path. */
  readonly root: string;
  /** The user's own folder, an absolute path: `agents`, `skills`, `commands`, `hooks.json` and `AGENTS.md` in it. It need not exist. */
  readonly userFolder: string;
  /** Shown as `~` in paths. Default: that of the system. */
  readonly home?: string;
  /** Names that files of the workspace may not take, since the program has its own by them. Default none. */
  readonly reserved?: { readonly agents?: readonly string[]; readonly commands?: readonly string[] };
}

/** Larger files are no instructions, and would fill the window of a small model by themselves. */
const maxBytes = 64 * 1024;
const mostOfAKind = 100;
const mostFolders = 5_000;
const mostIgnored = 300;

/** What else a folder may hold that would count if it were trusted. */
const furtherFiles: readonly (readonly [path: string, what: string])[] = [
  ['.nootropic/config.json', 'settings'],
  ['.nootropic/plugins', 'plugins'],
  ['.mcp.json', 'MCP servers'],
  ['.env', 'environment'],
];

interface Scope {
  readonly name: CustomizationOrigin['scope'];
  readonly place: Place;
  /** Prefix of what lies in it: `.nootropic/` of the workspace. */
  readonly base: string;
  readonly skills: readonly string[];
  shown(path: string): string;
}

interface ReadText {
  readonly text: string;
  readonly origin: CustomizationOrigin;
  readonly hidden: readonly string[];
}

interface Notes {
  ignore(path: string, what: string, reason: string): void;
}

/** What is looked for, as a person is told of it. */
interface Looking {
  readonly what: string;
  readonly notes: Notes;
}

type Ignored = FoundCustomizations['ignored'][number];

/** The found of one scope, and what was refused in it. */
interface Findings {
  readonly instructions: Instructions[];
  readonly agents: AgentDefinition[];
  readonly skills: Skill[];
  readonly hooks: Hook[];
  readonly commands: SlashCommand[];
  readonly ignored: Ignored[];
}

/** Newlines as they are here; a byte order mark goes. Refuses what is no text. */
function decoded(bytes: Uint8Array): string | undefined {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes).replace(/\r\n?/gu, '\n');
    return text.includes('\0') ? undefined : text;
  } catch {
    return undefined;
  }
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

async function readText(scope: Scope, path: string, { what, notes }: Looking): Promise<ReadText | undefined> {
  const bytes = await readContained(scope.place, path, maxBytes);
  if (bytes === undefined) return undefined;
  const shown = scope.shown(path);
  if (!(bytes instanceof Uint8Array)) {
    notes.ignore(shown, what, bytes.refused);
    return undefined;
  }
  const text = decoded(bytes);
  if (text === undefined) {
    notes.ignore(shown, what, 'it is not text in UTF-8');
    return undefined;
  }
  return { ...takeHiddenOut(text), origin: { scope: scope.name, path: shown, hash: sha256(bytes) } };
}

function noteHidden({ hidden, origin }: ReadText, notes: Notes): void {
  if (hidden.length > 0) notes.ignore(origin.path, 'hidden text', `${hidden.join(' and ')} taken out`);
}

/** The files `NAME.md` of a folder, by name. */
async function markdownNames(scope: Scope, folder: string, { what, notes }: Looking): Promise<string[]> {
  const names = await listContained(scope.place, folder);
  if (names === undefined) return [];
  if ('refused' in names) {
    notes.ignore(scope.shown(folder), what, names.refused);
    return [];
  }
  return limited(
    names.filter(({ name, kind }) => kind !== 'folder' && name.endsWith('.md')).map(({ name }) => name),
    { scope, folder, what, notes },
  );
}

function limited<Item>(
  items: readonly Item[],
  { scope, folder, what, notes }: { scope: Scope; folder: string; what: string; notes: Notes },
): Item[] {
  const over = items.length - mostOfAKind;
  if (over > 0)
    notes.ignore(scope.shown(folder), what, `${String(over)} more than ${String(mostOfAKind)} are left out`);
  return items.slice(0, mostOfAKind);
}

/** One kind of Markdown file: read, parsed and noted. */
async function readOne<Item>(
  scope: Scope,
  { path, name, what }: { path: string; name: string; what: string },
  { parse, notes }: { parse: (text: string, place: FilePlace) => FileSays<Item>; notes: Notes },
): Promise<(Omit<Item, 'origin'> & { origin: CustomizationOrigin }) | undefined> {
  const read = await readText(scope, path, { what, notes });
  if (read === undefined) return undefined;
  try {
    const { item, lowered } = parse(read.text, { name, scope: scope.name });
    for (const why of lowered) notes.ignore(read.origin.path, what, why);
    noteHidden(read, notes);
    return { ...item, origin: read.origin };
  } catch (error) {
    notes.ignore(read.origin.path, what, NootropicError.from(error).message);
    return undefined;
  }
}

async function readMarkdown<Item extends { readonly name: string }>(
  scope: Scope,
  { folder, what }: { folder: string; what: string },
  { parse, notes }: { parse: (text: string, place: FilePlace) => FileSays<Item>; notes: Notes },
): Promise<(Omit<Item, 'origin'> & { origin: CustomizationOrigin })[]> {
  const found = [];
  for (const file of await markdownNames(scope, `${scope.base}${folder}`, { what, notes })) {
    const path = `${scope.base}${folder}/${file}`;
    const item = await readOne(scope, { path, name: file.slice(0, -3), what }, { parse, notes });
    if (item) found.push(item);
  }
  return found;
}

async function readSkills(scope: Scope, notes: Notes): Promise<Skill[]> {
  const found: Skill[] = [];
  for (const folder of scope.skills) {
    const names = await listContained(scope.place, folder);
    if (names === undefined) continue;
    if ('refused' in names) {
      notes.ignore(scope.shown(folder), 'skill', names.refused);
      continue;
    }
    const folders = names.filter(({ kind }) => kind !== 'file');
    for (const { name } of limited(folders, { scope, folder, what: 'skill', notes })) {
      const path = `${folder}/${name}/SKILL.md`;
      const place = scope.name === 'user' ? join(scope.place.root, folder, name) : `${folder}/${name}`;
      const parse = (text: string, at: FilePlace): FileSays<Skill> => {
        const { item, lowered } = readSkillFile(text, at);
        return { item: { ...item, folder: place }, lowered };
      };
      const skill = await readOne(scope, { path, name, what: 'skill' }, { parse, notes });
      if (skill) found.push(skill);
    }
  }
  return found;
}

async function readHooks(scope: Scope, notes: Notes): Promise<Hook[]> {
  const path = `${scope.base}hooks.json`;
  const bytes = await readContained(scope.place, path, maxBytes);
  if (bytes === undefined) return [];
  const shown = scope.shown(path);
  const text = bytes instanceof Uint8Array ? decoded(bytes) : undefined;
  if (!(bytes instanceof Uint8Array) || text === undefined) {
    notes.ignore(shown, 'hooks', bytes instanceof Uint8Array ? 'it is not text in UTF-8' : bytes.refused);
    return [];
  }
  try {
    const { hooks, faults } = readHooksFile(text);
    for (const fault of faults.slice(0, mostOfAKind)) notes.ignore(shown, 'hook', fault);
    const origin = { scope: scope.name, path: shown, hash: sha256(bytes) };
    return limited(hooks, { scope, folder: path, what: 'hook', notes }).map((hook) => ({ ...hook, origin }));
  } catch (error) {
    notes.ignore(shown, 'hooks', NootropicError.from(error).message);
    return [];
  }
}

async function readInstructions(scope: Scope, notes: Notes): Promise<Instructions[]> {
  const paths = scope.name === 'user' ? ['AGENTS.md'] : await findInstructions(scope.place, mostFolders);
  const found: Instructions[] = [];
  for (const path of limited(paths, { scope, folder: '', what: 'instructions', notes })) {
    const read = await readText(scope, path, { what: 'instructions', notes });
    if (read === undefined) continue;
    noteHidden(read, notes);
    const text = read.text.trim();
    if (text !== '') found.push({ text, origin: read.origin });
  }
  return found;
}

/** Leaves out what has a name that is taken already. */
function unshadowed<Item extends { readonly name: string; readonly origin: CustomizationOrigin }>(
  items: readonly Item[],
  what: string,
  { taken, notes }: { taken: Map<string, string>; notes: Notes },
): Item[] {
  return items.filter(({ name, origin }) => {
    const by = taken.get(name);
    if (by !== undefined) notes.ignore(origin.path, what, `the name ${name} is taken by ${by}`);
    else taken.set(name, origin.path);
    return by === undefined;
  });
}

async function readScope(scope: Scope): Promise<Findings> {
  const ignored: Ignored[] = [];
  const notes: Notes = {
    ignore(path, what, reason) {
      ignored.push({ path: shownOnOneLine(path), what, reason: shownOnOneLine(reason, 500) });
    },
  };
  return {
    instructions: await readInstructions(scope, notes),
    agents: await readMarkdown<AgentDefinition>(
      scope,
      { folder: 'agents', what: 'agent' },
      { parse: readAgentFile, notes },
    ),
    skills: await readSkills(scope, notes),
    hooks: await readHooks(scope, notes),
    commands: await readMarkdown<SlashCommand>(
      scope,
      { folder: 'commands', what: 'command' },
      { parse: readCommandFile, notes },
    ),
    ignored,
  };
}

/** All of a workspace as what is not honoured: each named, so that a person sees what would count. */
async function refusedOf({ place }: Scope, found: Findings): Promise<Ignored[]> {
  const reason = 'the folder is not trusted';
  const named = (items: readonly { origin: CustomizationOrigin }[], what: (index: number) => string): Ignored[] =>
    items.map(({ origin }, index) => ({ path: origin.path, what: shownOnOneLine(what(index)), reason }));
  const further: Ignored[] = [];
  for (const [path, what] of furtherFiles) if (await liesThere(place, path)) further.push({ path, what, reason });
  return [
    ...named(found.instructions, () => 'instructions'),
    ...named(found.agents, (index) => `agent ${found.agents[index]?.name ?? ''}`),
    ...named(found.skills, (index) => `skill ${found.skills[index]?.name ?? ''}`),
    ...named(found.hooks, (index) => `hook ${found.hooks[index]?.event ?? ''}: ${found.hooks[index]?.command ?? ''}`),
    ...named(found.commands, (index) => `command /${found.commands[index]?.name ?? ''}`),
    ...further,
    ...found.ignored.map(({ path, what, reason: why }) => ({ path, what, reason: `${reason}; ${why}` })),
  ];
}

function cut(ignored: readonly Ignored[]): Ignored[] {
  const over = ignored.length - mostIgnored;
  return over <= 0
    ? [...ignored]
    : [...ignored.slice(0, mostIgnored), { path: '', what: 'more', reason: `${String(over)} more are not listed` }];
}

function slashed(path: string): string {
  return path.split(sep).join('/');
}

/** The parts of a file's path below a skill's folder. */
function checkedPath(file: string): string {
  const parts = file.split('/').filter((part) => part !== '' && part !== '.');
  if (isAbsolute(file) || /[\\\0]/u.test(file) || /^[a-z]:/iu.test(file) || parts.includes('..') || parts.length === 0)
    throw new NootropicError('PATH_OUTSIDE_ROOT', `${JSON.stringify(file)} leads out of the skill’s folder.`);
  return parts.join('/');
}

/**
 * `Customizations` over a workspace's folder and the user's own. Nothing is kept between two calls of `load`. Where both have an agent, a skill
 * or a command of one name, the user's counts: a workspace cannot put itself in the place of what the user wrote.
 *
 * `readSkill` rejects besides with `FILE_TOO_LARGE` above 64 KB, and with `INPUT_INVALID` for what is not text.
 */
export function createFolderCustomizations(options: FolderCustomizationsOptions): Customizations {
  const { root, userFolder, home = homedir(), reserved = {} } = options;
  const workspace: Scope = {
    name: 'workspace',
    place: { root: resolve(root), confined: true },
    base: '.nootropic/',
    skills: ['.nootropic/skills', '.agents/skills'],
    shown: (path) => path,
  };
  const user: Scope = {
    name: 'user',
    place: { root: resolve(userFolder), confined: false },
    base: '',
    skills: ['skills'],
    shown(path) {
      const absolute = join(resolve(userFolder), path);
      const below = relative(home, absolute);
      return below.startsWith('..') || isAbsolute(below) ? absolute : `~/${slashed(below)}`;
    },
  };

  return {
    async load({ trusted }) {
      const own = await readScope(user);
      const found = await readScope(workspace);
      if (!trusted) return { ...own, ignored: cut([...own.ignored, ...(await refusedOf(workspace, found))]) };
      const ignored: Ignored[] = [...own.ignored, ...found.ignored];
      const notes: Notes = { ignore: (path, what, reason) => ignored.push({ path, what, reason }) };
      const named = <Item extends AgentDefinition | Skill | SlashCommand>(
        what: string,
        items: { readonly own: readonly Item[]; readonly found: readonly Item[] },
        program: readonly string[] = [],
      ): Item[] => {
        const taken = new Map<string, string>();
        const first = unshadowed(items.own, what, { taken, notes });
        for (const name of program) taken.set(name, 'the program itself');
        return [...first, ...unshadowed(items.found, what, { taken, notes })];
      };
      return {
        instructions: [...own.instructions, ...found.instructions],
        agents: named('agent', { own: own.agents, found: found.agents }, reserved.agents),
        skills: named('skill', { own: own.skills, found: found.skills }),
        hooks: [...own.hooks, ...found.hooks],
        commands: named('command', { own: own.commands, found: found.commands }, reserved.commands),
        ignored: cut(ignored),
      };
    },

    async readSkill({ name, folder, origin }, file = 'SKILL.md') {
      const { place } = origin.scope === 'user' ? user : workspace;
      const base = resolve(place.root, folder);
      if (base === place.root || !base.startsWith(`${place.root}${sep}`))
        throw new NootropicError('PATH_OUTSIDE_ROOT', `The folder of the skill ${name} leads out of its place.`);
      const path = checkedPath(file);
      // Read below the skill's own folder, so that a link to what lies beside it is refused; the folder itself must not lead out either.
      const inside: Place = { root: base, confined: place.confined };
      const bytesOf = async (wanted: string): Promise<Uint8Array> => {
        const whole = await readContained(place, slashed(join(relative(place.root, base), wanted)), maxBytes);
        const bytes = whole instanceof Uint8Array ? await readContained(inside, wanted, maxBytes) : whole;
        if (bytes instanceof Uint8Array) return bytes;
        if (bytes === undefined) throw new NootropicError('NOT_FOUND', `The skill ${name} has no file ${file}.`);
        throw new NootropicError(bytes.code, `${file} of the skill ${name} is not read: ${bytes.refused}.`);
      };
      const head = await bytesOf('SKILL.md');
      if (sha256(head) !== origin.hash)
        throw new NootropicError('FILE_CHANGED', `The skill ${name} is not what it was when it was loaded.`, {
          hint: 'Begin a new turn, which loads it anew.',
        });
      const bytes = path === 'SKILL.md' ? head : await bytesOf(path);
      const text = decoded(bytes);
      if (text === undefined) throw new NootropicError('INPUT_INVALID', `${file} of the skill ${name} is not text.`);
      const { text: seen } = takeHiddenOut(text);
      return path === 'SKILL.md' ? readFileHead(seen).body : seen;
    },
  };
}
