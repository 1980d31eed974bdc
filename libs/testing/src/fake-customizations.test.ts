import { createMemoryCustomizations, customizationsSample, describeCustomizationsContract } from './index.ts';

describeCustomizationsContract('memory customizations', async () => {
  const origin = (path: keyof typeof customizationsSample) => ({
    scope: 'workspace' as const,
    path,
    hash: 'ab'.repeat(32),
  });
  const folder = '.nootropic/skills/release-notes';
  return {
    customizations: createMemoryCustomizations({
      found: {
        instructions: [{ text: customizationsSample['AGENTS.md'], origin: origin('AGENTS.md') }],
        agents: [
          {
            name: 'reviewer',
            description: 'Looks for mistakes.',
            prompt: 'You look for mistakes.',
            tools: ['read', 'search'],
            mode: 'plan',
            origin: origin('.nootropic/agents/reviewer.md'),
          },
        ],
        skills: [
          {
            name: 'release-notes',
            description: 'Writes the notes of a release.',
            folder,
            origin: origin('.nootropic/skills/release-notes/SKILL.md'),
          },
        ],
        hooks: [
          {
            event: 'AfterTool',
            matcher: 'edit|write',
            command: 'true',
            timeoutMs: 1_000,
            origin: origin('.nootropic/hooks.json'),
          },
        ],
        commands: [
          {
            name: 'fix',
            description: 'Mends something.',
            prompt: 'Mend $ARGUMENTS.',
            mode: 'ask',
            origin: origin('.nootropic/commands/fix.md'),
          },
        ],
      },
      skillFiles: {
        [`${folder}/SKILL.md`]: 'Read `style.md` first.\n',
        [`${folder}/style.md`]: customizationsSample['.nootropic/skills/release-notes/style.md'],
      },
    }),
    async [Symbol.asyncDispose]() {
      await Promise.resolve();
    },
  };
});
