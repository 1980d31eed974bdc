/** Holds a key whatever else the name says. */
const keyNames: readonly RegExp[] = [
  /\.(pem|key|p12|pfx|pkcs12|jks|keystore|kdbx|kdb|ppk|asc|gpg|ovpn|agekey)$/,
  /^id_(rsa|dsa|ecdsa|ed25519)(_sk)?$/,
  /^\.?(netrc|_netrc|pypirc|pgpass|git-credentials|htpasswd|dockercfg|s3cfg|boto|vault-token)$/,
  /^wallet\.dat$/,
];

/** Holds secrets unless it is source code, or is there to show what a real one looks like. */
const secretNames: readonly RegExp[] = [
  /^\.env$/,
  /^\.env[.\-_]/,
  /\.env$/,
  /^\.envrc$/,
  /\.(tfvars|tfstate)(\.json|\.backup)?$/,
  /^id_(rsa|dsa|ecdsa|ed25519)(_sk)?[.\-_]/,
  /^\.(npmrc|yarnrc\.yml|my\.cnf)$/,
  /^credentials?$/,
  /^credentials?.*\.(json|ya?ml|toml|ini|csv|txt|xml|properties)$/,
  /^(client[_-])?secrets?([.\-_].*)?\.(json|ya?ml|toml|ini|txt|env|properties)$/,
  /^service[-_]?account.*\.json$/,
  /^(master|secret|private)[_-]?key([.\-_].*)?$/,
  /^auth\.json$/,
  /^kubeconfig([.\-_].*)?$/,
  /^(authorized_keys|known_hosts)$/,
  /^\.(bash|zsh|python|node_repl|psql|mysql|sqlite)_history$/,
];

const notSecret: readonly RegExp[] = [
  /(^|[.\-_])(example|sample|template|tmpl|dist|schema)([.\-_]|$)/,
  /\.(ts|tsx|js|jsx|mjs|cjs|mts|cts|py|go|rs|java|kt|c|h|cc|cpp|hpp|cs|rb|php|swift|md|mdx|rst)$/,
];

const secretFolders = new Set(['.aws', '.ssh', '.gnupg', '.kube', '.azure', '.gcloud', '.password-store']);

/**
 * Folds the spellings that some file system takes for the same name: case, compatibility forms, invisible characters
 * (HFS+), trailing dots and spaces and stream names (NTFS).
 */
function fold(segment: string): string {
  return segment
    .normalize('NFKC')
    .replace(/[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff]/gu, '')
    .toLowerCase()
    .replace(/:.*$/u, '')
    .replace(/[. ]+$/u, '');
}

/**
 * True when a path is likely to hold keys or passwords, judged by its names alone. Such a file is not indexed, not listed and not read.
 * Source code is not secret by its name (`secrets.ts`), nor is an example (`.env.example`). A path that ends in `/` is a folder.
 */
export function isSecretPath(path: string): boolean {
  const segments = path.split(/[/\\]/u).map(fold);
  if (segments.some((segment) => secretFolders.has(segment))) return true;
  const name = segments.at(-1) ?? '';
  if (keyNames.some((pattern) => pattern.test(name))) return true;
  if (name === 'config.json' && segments.at(-2) === '.docker') return true;
  return secretNames.some((pattern) => pattern.test(name)) && !notSecret.some((pattern) => pattern.test(name));
}
