/** One kind of secret that is known by its form. */
export interface SecretPattern {
  readonly kind: string;
  /** Global. Where it has a group, the group is kept and what follows it is replaced. */
  readonly pattern: RegExp;
}

/** What people call a secret where they write one down. */
const names =
  'pass(?:word|wd|phrase)?|pwd|secret|token|api[-_ ]?key|access[-_ ]?key|secret[-_ ]?key|private[-_ ]?key|client[-_ ]?secret|credentials?';
/** What a secret is made of; brackets, `$` and back quotes are of code. */
const value = '[\\w.~+/=@%!#^*?:-]';
/** Words alone, or with dots between them, are names in code, or types: no secret is made of letters only. */
const word = '[a-z_][a-z_.?!]{0,200}(?:[^\\w.~+/=@%!#^*?:-]|$)|bearer\\b|basic\\b|token\\b|digest\\b';

/**
 * The forms of secrets that are taken out of log lines. Every repetition is bounded or ends at a character class, so that no input makes
 * matching slow. Order matters: whole blocks come before what they may hold.
 */
const forms: readonly SecretPattern[] = [
  {
    kind: 'pem',
    pattern:
      /-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----[^]*?(?:-----END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----|$)/g,
  },
  { kind: 'putty-key', pattern: /PuTTY-User-Key-File-\d[^]*?(?:Private-MAC: [0-9a-f]+|$)/g },
  { kind: 'age-key', pattern: /AGE-SECRET-KEY-1[A-Z0-9]{20,}/g },
  { kind: 'jwt', pattern: /\beyJ[\w-]{8,}\.[\w-]{8,}(?:\.[\w-]*)?/g },
  {
    kind: 'authorization',
    pattern: new RegExp(
      `\\b((?:proxy-)?authorization["']?[ \\t]*[:=][ \\t]*["']?(?:(?:bearer|basic|token|digest)\\s+)?)(?!${word})${value}{8,}`,
      'gi',
    ),
  },
  { kind: 'bearer', pattern: /\b((?:bearer|basic)\s+)(?=[\w.~+/-]{0,200}[\d=])[\w.~+/=-]{8,}/gi },
  { kind: 'cookie', pattern: /\b((?:set-)?cookie["']?\s*[:=]\s*["']?)[\w.-]{1,100}=[^\r\n"']+/gi },
  { kind: 'url-credentials', pattern: /(\b[a-z][a-z0-9+.-]{1,20}:\/\/)[^\s/@:]{0,200}:[^\s/@]{1,500}@/gi },
  { kind: 'slack-webhook', pattern: /(hooks\.slack\.com\/(?:services|workflows)\/)[\w/]{10,}/g },
  { kind: 'discord-webhook', pattern: /(discord(?:app)?\.com\/api\/webhooks\/\d+\/)[\w-]{20,}/g },
  { kind: 'anthropic', pattern: /\bsk-ant-[\w-]{10,}/g },
  { kind: 'openai', pattern: /\bsk-[\w-]{16,}/g },
  { kind: 'stripe', pattern: /\b(?:sk|rk|pk)_(?:live|test)_[A-Za-z0-9]{10,}|\bwhsec_[A-Za-z0-9+/=]{16,}/g },
  { kind: 'aws-key-id', pattern: /\b(?:AKIA|ASIA|AIDA|AROA)[A-Z0-9]{16}\b/g },
  { kind: 'github', pattern: /\bgh[pousr]_[A-Za-z0-9]{20,}|\bgithub_pat_\w{20,}/g },
  { kind: 'gitlab', pattern: /\bgl(?:pat|dt|rt|cbt|ptt|soat)-[\w-]{16,}/g },
  { kind: 'slack', pattern: /\bxox[abceoprs]-[\w-]{10,}|\bxapp-\d-[\w-]{10,}/g },
  { kind: 'google', pattern: /\bAIza[\w-]{30,}|\bya29\.[\w-]{20,}|\bGOCSPX-[\w-]{20,}/g },
  { kind: 'npm', pattern: /\bnpm_[A-Za-z0-9]{30,}/g },
  { kind: 'pypi', pattern: /\bpypi-[\w-]{30,}/g },
  { kind: 'hugging-face', pattern: /\bhf_[A-Za-z0-9]{20,}/g },
  { kind: 'sendgrid', pattern: /\bSG\.[\w-]{16,}\.[\w-]{16,}/g },
  { kind: 'mailgun', pattern: /\bkey-[0-9a-f]{32}\b/g },
  { kind: 'twilio', pattern: /\b(?:SK|AC)[0-9a-f]{32}\b/g },
  { kind: 'shopify', pattern: /\bshp(?:at|ca|pa|ss)_[0-9a-fA-F]{20,}/g },
  { kind: 'digitalocean', pattern: /\bdo[opr]_v1_[0-9a-f]{20,}/g },
  { kind: 'docker', pattern: /\bdckr_[a-z]{2,4}_[\w-]{20,}/g },
  { kind: 'vault', pattern: /\bhv[sbr]\.[\w-]{20,}/g },
  { kind: 'model-host', pattern: /\b(?:xai-|gsk_|r8_|pplx-|nvapi-|fw_|together_)[\w-]{20,}/g },
  { kind: 'atlassian', pattern: /\bATATT3[\w=-]{20,}/g },
  { kind: 'linear', pattern: /\blin_(?:api|oauth)_[A-Za-z0-9]{20,}/g },
  { kind: 'databricks', pattern: /\bdapi[0-9a-f]{32}\b/g },
  { kind: 'postman', pattern: /\bPMAK-[\w-]{20,}/g },
  { kind: 'new-relic', pattern: /\bNRAK-[A-Z0-9]{20,}/g },
  { kind: 'telegram', pattern: /\b\d{8,10}:AA[\w-]{30,}/g },
  { kind: 'azure', pattern: /\b((?:AccountKey|SharedAccessKey|SharedAccessSignature|sig)=)[\w%+/=-]{20,}/g },
  {
    kind: 'assignment-json',
    pattern: new RegExp(`(["'](?:${names})\\\\?["']\\s{0,3}:\\s{0,3}\\\\?")[^"\\\\\\r\\n]{4,}`, 'gi'),
  },
  { kind: 'assignment-env', pattern: new RegExp(`((?:${names})=)${value}{4,}(?![\\w(.$])`, 'gi') },
  {
    kind: 'assignment',
    pattern: new RegExp(`((?:${names})["']?\\s{0,3}[:=]\\s{0,3}["']?)(?!${word})${value}{6,}(?![\\w(.])`, 'gi'),
  },
];

/** Where a word begins; also after the `\\n` of a text that was written as JSON. */
const begins = '(?:(?<!\\w)|(?<=\\\\[nrt]))';

/** The forms, each wherever a word may begin. */
export const secretPatterns: readonly SecretPattern[] = forms.map(({ kind, pattern }) => ({
  kind,
  pattern: new RegExp(
    pattern.source.replaceAll(/(^|[|(])\\b/gu, (_all, before: string) => before + begins),
    pattern.flags,
  ),
}));

/** Field names whose text is never written, whatever it looks like. */
const secretName =
  /pass(?:word|wd|phrase)?$|^pwd$|secret|token$|api[-_]?key|access[-_]?key|private[-_]?key|authorization|cookie|credential|^auth$/i;

/** Text with every known form of secret replaced by `[redacted]`. */
export function redactText(text: string): string {
  let clean = text;
  for (const { pattern } of secretPatterns) clean = clean.replace(pattern, keepGroup);
  return clean;
}

function keepGroup(_match: string, group: unknown): string {
  // Without a group the second argument is the offset.
  return typeof group === 'string' ? `${group}[redacted]` : '[redacted]';
}

/** True when a field of this name must not be written. */
export function isSecretName(name: string): boolean {
  return secretName.test(name);
}
