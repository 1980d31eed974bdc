import type { Face } from '@nootropic/ui';

interface BrowserWorld {
  readonly storage: Pick<Storage, 'getItem' | 'setItem'>;
  readonly document: Document;
  readonly open: (url: string, target: string, features: string) => unknown;
  readonly signOut: () => void;
}

const prefix = 'nootropic.page.';

/** A browser tab as a face: keeps in the browser's own storage, saves as a download, opens links in a tab that knows nothing of this one. */
export function createBrowserFace({ storage, document, open, signOut }: BrowserWorld): Face {
  return {
    kind: 'browser',
    signOut,
    openLink: (url) => void open(url, '_blank', 'noopener,noreferrer'),
    saveText({ name, text }) {
      const address = URL.createObjectURL(new Blob([text], { type: 'text/plain;charset=utf-8' }));
      const link = document.createElement('a');
      link.href = address;
      link.download = name;
      link.click();
      URL.revokeObjectURL(address);
    },
    keep: {
      read(key) {
        try {
          return JSON.parse(storage.getItem(prefix + key) ?? 'null') ?? undefined;
        } catch {
          return undefined;
        }
      },
      write(key, value) {
        try {
          storage.setItem(prefix + key, JSON.stringify(value));
        } catch {
          // A browser that keeps nothing, or has no room left: the page works without.
        }
      },
    },
  };
}
