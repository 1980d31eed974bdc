import { secretPatterns } from './secret-patterns.ts';

/** A secret of one kind: as it stands in a text, and the part of it that nobody may see. */
export interface SecretSample {
  readonly kind: string;
  readonly text: string;
  readonly secret: string;
}

const hexDigits = '0123456789abcdef';
const upper = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ';
const letters = `${upper}${upper.toLowerCase()}0123456789`;

/** How each kind is made from random characters. They are joined here, so that no scanner takes the repository for one that leaks. */
const recipes: Readonly<
  Record<string, (draw: (from: string, length: number) => string) => [text: string, secret: string]>
> = {
  pem: (draw) => {
    const body = draw(letters, 64);
    const border = (word: string): string => ['-----', word, ' RSA PRIVATE', ' KEY-----'].join('');
    return [`${border('BEGIN')}\n${body}\n${border('END')}`, body];
  },
  'putty-key': (draw) => {
    const body = draw(letters, 64);
    return [
      `${['PuTTY-User', 'Key-File-3'].join('-')}: ssh-ed25519\n${body}\nPrivate-MAC: ${draw(hexDigits, 32)}`,
      body,
    ];
  },
  jwt: (draw) => {
    const body = draw(letters, 40);
    return [`${['ey', 'JhbGciOiJI', draw(letters, 12)].join('')}.${body}.${draw(letters, 30)}`, body];
  },
  authorization: (draw) => wrapped(['Author', 'ization: '].join(''), draw(letters, 32)),
  bearer: (draw) => wrapped(['Bea', 'rer '].join(''), draw(letters, 40)),
  cookie: (draw) => wrapped(['Set-Coo', 'kie: sid='].join(''), draw(letters, 32)),
  'url-credentials': (draw) => {
    const secret = draw(letters, 16);
    return [`postgres://admin:${secret}@db.example/x`, secret];
  },
  'slack-webhook': (draw) => wrapped('https://hooks.slack.com/services/', `T0/B0/${draw(letters, 24)}`),
  anthropic: (draw) => plain(['sk', 'ant', `api03-${draw(letters, 40)}`].join('-')),
  openai: (draw) => plain(['sk', `proj-${draw(letters, 40)}`].join('-')),
  stripe: (draw) => plain(['sk', 'live', draw(letters, 24)].join('_')),
  'aws-key-id': (draw) => plain(`${['AK', 'IA'].join('')}${draw(`${upper}0123456789`, 16)}`),
  github: (draw) => plain(['gh', `p_${draw(letters, 36)}`].join('')),
  gitlab: (draw) => plain(['gl', `pat-${draw(letters, 20)}`].join('')),
  slack: (draw) => plain(['xo', `xb-${draw('0123456789', 11)}-${draw(letters, 24)}`].join('')),
  google: (draw) => plain(['AI', `za${draw(letters, 35)}`].join('')),
  npm: (draw) => plain(['np', `m_${draw(letters, 36)}`].join('')),
  pypi: (draw) => plain(['py', `pi-${draw(letters, 60)}`].join('')),
  'hugging-face': (draw) => plain(['h', `f_${draw(letters, 34)}`].join('')),
  sendgrid: (draw) => plain(`${['S', 'G'].join('')}.${draw(letters, 22)}.${draw(letters, 43)}`),
  twilio: (draw) => plain(['S', `K${draw(hexDigits, 32)}`].join('')),
  digitalocean: (draw) => plain(['do', `p_v1_${draw(hexDigits, 64)}`].join('')),
  docker: (draw) => plain(['dckr', 'pat', draw(letters, 27)].join('_')),
  vault: (draw) => plain(['hv', `s.${draw(letters, 24)}`].join('')),
  'model-host': (draw) => plain(['xa', `i-${draw(letters, 60)}`].join('')),
  databricks: (draw) => plain(['da', `pi${draw(hexDigits, 32)}`].join('')),
  telegram: (draw) => plain(`${draw('123456789', 9)}:AA${draw(letters, 33)}`),
  azure: (draw) => wrapped(['Account', 'Key='].join(''), draw(letters, 44)),
  assignment: (draw) => wrapped(['pass', 'word='].join(''), draw(letters, 14)),
};

/** Kinds of secrets that samples are made of. */
export const secretKinds: readonly string[] = Object.keys(recipes).filter((kind) =>
  secretPatterns.some((pattern) => pattern.kind === kind),
);

function plain(secret: string): [string, string] {
  return [secret, secret];
}

function wrapped(before: string, secret: string): [string, string] {
  return [`${before}${secret}`, secret];
}

/** `count` secrets, of every kind in turn, made of random characters. Each is another one. */
export function sampleSecrets(count: number, random: () => number): SecretSample[] {
  const draw = (from: string, length: number): string =>
    Array.from({ length }, () => from[Math.floor(random() * from.length)] ?? '').join('');
  return Array.from({ length: count }, (_, nth) => {
    const kind = secretKinds[nth % secretKinds.length] ?? '';
    const [text, secret] = recipes[kind]?.(draw) ?? ['', ''];
    return { kind, text, secret };
  });
}
