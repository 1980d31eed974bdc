import { NootropicError } from '@nootropic/contracts';
import type { Face } from '@nootropic/ui';
import type { ChannelName } from '../shared/channel-names.ts';
import type { ChannelInput, ChannelOutput, DesktopBridge } from '../shared/channels.ts';

interface DesktopFaceOptions {
  readonly bridge: DesktopBridge;
  /** What was kept, as main gave it when the page began. */
  readonly kept: Readonly<Record<string, unknown>>;
}

/** A window of its own as a face. What it asks goes to main, where a person confirms what leads out. */
export function createDesktopFace({ bridge, kept }: DesktopFaceOptions): Face {
  const values = new Map(Object.entries(kept));
  return {
    kind: 'window',
    openLink: (url) => void askMain(bridge, 'link:open', url).catch(() => undefined),
    saveText: (file) => void askMain(bridge, 'text:save', file).catch(() => undefined),
    pickFolder: () => askMain(bridge, 'folder:pick', undefined),
    notify: (message) => void askMain(bridge, 'notice:show', message).catch(() => undefined),
    onCommand: (listener) => bridge.listen('command', listener),
    keep: {
      read: (key) => values.get(key),
      write(key, value) {
        values.set(key, value);
        // The page works on with what it has; what cannot be kept is gone with the window.
        askMain(bridge, 'keep:write', { key, value: JSON.parse(JSON.stringify(value ?? null)) as never }).catch(
          () => undefined,
        );
      },
    },
  };
}

/** Asks main; what it refuses is thrown as our own error. */
export async function askMain<Name extends ChannelName>(
  bridge: DesktopBridge,
  name: Name,
  input: ChannelInput<Name>,
): Promise<ChannelOutput<Name>> {
  const answer = (await bridge.ask(name, input)) as unknown as
    | { readonly ok: true; readonly value: ChannelOutput<Name> }
    | { readonly ok: false; readonly error: { code: NootropicError['code']; message: string; hint: string } };
  if (answer.ok) return answer.value;
  const { code, message, hint } = answer.error;
  throw new NootropicError(code, message, { hint });
}
