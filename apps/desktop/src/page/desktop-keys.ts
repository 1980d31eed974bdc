import { NootropicError, type Assistant } from '@nootropic/contracts';
import type { DesktopBridge } from '../shared/channels.ts';
import { askMain } from './desktop-face.ts';

/**
 * The same assistant, whose keys of providers are kept by the app: encrypted, with what the system has for that. Where it has nothing, `confirm` asks the person
 * first. A host that the app did not start keeps them itself, as always.
 */
export function withDesktopKeys(
  assistant: Assistant,
  bridge: DesktopBridge,
  confirm: (question: string) => boolean,
): Assistant {
  const listed = async (provider: string) => {
    const rows = await assistant.keys.list();
    return rows.find((row) => row.provider === provider) ?? { provider, place: 'none' as const, enabled: false };
  };
  const keys: Assistant['keys'] = {
    async list(...given) {
      const [rows, kept] = await Promise.all([
        assistant.keys.list(...given),
        askMain(bridge, 'secret:list', undefined),
      ]);
      return rows.map((row) =>
        row.place !== 'keychain' && kept.includes(row.provider) ? { ...row, place: 'keychain' } : row,
      );
    },
    async set({ provider, key }, options) {
      const { secrets } = await askMain(bridge, 'state:get', undefined);
      const plainToo =
        secrets === 'plain' &&
        confirm('This system has no keychain, so the key would lie readable on the disk. Keep it all the same?');
      if (secrets === 'plain' && !plainToo) throw new NootropicError('ABORTED', 'The key was not kept.');
      if (secrets === 'none' || (await askMain(bridge, 'secret:keep', { provider, key, plainToo })) === 'host')
        return assistant.keys.set({ provider, key }, options);
      return { ...(await listed(provider)), place: 'keychain' };
    },
    async remove({ provider }, options) {
      await askMain(bridge, 'secret:forget', provider);
      return assistant.keys.remove({ provider }, options);
    },
  };
  // The client makes its members when they are asked for, so that a copy of it would be empty.
  return new Proxy(assistant, {
    get: (target, name) => (name === 'keys' ? keys : (Reflect.get(target, name) as unknown)),
  });
}
