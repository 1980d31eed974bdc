import { z } from 'zod';
import { defineActing, unableToAct } from './tool.ts';

/** Offered only where fetching is switched on. */
export const webFetchTool = defineActing({
  name: 'web-fetch',
  reads: true,
  description: 'Fetch a web page as text.',
  parameters: z.object({ url: z.string().min(1) }),
  async *run({ url }, { actions }, callId) {
    if (!actions) return unableToAct;
    return yield* actions.fetch({ callId, url });
  },
});
