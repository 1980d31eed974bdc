import { connect } from '@nootropic/client';
import { AskPage } from '@nootropic/ui';
import { createRoot } from 'react-dom/client';
import { readEntry } from './entry.ts';
import './page.css';

const root = document.getElementById('root');
const entry = readEntry(location.hash, sessionStorage);
// The token must not stay in the address bar, the history or a copied link.
history.replaceState(null, '', location.pathname);

if (root) {
  createRoot(root).render(
    entry ? (
      <AskPage assistant={connect({ url: location.origin, token: entry.token })} workspace={entry.workspace} />
    ) : (
      <main>
        <h1>nootropic</h1>
        <p>
          This page needs the address that <code>nootropic serve</code> printed, with all that follows the{' '}
          <code>#</code>.
        </p>
      </main>
    ),
  );
}
