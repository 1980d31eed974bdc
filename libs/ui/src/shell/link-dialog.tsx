import { useStore } from 'zustand';
import { Button } from '../parts/button.tsx';
import { strings } from '../strings.ts';
import { useUi } from '../ui-context.tsx';
import { Dialog, opensHere } from './dialog.tsx';
import type { Shell } from './shell-store.ts';

/** Asks before an address is opened: it may come from a model or a file, and say more than its words. */
export function LinkDialog({ shell }: { readonly shell: Shell }) {
  const link = useStore(shell.store, (state) => state.link);
  const { face } = useUi();
  if (link === undefined) return null;
  const close = (): void => shell.askLink(undefined);
  return (
    <Dialog label={strings.shell.openLinkTitle} onClose={close}>
      <h2>{strings.shell.openLinkTitle}</h2>
      <p className="nt-muted">{strings.shell.openLinkAbout}</p>
      <p className="nt-link-host">{new URL(link).host}</p>
      <code className="nt-link-address">{link}</code>
      <div className="nt-dialog-actions">
        <Button onClick={close}>{strings.shell.cancel}</Button>
        <Button
          kind="primary"
          ref={opensHere}
          onClick={() => {
            close();
            face.openLink?.(link);
          }}
        >
          {strings.shell.openLinkAction}
        </Button>
      </div>
    </Dialog>
  );
}
