import { z } from 'zod';
import { defineActing } from './tool.ts';

/** A piece of work with a prompt of its own: only its summary comes back, so that what it read takes no room here. */
export const taskTool = defineActing({
  name: 'task',
  reads: true,
  description: 'Give separate work to a helper; only its summary comes back.',
  parameters: z.object({ task: z.string().min(1), persona: z.string().optional() }),
  async *run({ task, persona }, { delegate }, callId) {
    if (!delegate) return { ok: false, content: 'A helper cannot call helpers. Do it yourself.' };
    return yield* delegate({ callId, task, ...(persona !== undefined && { persona }) });
  },
});
