import { connect } from '@nootropic/client';
import { NootropicError } from '@nootropic/contracts';
import { AskPage } from '@nootropic/ui';
import { createRoot } from 'react-dom/client';
import { enter, leave } from './entry.ts';
import './page.css';

const root = document.getElementById('root');
const { hash } = location;
// The code must not stay in the address bar, the history or a copied link.
history.replaceState(null, '', location.pathname);

async function start(element: HTMLElement): Promise<void> {
  const view = createRoot(element);
  const world = { storage: sessionStorage, fetch: fetch.bind(globalThis) };
  try {
    const entry = await enter({ hash, ...world });
    view.render(
      entry ? (
        <AskPage
          assistant={connect({ url: location.origin })}
          workspace={entry.workspace}
          onSignOut={() => void leave(world).finally(() => view.render(<Away />))}
        />
      ) : (
        <Away />
      ),
    );
  } catch (cause) {
    view.render(<Away why={NootropicError.from(cause).message} />);
  }
}

function Away({ why }: { readonly why?: string }) {
  return (
    <main>
      <h1>nootropic</h1>
      {why !== undefined && <p className="error">{why}</p>}
      <p>
        You are not signed in. <code>nootropic serve</code> prints the address of this page, and{' '}
        <code>nootropic status --page</code> a new one; each is good for one browser, within 30 seconds.
      </p>
    </main>
  );
}

if (root) void start(root);
