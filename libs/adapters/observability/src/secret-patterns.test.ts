import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isSecretName, redactText, secretPatterns } from './secret-patterns.ts';

/** Joined here, so that no scanner takes the examples for real ones. */
const join = (...parts: string[]): string => parts.join('');
const hex = '0123456789abcdef0123456789abcdef';
const word = 'Ab1Cd2Ef3Gh4Ij5Kl6Mn7Op8Qr9St0Uv1Wx2Yz3';

/** One example for each kind, as it might stand in a line; the second part is what must be gone. */
const examples: Record<string, [string, string]> = {
  pem: [join('-----BEGIN RSA PRIVATE', ' KEY-----\nMIIEow', word, '\n-----END RSA PRIVATE', ' KEY-----'), 'MIIEow'],
  'putty-key': [join('PuTTY-User-Key-File-3: ssh-ed25519\nAAAA', word, '\nPrivate-MAC: ', hex), `AAAA${word}`],
  'age-key': [join('AGE-SECRET-', 'KEY-1', word.toUpperCase()), word.toUpperCase()],
  jwt: [join('eyJhbGciOiJI', 'UzI1NiJ9.eyJzdWIiOiIxMjM0In0.', word), 'eyJzdWIi'],
  authorization: [join('Authorization: ', word), word],
  bearer: [join('sent Bearer ', word, ' along'), word],
  cookie: [join('Cookie: sid=', word, '; theme=dark'), word],
  'url-credentials': ['postgres://admin:hunter22@db.example/x', 'hunter22'],
  'slack-webhook': [join('https://hooks.slack.com/services/', 'T000/B000/', word), word],
  'discord-webhook': [join('https://discord.com/api/webhooks/123456/', word), word],
  anthropic: [join('sk-', 'ant-api03-', word), word],
  openai: [join('sk-', 'proj-', word), word],
  stripe: [join('sk_', 'live_', word), word],
  'aws-key-id': [join('AKIA', 'IOSFODNN7EXAMPLE'), 'IOSFODNN7EXAMPLE'],
  github: [join('ghp_', word), word],
  gitlab: [join('glpat-', word), word],
  slack: [join('xoxb-', '1234567890-', word), word],
  google: [join('AIza', word), word],
  npm: [join('npm_', word), word],
  pypi: [join('pypi-', word), word],
  'hugging-face': [join('hf_', word), word],
  sendgrid: [join('SG.', word, '.', word), word],
  mailgun: [join('key-', hex), hex],
  twilio: [join('SK', hex), hex],
  shopify: [join('shpat_', hex), hex],
  digitalocean: [join('dop_', 'v1_', hex), hex],
  docker: [join('dckr_', 'pat_', word), word],
  vault: [join('hvs.', word), word],
  'model-host': [join('gsk_', word), word],
  atlassian: [join('ATATT3', word), word],
  linear: [join('lin_', 'api_', word), word],
  databricks: [join('dapi', hex), hex],
  postman: [join('PMAK-', word), word],
  'new-relic': [join('NRAK-', word.toUpperCase()), word.toUpperCase()],
  telegram: [join('123456789:AA', word), word],
  azure: [join('AccountKey=', word, '=='), word],
  'assignment-json': [join('{"password": "', 'correct-horse"}'), 'correct-horse'],
  'assignment-env': [join('DB_PASSWORD', '=correcthorse'), 'correcthorse'],
  assignment: [join('password: ', 'hunter22x'), 'hunter22x'],
};

describe('redactText', () => {
  it('has an example for every kind, and at least twenty kinds', () => {
    expect(Object.keys(examples).sort()).toEqual(secretPatterns.map(({ kind }) => kind).sort());
    expect(secretPatterns.length).toBeGreaterThanOrEqual(20);
  });

  it.each(Object.entries(examples))('takes out: %s', (kind, [text, secret]) => {
    const line = `before ${text} after`;
    expect(redactText(line)).not.toContain(secret);
    expect(redactText(line)).toContain('[redacted]');
    expect(redactText(line).startsWith('before ')).toBe(true);
    // The kind's own pattern does it, not only a wider one.
    const own = secretPatterns.find((pattern) => pattern.kind === kind);
    expect(line.match(own?.pattern ?? /^$/g)).not.toBeNull();
  });

  it.each([
    'tokens read: 1200, reused 800',
    'loaded /models/qwen3-8b-q4_k_m.gguf in 2.1 s',
    'https://example.com/a/b?page=2',
    'sha256 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08',
    'the key is pressed; the cookie jar is empty',
    'task-force desk-lamp risk-free',
    '2026-01-01T10:00:00Z user@example.com',
    'readonly token: string; password: z.string().min(8)',
    'const secret = secretOf(request); token: served.token, apiKey: options.apiKey',
    'Send `Authorization: Bearer …`, or authorization: `Bearer ${token}`',
    'basic authentication; cookie = false; credentials: false',
  ])('leaves alone: %s', (text) => {
    expect(redactText(text)).toBe(text);
  });

  it('finds a secret inside any text', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 200 }), fc.string({ maxLength: 200 }), (before, after) => {
        expect(redactText(`${before} ${join('ghp_', word)} ${after}`)).not.toContain(word);
      }),
    );
  });

  it.each(Object.entries(examples))('takes it out of a text that was written as JSON: %s', (_kind, [text, secret]) => {
    expect(redactText(JSON.stringify(`before\n${text}\nafter`))).not.toContain(secret);
  });

  it('changes nothing more the second time', () => {
    for (const [text] of Object.values(examples)) expect(redactText(redactText(text))).toBe(redactText(text));
  });
});

describe('isSecretName', () => {
  it.each(['apiKey', 'api_key', 'password', 'Authorization', 'accessToken', 'token', 'clientSecret', 'set-cookie'])(
    '%s is',
    (name) => {
      expect(isSecretName(name)).toBe(true);
    },
  );
  it.each(['tokens', 'tokensRead', 'key', 'author', 'path', 'authors'])('%s is not', (name) => {
    expect(isSecretName(name)).toBe(false);
  });
});
