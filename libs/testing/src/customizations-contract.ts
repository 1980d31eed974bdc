import type { Customizations, FoundCustomizations } from '@nootropic/contracts';
import { describe, expect, it } from 'vitest';

/** What a subject of the contract holds: paths of a workspace with their texts. The user's own folder is empty. */
export const customizationsSample = {
  'AGENTS.md': 'Run the tests with `npm test`.\n',
  '.nootropic/agents/reviewer.md':
    '---\nname: reviewer\ndescription: Looks for mistakes.\ntools: [read, search]\nmode: plan\n---\nYou look for mistakes.\n',
  '.nootropic/skills/release-notes/SKILL.md':
    '---\nname: release-notes\ndescription: Writes the notes of a release.\n---\nRead `style.md` first.\n',
  '.nootropic/skills/release-notes/style.md': 'Short sentences.\n',
  '.nootropic/hooks.json':
    '{"hooks":[{"event":"AfterTool","matcher":"edit|write","command":"true","timeoutMs":1000}]}\n',
  '.nootropic/commands/fix.md': '---\ndescription: Mends something.\nmode: ask\n---\nMend $ARGUMENTS.\n',
} as const;

export interface CustomizationsSubject extends AsyncDisposable {
  readonly customizations: Customizations;
}

/** The contract of `Customizations`; a subject holds `customizationsSample`. */
export function describeCustomizationsContract(name: string, makeSubject: () => Promise<CustomizationsSubject>): void {
  const kinds = [
    'instructions',
    'agents',
    'skills',
    'hooks',
    'commands',
  ] as const satisfies (keyof FoundCustomizations)[];

  describe(`${name} (Customizations)`, () => {
    it('gives what a trusted workspace holds, each with where it comes from', async () => {
      await using subject = await makeSubject();
      const found = await subject.customizations.load({ trusted: true });
      expect(found.ignored).toEqual([]);
      expect(found.instructions.map(({ text }) => text.trim())).toEqual(['Run the tests with `npm test`.']);
      expect(found.agents).toMatchObject([
        {
          name: 'reviewer',
          description: 'Looks for mistakes.',
          prompt: 'You look for mistakes.',
          tools: ['read', 'search'],
          mode: 'plan',
        },
      ]);
      expect(found.skills).toMatchObject([
        {
          name: 'release-notes',
          description: 'Writes the notes of a release.',
          folder: '.nootropic/skills/release-notes',
        },
      ]);
      expect(found.hooks).toMatchObject([
        { event: 'AfterTool', matcher: 'edit|write', command: 'true', timeoutMs: 1_000 },
      ]);
      expect(found.commands).toMatchObject([
        { name: 'fix', description: 'Mends something.', prompt: 'Mend $ARGUMENTS.', mode: 'ask' },
      ]);
      for (const kind of kinds) {
        for (const { origin } of found[kind]) {
          expect(origin.scope).toBe('workspace');
          expect(origin.hash).toMatch(/^[0-9a-f]{64}$/u);
          expect(Object.keys(customizationsSample)).toContain(origin.path);
        }
      }
    });

    it('gives nothing of a workspace that is not trusted, and lists it', async () => {
      await using subject = await makeSubject();
      const found = await subject.customizations.load({ trusted: false });
      for (const kind of kinds) expect(found[kind]).toEqual([]);
      expect(found.ignored.map(({ path }) => path)).toEqual(
        expect.arrayContaining([
          'AGENTS.md',
          '.nootropic/agents/reviewer.md',
          '.nootropic/skills/release-notes/SKILL.md',
          '.nootropic/hooks.json',
          '.nootropic/commands/fix.md',
        ]),
      );
      for (const { reason } of found.ignored) expect(reason).toContain('not trusted');
    });

    it('reads the files of a skill and nothing beside them', async () => {
      await using subject = await makeSubject();
      const { customizations } = subject;
      const skill = (await customizations.load({ trusted: true })).skills[0];
      if (skill === undefined) throw new Error('There is no skill.');
      expect((await customizations.readSkill(skill)).trim()).toBe('Read `style.md` first.');
      expect((await customizations.readSkill(skill, 'style.md')).trim()).toBe('Short sentences.');
      await expect(customizations.readSkill(skill, 'none.md')).rejects.toMatchObject({ code: 'NOT_FOUND' });
      for (const file of ['../../hooks.json', '/etc/passwd', 'a/../../x'])
        await expect(customizations.readSkill(skill, file)).rejects.toMatchObject({ code: 'PATH_OUTSIDE_ROOT' });
      const other = { ...skill, origin: { ...skill.origin, hash: '0'.repeat(64) } };
      await expect(customizations.readSkill(other)).rejects.toMatchObject({ code: 'FILE_CHANGED' });
    });
  });
}
