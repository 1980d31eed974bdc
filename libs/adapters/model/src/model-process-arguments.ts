import { parseArgs } from 'node:util';
import type { StatesPlace } from './model-process-held.ts';

/** What the host tells the model process at its start. */
export interface ModelProcessSettings {
  readonly gpu: 'auto' | false;
  /** Where conversations are kept over restarts. */
  readonly states?: StatesPlace;
}

export function formatModelProcessArguments({ gpu, states }: ModelProcessSettings): string[] {
  return [
    ...(gpu === false ? ['--gpu-off'] : []),
    ...(states === undefined ? [] : ['--states', states.root, '--states-limit', String(states.limit)]),
  ];
}

export function parseModelProcessArguments(args: readonly string[]): ModelProcessSettings {
  const { values } = parseArgs({
    args: [...args],
    options: {
      'gpu-off': { type: 'boolean', default: false },
      states: { type: 'string' },
      'states-limit': { type: 'string', default: '0' },
    },
  });
  return {
    gpu: values['gpu-off'] ? false : 'auto',
    ...(values.states !== undefined && { states: { root: values.states, limit: Number(values['states-limit']) } }),
  };
}
