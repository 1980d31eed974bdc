import { z } from 'zod';
import { defineActing, unableToAct } from './tool.ts';

export const rememberTool = defineActing({
  name: 'remember',
  description: 'Keep a fact about this workspace for later.',
  parameters: z.object({ fact: z.string().min(1) }),
  async *run({ fact }, { actions }, callId) {
    return actions ? yield* actions.remember({ callId, text: fact }) : unableToAct;
  },
});
