import { NootropicError } from '@nootropic/contracts';
import type { BrowserWindow } from 'electron';
import type { ChannelName } from '../shared/channel-names.ts';
import { channels, type ChannelInput, type ChannelOutput } from '../shared/channels.ts';
import type { Electron } from './electron.ts';
import { isPageOf } from './window.ts';

export type ChannelAnswers = {
  readonly [Name in ChannelName]: (input: ChannelInput<Name>) => Promise<ChannelOutput<Name>> | ChannelOutput<Name>;
};

/** What comes back over a channel: Electron passes no more of an error than its message. */
export type ChannelAnswer =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly error: { readonly code: string; readonly message: string; readonly hint: string } };

/** Answers the page's channels, and nobody else's: the sender, what it sends and what is answered are all checked. */
export function answerChannels(
  { ipcMain }: Pick<Electron, 'ipcMain'>,
  answers: ChannelAnswers,
  around: {
    readonly window: () => BrowserWindow | undefined;
    readonly log: (message: string, facts: Readonly<Record<string, string>>) => void;
  },
): void {
  for (const name of Object.keys(channels) as ChannelName[]) {
    ipcMain.handle(name, async (event, input: unknown): Promise<ChannelAnswer> => {
      try {
        if (!isPageOf(around.window(), event))
          throw new NootropicError('DENIED', 'Only the page of this app may ask for this.');
        const given = channels[name].input.safeParse(input);
        if (!given.success) throw new NootropicError('INPUT_INVALID', `What was sent to ${name} is not what it takes.`);
        const answer = answers[name] as (input: unknown) => unknown;
        return { ok: true, value: channels[name].output.parse(await answer(given.data)) };
      } catch (cause) {
        const error = NootropicError.from(cause).toJSON();
        around.log('A call of the page was refused.', { channel: name, code: error.code });
        return { ok: false, error };
      }
    });
  }
}
