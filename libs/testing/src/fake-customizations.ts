import {
  NootropicError,
  type CustomizationOrigin,
  type Customizations,
  type FoundCustomizations,
} from '@nootropic/contracts';

export interface MemoryCustomizationsOptions {
  /** What the user and the workspace have written, told apart by the origin of each. Default: nothing. */
  readonly found?: Partial<FoundCustomizations>;
  /** Texts of skills by their folder and file: `.agents/skills/tidy/SKILL.md`. Default: none. */
  readonly skillFiles?: Readonly<Record<string, string>>;
}

interface Originated {
  readonly origin: CustomizationOrigin;
}

/** `Customizations` over what it is given: what is of the workspace counts only where the workspace is trusted. */
export function createMemoryCustomizations({
  found = {},
  skillFiles = {},
}: MemoryCustomizationsOptions = {}): Customizations {
  const whole: FoundCustomizations = {
    instructions: [],
    agents: [],
    skills: [],
    hooks: [],
    commands: [],
    ignored: [],
    ...found,
  };
  const users = <Item extends Originated>(items: readonly Item[]): readonly Item[] =>
    items.filter(({ origin }) => origin.scope === 'user');
  const refusedOf = (what: string, items: readonly Originated[]): FoundCustomizations['ignored'] =>
    items
      .filter(({ origin }) => origin.scope === 'workspace')
      .map(({ origin }) => ({ path: origin.path, what, reason: 'the folder is not trusted' }));

  return {
    async load({ trusted }) {
      if (trusted) return whole;
      return {
        instructions: users(whole.instructions),
        agents: users(whole.agents),
        skills: users(whole.skills),
        hooks: users(whole.hooks),
        commands: users(whole.commands),
        ignored: [
          ...refusedOf('instructions', whole.instructions),
          ...refusedOf('agent', whole.agents),
          ...refusedOf('skill', whole.skills),
          ...refusedOf('hook', whole.hooks),
          ...refusedOf('command', whole.commands),
          ...whole.ignored,
        ],
      };
    },
    async readSkill(skill, file = 'SKILL.md') {
      if (file.startsWith('/') || file.split(/[/\\]/u).includes('..'))
        throw new NootropicError('PATH_OUTSIDE_ROOT', `${JSON.stringify(file)} leads out of the skill’s folder.`);
      const known = whole.skills.find(({ folder }) => folder === skill.folder);
      if (known !== undefined && known.origin.hash !== skill.origin.hash)
        throw new NootropicError('FILE_CHANGED', `The skill ${skill.name} is not what was loaded.`);
      const path = `${skill.folder}/${file}`;
      const text = known !== undefined && Object.hasOwn(skillFiles, path) ? skillFiles[path] : undefined;
      if (text === undefined) throw new NootropicError('NOT_FOUND', `The skill ${skill.name} has no file ${file}.`);
      return text;
    },
  };
}
