import type { Assistant } from '@nootropic/contracts';
import { createContext, useContext, useRef, type ReactNode } from 'react';
import type { Face } from './face.ts';

/** What every part of the page may use. */
export interface Ui {
  readonly assistant: Assistant;
  /** Absolute path of the folder that the page is about. */
  readonly workspace: string;
  readonly face: Face;
  /** Shows another view, and there a thing: `go('code', { path, line })`. */
  readonly go: (view: ViewName, place?: Place) => void;
  /** Shows a file at a line: in the editor where the face has one, else in the page. */
  readonly openFile: (path: string, line?: number) => void;
  /** A short message that goes by itself; an error stays until it is dismissed. `action` is offered beside it, such as to undo. */
  readonly say: (message: string | Error, action?: { readonly label: string; readonly run: () => void }) => void;
  /** Opens an address outside of the page, once the person has agreed. Unset: links are shown as text. */
  readonly openLink: ((url: string) => void) | undefined;
}

export const viewNames = [
  'chat',
  'code',
  'models',
  'changes',
  'jobs',
  'memory',
  'metrics',
  'egress',
  'settings',
] as const;
export type ViewName = (typeof viewNames)[number];

/** What a view is to show, as its address says it: `#code?path=src%2Fa.ts&line=3`. */
export type Place = Readonly<Record<string, string>>;

const UiContext = createContext<Ui | undefined>(undefined);
const KeptContext = createContext<Map<string, unknown> | undefined>(undefined);

export function UiProvider({ value, children }: { readonly value: Ui; readonly children: ReactNode }) {
  const kept = useRef<Map<string, unknown>>(undefined);
  kept.current ??= new Map();
  return (
    <KeptContext value={kept.current}>
      <UiContext value={value}>{children}</UiContext>
    </KeptContext>
  );
}

/** What lives as long as the page, though the view that made it goes: a download, a ring of samples. `make` runs once for a name. */
export function useKeptOnPage<T>(name: string, make: () => T): T {
  const kept = useContext(KeptContext);
  if (!kept) throw new Error('This component must be inside of a UiProvider.');
  if (!kept.has(name)) kept.set(name, make());
  return kept.get(name) as T;
}

export function useUi(): Ui {
  const ui = useContext(UiContext);
  if (!ui) throw new Error('This component must be inside of a UiProvider.');
  return ui;
}
