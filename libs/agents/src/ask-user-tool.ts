import { z } from 'zod';
import { defineActing, unableToAct } from './tool.ts';

export const askUserTool = defineActing({
  name: 'ask-user',
  reads: true,
  description: 'Ask what only the user can answer.',
  parameters: z.object({ question: z.string().min(1), options: z.array(z.string()).optional() }),
  async *run({ question, options }, { actions }, callId) {
    if (!actions) return unableToAct;
    const answer = yield* actions.ask({ callId, text: question, ...(options?.length && { options }) });
    return answer === undefined
      ? { ok: false, content: 'Nobody is there to answer. Choose what is safest and say what you chose.' }
      : { ok: true, content: `The user answers: ${answer}` };
  },
});
