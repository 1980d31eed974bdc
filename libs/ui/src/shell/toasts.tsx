import { X } from 'lucide-react';
import { useStore } from 'zustand';
import { Button, IconButton } from '../parts/button.tsx';
import { strings } from '../strings.ts';
import type { Shell, Toast } from './shell-store.ts';

/** Short messages. The region is always there, so that a screen reader hears what is put into it. */
export function Toasts({ shell }: { readonly shell: Shell }) {
  const toasts = useStore(shell.store, (state) => state.toasts);
  return (
    <div className="nt-toasts" role="region" aria-label={strings.shell.messages}>
      <div role="status">{toasts.filter((toast) => !toast.error).map((toast) => item(toast, shell))}</div>
      <div role="alert">{toasts.filter((toast) => toast.error).map((toast) => item(toast, shell))}</div>
    </div>
  );
}

function item({ id, text, error, action }: Toast, shell: Shell) {
  return (
    <div key={id} className={`nt-toast ${error ? 'nt-toast-error' : ''}`}>
      <div>
        {text} {error?.hint && <span className="nt-muted">{error.hint}</span>}
      </div>
      {action && (
        <Button
          kind="quiet"
          onClick={() => {
            action.run();
            shell.dismiss(id);
          }}
        >
          {action.label}
        </Button>
      )}
      <IconButton label={strings.shell.dismiss} icon={<X aria-hidden size={16} />} onClick={() => shell.dismiss(id)} />
    </div>
  );
}
