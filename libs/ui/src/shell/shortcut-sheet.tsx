import { useStore } from 'zustand';
import { Dialog } from '../parts/dialog.tsx';
import { strings } from '../strings.ts';
import type { Shell } from './shell-store.ts';
import { viewKeys } from './shortcuts.ts';
import { views } from './views.tsx';

/** All shortcuts on one sheet, and the switch for those of a single key. */
export function ShortcutSheet({ shell }: { readonly shell: Shell }) {
  const words = strings.shell.shortcutSheet;
  const singleKeys = useStore(shell.store, (state) => state.singleKeys);
  const goes = Object.entries(viewKeys).filter(([, view]) => views.some(({ name }) => name === view));
  return (
    <Dialog title={strings.shell.shortcuts} wide onClose={() => shell.open(undefined)}>
      <div className="nt-shortcuts">
        <Group title={words.everywhere} rows={words.everywhereKeys} />
        <Group title={words.go} rows={goes.map(([key, view]) => [`g ${key}`, strings.shell.views[view]] as const)} />
        <Group title={strings.shell.views.chat} rows={words.chatKeys} />
        <Group title={words.approvals} rows={words.approvalKeys} />
      </div>
      <label className="nt-check-row">
        <input type="checkbox" checked={singleKeys} onChange={({ target }) => shell.setSingleKeys(target.checked)} />
        {words.singleKeys}
      </label>
    </Dialog>
  );
}

function Group({ title, rows }: { readonly title: string; readonly rows: readonly (readonly [string, string])[] }) {
  return (
    <section aria-label={title}>
      <h3>{title}</h3>
      <dl>
        {rows.map(([keys, what]) => (
          <div key={keys}>
            <dt>
              {keys.split(' ').map((key, index) => (
                <kbd key={index}>{key}</kbd>
              ))}
            </dt>
            <dd>{what}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}
