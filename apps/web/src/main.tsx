import { connect } from '@nootropic/client';
import { NootropicError } from '@nootropic/contracts';
import { App } from '@nootropic/ui';
import { createRoot } from 'react-dom/client';
import { createBrowserFace } from './browser-face.ts';
import { enter, leave } from './entry.ts';
import { entryStrings as words } from './strings.ts';
import './page.css';

const root = document.getElementById('root');
const { hash } = location;
// The code must not stay in the address bar, the history or a copied link.
if (/^#(?:code|workspace)=|&code=/u.test(hash)) history.replaceState(null, '', location.pathname);

async function start(element: HTMLElement): Promise<void> {
  const view = createRoot(element);
  const world = { storage: sessionStorage, fetch: fetch.bind(globalThis) };
  try {
    const entry = await enter({ hash, ...world });
    if (!entry) {
      view.render(<Away />);
      return;
    }
    const face = createBrowserFace({
      storage: localStorage,
      document,
      open: open.bind(globalThis),
      signOut: () => void leave(world).finally(() => view.render(<Away />)),
    });
    view.render(<App assistant={connect({ url: location.origin })} workspace={entry.workspace} face={face} />);
  } catch (cause) {
    view.render(<Away why={NootropicError.from(cause).message} />);
  }
}

function Away({ why }: { readonly why?: string }) {
  return (
    <main className="away">
      <h1>{words.name}</h1>
      {why !== undefined && <p role="alert">{why}</p>}
      <p>
        {words.notSignedIn} <code>{words.serve}</code> {words.serveSays} <code>{words.status}</code> {words.statusSays}
      </p>
    </main>
  );
}

if (root) void start(root);
