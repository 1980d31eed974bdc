import { errorTable, type WireRoute } from '@nootropic/contracts';
import { z } from 'zod';
import type { WireApi } from './wire-handler.ts';

const request = z.object({ text: z.string() });
const item = z.object({ text: z.string() });

const routes: readonly WireRoute[] = [
  { family: 'openai', id: 'gate.generate', method: 'POST', path: '/gate/generate', summary: '', request, open: true },
  {
    ...{ family: 'openai', id: 'gate.stream', method: 'POST', path: '/gate/stream', summary: '', request, open: true },
    stream: { kind: 'events', item },
  },
  { family: 'openai', id: 'gate.closed', method: 'GET', path: '/gate/closed', summary: '' },
  { family: 'openai', id: 'gate.remove', method: 'DELETE', path: '/gate/things/{name+}', summary: '', role: 'user' },
];

/** An API with a route of every kind, which says back what it is asked: for the gate, and for tests of what carries it. */
export const gateApi: WireApi = {
  family: 'openai',
  routes,
  handlers: {
    'gate.generate': async ({ body, caller }) => ({
      kind: 'json',
      body: { body, client: caller.client, workClass: caller.workClass, session: caller.session },
    }),
    'gate.stream': async ({ body }) => ({
      kind: 'events',
      events: (async function* () {
        yield { event: 'text', data: body };
        yield { data: '[DONE]' };
      })(),
    }),
    'gate.closed': async () => ({ kind: 'text', body: 'closed' }),
    'gate.remove': async ({ params }) => ({ kind: 'json', body: params }),
  },
  error: (error) => ({
    status: errorTable[error.code].status,
    body: { error: { code: error.code, message: error.message } },
  }),
  errorEvent: (error) => ({ event: 'error', data: { error: { code: error.code, message: error.message } } }),
};
