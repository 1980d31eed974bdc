export interface Entry {
  readonly token: string;
  readonly workspace: string;
}

const key = 'nootropic';

/**
 * What the page was opened with: `#token=…&workspace=…`. A fragment is never sent to a server. It is kept for a reload of this tab only.
 */
export function readEntry(hash: string, storage: Pick<Storage, 'getItem' | 'setItem'>): Entry | undefined {
  const given = parse(hash.replace(/^#/u, ''));
  if (given) storage.setItem(key, new URLSearchParams({ ...given }).toString());
  return given ?? parse(storage.getItem(key) ?? '');
}

function parse(text: string): Entry | undefined {
  const fields = new URLSearchParams(text);
  const token = fields.get('token');
  const workspace = fields.get('workspace');
  return token && workspace ? { token, workspace } : undefined;
}
