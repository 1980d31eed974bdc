import { webviewStrings } from './webview-strings.ts';

/** What the chat shows where no folder is open: the assistant works on one. */
export function NoFolder({ onOpen }: { readonly onOpen: () => void }) {
  return (
    <main className="nt-empty nt-no-folder">
      <h1>{webviewStrings.noFolder}</h1>
      <p>{webviewStrings.noFolderText}</p>
      <button type="button" className="nt-button nt-button-primary" onClick={onOpen}>
        {webviewStrings.openFolder}
      </button>
    </main>
  );
}
