import type { RuntimeHealth } from '@nootropic/contracts';
import type { ServerGuards } from './server-guard.ts';

/**
 * How a runtime does whose models run in a server: by what its requests have shown so far, without asking.
 * It holds nothing in the memory that is ours to plan, so it names no models.
 */
export function serverHealth(connected: string | undefined, guards: ServerGuards): RuntimeHealth {
  const trouble = guards.trouble();
  return {
    state: trouble.length > 0 ? 'degraded' : connected === undefined ? 'idle' : 'ready',
    crashes: 0,
    detail: [connected === undefined ? 'no model loaded' : `connected to ${connected}`, ...trouble].join('; '),
    models: [],
  };
}
