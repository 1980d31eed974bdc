import type { NootropicError } from '@nootropic/contracts';
import { createStore, type StoreApi } from 'zustand/vanilla';
import type { Face } from '../face.ts';
import { readAddress, writeAddress, type Address } from './address.ts';
import type { Place, ViewName } from '../ui-context.tsx';

export const themes = ['system', 'light', 'dark'] as const;
export type Theme = (typeof themes)[number];

/** A message at the border of the page. An error stays until it is dismissed. */
export interface Toast {
  readonly id: number;
  readonly text: string;
  readonly error: NootropicError | undefined;
  readonly action: ToastAction | undefined;
}

/** What can be done about a message: `Undo`. */
export interface ToastAction {
  readonly label: string;
  readonly run: () => void;
}

export type Overlay = 'palette' | 'shortcuts' | 'tour' | 'navigation';

export interface ShellState {
  readonly address: Address;
  readonly theme: Theme;
  readonly railOpen: boolean;
  /** Whether keys without Ctrl or Cmd do something. */
  readonly singleKeys: boolean;
  /** The one thing that lies over the page. */
  readonly overlay: Overlay | undefined;
  readonly toasts: readonly Toast[];
  /** An address that a person is asked about before it is opened. */
  readonly link: string | undefined;
}

export interface Shell {
  readonly store: StoreApi<ShellState>;
  readonly go: (view: ViewName, place?: Place) => void;
  /** Shows the view that an address names, without a new entry in the history. */
  readonly show: (address: Address) => void;
  readonly setTheme: (theme: Theme) => void;
  readonly setRail: (open: boolean) => void;
  readonly setSingleKeys: (on: boolean) => void;
  readonly open: (overlay: Overlay | undefined) => void;
  readonly toast: (toast: Omit<Toast, 'id'>) => void;
  readonly dismiss: (id: number) => void;
  readonly askLink: (url: string | undefined) => void;
}

interface ShellWorld {
  readonly keep: Face['keep'];
  /** The address of the page and what changes it. */
  readonly location: Pick<Location, 'hash'>;
  /** Whether the tour comes by itself the first time. */
  readonly tours: boolean;
  readonly setTimer: (run: () => void, ms: number) => unknown;
}

const toastMs = 6000;

/** The state around the views, made once for a page. What a person chose is kept. */
export function createShell({ keep, location, tours, setTimer }: ShellWorld): Shell {
  const theme = themes.find((known) => known === keep.read('theme')) ?? 'system';
  const store = createStore<ShellState>()(() => ({
    address: readAddress(location.hash),
    theme,
    railOpen: keep.read('rail') !== false,
    singleKeys: keep.read('single-keys') !== false,
    overlay: keep.read('tour') === undefined && tours ? 'tour' : undefined,
    toasts: [],
    link: undefined,
  }));
  let toastCount = 0;
  const dismiss = (id: number): void =>
    store.setState(({ toasts }) => ({ toasts: toasts.filter((toast) => toast.id !== id) }));
  return {
    store,
    dismiss,
    go(view, place = {}) {
      const address = { view, place };
      store.setState({ address, overlay: undefined });
      location.hash = writeAddress(address);
    },
    show(address) {
      store.setState({ address });
    },
    setTheme(theme) {
      keep.write('theme', theme);
      store.setState({ theme });
    },
    setRail(railOpen) {
      keep.write('rail', railOpen);
      store.setState({ railOpen });
    },
    setSingleKeys(singleKeys) {
      keep.write('single-keys', singleKeys);
      store.setState({ singleKeys });
    },
    open(overlay) {
      store.setState({ overlay });
    },
    toast(toast) {
      const id = (toastCount += 1);
      store.setState(({ toasts }) => ({ toasts: [...toasts.slice(-3), { ...toast, id }] }));
      if (!toast.error) setTimer(() => dismiss(id), toast.action ? toastMs * 2 : toastMs);
    },
    askLink(link) {
      store.setState({ link });
    },
  };
}
