/**
 * Files that are known to hold secrets: no model is given their text and nothing is suggested in them, whatever model it is. By their names, as they are usual
 * for environment variables, keys and credentials of package managers, clouds and shells.
 */
const secretNames: readonly RegExp[] = [
  /^\.env(\.(?!example$|sample$|template$).+)?$/iu,
  /\.(pem|key|p12|pfx|jks|keystore|kdbx|asc|gpg)$/iu,
  /^id_(rsa|dsa|ecdsa|ed25519)(\.pub)?$/iu,
  /^\.(npmrc|pypirc|netrc|pgpass|htpasswd|git-credentials|dockercfg)$/iu,
  /^(credentials|secrets?)(\.(json|ya?ml|toml|ini|env))?$/iu,
  /^.*\.tfvars$/iu,
];

/** Whether a file is one that no model reads. `path`: relative or absolute, with either kind of slash. */
export function isRestrictedFile(path: string): boolean {
  const name = path.split(/[/\\]/u).at(-1) ?? path;
  return secretNames.some((pattern) => pattern.test(name));
}
