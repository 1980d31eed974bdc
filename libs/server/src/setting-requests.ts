import type { Assistant, ConfigInput } from '@nootropic/contracts';
import { explainSetting, listSettings, loadConfig, writeSetting, type LoadedConfig } from './config.ts';

export interface SettingRequestsOptions {
  /** The user's file. */
  readonly file: string;
  readonly env: NodeJS.ProcessEnv;
  readonly flags?: ConfigInput | undefined;
}

/** Settings as they hold for a program that starts now, and writing them to the user's file. */
export function createSettingRequests({ file, env, flags }: SettingRequestsOptions): Assistant['config'] {
  const load = (): Promise<LoadedConfig> => loadConfig(file, env, flags);
  const explained = (loaded: LoadedConfig, key: string, settings = listSettings()) => {
    const { value, layer, layers, description, schema } = explainSetting(loaded, key, settings);
    return { key, value, layer, layers: [...layers], description, schema };
  };
  return {
    async list() {
      const loaded = await load();
      const settings = listSettings();
      return settings.map(({ key }) => explained(loaded, key, settings));
    },
    async set({ key, value }) {
      await writeSetting(file, key, value);
      return explained(await load(), key);
    },
  };
}
