import { NootropicError } from '@nootropic/contracts';

export interface Entry {
  readonly workspace: string;
}

/** What the browser gives a page. */
export interface EntryWorld {
  /** Of the address: `#code=…&workspace=…`. A fragment is never sent to a server. */
  readonly hash: string;
  readonly storage: Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>;
  readonly fetch: typeof fetch;
}

const key = 'nootropic.workspace';

/**
 * Enters: the code of the address, valid once, becomes a cookie that no script can read; the workspace is kept for a reload of this tab. Without a code the
 * cookie of before serves, as long as it does. `undefined` where neither does.
 */
export async function enter({ hash, storage, fetch }: EntryWorld): Promise<Entry | undefined> {
  const fields = new URLSearchParams(hash.replace(/^#/u, ''));
  const code = fields.get('code');
  const workspace = fields.get('workspace') ?? storage.getItem(key);
  if (workspace === null || workspace === '') return undefined;
  storage.setItem(key, workspace);
  const signedIn = code === null ? await isSignedIn(fetch) : (await spend(fetch, code)) || (await isSignedIn(fetch));
  return signedIn ? { workspace } : undefined;
}

/** Ends the session of this browser with the host. */
export async function leave({ storage, fetch }: Omit<EntryWorld, 'hash'>): Promise<void> {
  storage.removeItem(key);
  await fetch('/sign-out', { method: 'POST', headers: { 'x-nootropic-request': '1' } });
}

async function spend(fetch: EntryWorld['fetch'], code: string): Promise<boolean> {
  const response = await asked(
    fetch('/sign-in', {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-nootropic-request': '1' },
      body: JSON.stringify({ code }),
    }),
  );
  return response.ok;
}

async function isSignedIn(fetch: EntryWorld['fetch']): Promise<boolean> {
  const response = await asked(fetch('/sign-in'));
  if (!response.ok) return false;
  const { signedIn } = (await response.json()) as { signedIn?: unknown };
  return signedIn === true;
}

async function asked(response: Promise<Response>): Promise<Response> {
  try {
    return await response;
  } catch (cause) {
    throw new NootropicError('HOST_UNREACHABLE', undefined, { cause });
  }
}
