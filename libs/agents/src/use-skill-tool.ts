import { z } from 'zod';
import { defineTool } from './tool.ts';

/** Progressive disclosure after https://agentskills.io: names and descriptions are in the prompt, the body comes when it is used. */
export const useSkillTool = defineTool({
  name: 'use-skill',
  description: 'Read a skill, or a file of it, before work that it is for.',
  parameters: z.object({ name: z.string().min(1), file: z.string().optional() }),
  async run({ name, file }, { skills }) {
    const skill = skills?.list.find((each) => each.name === name);
    if (!skills || !skill) {
      const names = skills?.list.map((each) => each.name) ?? [];
      return names.length === 0
        ? 'There are no skills here.'
        : `There is no skill ${name}. There are: ${names.join(', ')}.`;
    }
    return skills.read(skill, file);
  },
});
