import { z } from 'zod';
import { defineActing, unableToAct } from './tool.ts';

export const commandTool = defineActing({
  name: 'run',
  description: 'Run a shell line in the workspace: tests, builds, git.',
  parameters: z.object({ line: z.string().min(1) }),
  async *run({ line }, { actions }, callId) {
    if (!actions) return unableToAct;
    const { ok, content } = yield* actions.run({ callId, line });
    return { ok, content };
  },
});
