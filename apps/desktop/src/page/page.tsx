import { connect } from '@nootropic/client';
import { App } from '@nootropic/ui';
import { useEffect, useState } from 'react';
import { createRoot } from 'react-dom/client';
import { bridgeName } from '../shared/channel-names.ts';
import type { DesktopBridge, DesktopState, HostState } from '../shared/channels.ts';
import { askMain, createDesktopFace } from './desktop-face.ts';
import { withDesktopKeys } from './desktop-keys.ts';
import './page.css';

const bridge = (globalThis as unknown as Record<typeof bridgeName, DesktopBridge>)[bridgeName];
const assistant = withDesktopKeys(connect({ url: location.origin }), bridge, (question) =>
  globalThis.confirm(question),
);

interface Begun {
  readonly state: DesktopState;
  readonly kept: Readonly<Record<string, unknown>>;
}

async function begin(): Promise<Begun> {
  const [state, kept] = await Promise.all([
    askMain(bridge, 'state:get', undefined),
    askMain(bridge, 'keep:all', undefined),
  ]);
  return { state, kept };
}

/** The page once there is a folder and a host; until then, what to do about it. */
function Desktop({ begun }: { readonly begun: Begun }) {
  const [workspace, setWorkspace] = useState(begun.state.workspace);
  const [host, setHost] = useState<HostState>({ state: 'starting' });
  const [face] = useState(() => createDesktopFace({ bridge, kept: begun.kept }));
  useEffect(() => bridge.listen('workspace', setWorkspace), []);
  useEffect(() => {
    void askMain(bridge, 'host:get', undefined).then(setHost);
    return bridge.listen('host', setHost);
  }, []);
  if (host.state === 'failed') return <Failed host={host} />;
  if (workspace === undefined) return <Welcome recent={begun.state.recent} />;
  if (host.state === 'starting') return <Quiet text="Starting the host…" />;
  return <App key={workspace} assistant={assistant} workspace={workspace} face={face} />;
}

function Failed({ host }: { readonly host: HostState & { readonly state: 'failed' } }) {
  return (
    <main className="alone">
      <h1>The host does not run</h1>
      <p role="alert">
        {host.message} {host.hint}
      </p>
      <button
        type="button"
        className="nt-button nt-button-primary"
        onClick={() => void askMain(bridge, 'host:again', undefined)}
      >
        Try again
      </button>
    </main>
  );
}

function Welcome({ recent }: { readonly recent: readonly string[] }) {
  return (
    <main className="alone">
      <h1>Which code is it about?</h1>
      <p>nootropic answers about one folder at a time. Nothing of it leaves this machine.</p>
      <button
        type="button"
        className="nt-button nt-button-primary"
        onClick={() => void askMain(bridge, 'folder:pick', undefined)}
      >
        Open a folder…
      </button>
      {recent.length > 0 && (
        <ul aria-label="Folders that were open before">
          {recent.map((folder) => (
            <li key={folder}>
              <button
                type="button"
                className="nt-button nt-button-quiet"
                onClick={() => void askMain(bridge, 'folder:open', folder)}
              >
                {folder}
              </button>
            </li>
          ))}
        </ul>
      )}
    </main>
  );
}

function Quiet({ text }: { readonly text: string }) {
  return (
    <main className="alone">
      <p role="status">{text}</p>
    </main>
  );
}

const root = document.getElementById('root');
if (root) {
  const view = createRoot(root);
  begin().then(
    (begun) => view.render(<Desktop begun={begun} />),
    (cause: unknown) => view.render(<Quiet text={cause instanceof Error ? cause.message : String(cause)} />),
  );
}
