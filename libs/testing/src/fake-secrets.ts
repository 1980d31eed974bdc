import type { Secrets } from '@nootropic/contracts';

export interface MemorySecretsOptions {
  /** Keys that come from the environment, by provider: they are before all others and cannot be removed. Default none. */
  readonly environment?: Readonly<Record<string, string>>;
  /** Where keys are written. Default `file`. */
  readonly place?: 'keychain' | 'file';
}

/** Secrets in memory. They end with the process; in everything else they are ones. */
export function createMemorySecrets({ environment = {}, place = 'file' }: MemorySecretsOptions = {}): Secrets {
  const given = new Map(Object.entries(environment));
  const written = new Map<string, string>();
  return {
    read: async (name) => given.get(name) ?? written.get(name),
    place: async (name) => (given.has(name) ? 'environment' : written.has(name) ? place : 'none'),
    async write(name, value) {
      written.set(name, value);
      return place;
    },
    async remove(name) {
      written.delete(name);
    },
  };
}
