import { NootropicError } from '@nootropic/contracts';

/**
 * Names and addresses at which a cloud machine learns its own keys. None of them is where a person wants to be told something; the rest of the
 * link-local range is refused with them.
 */
const metadataNames = ['metadata.google.internal', 'metadata.goog', 'instance-data', 'instance-data.ec2.internal'];
const metadataAddresses = ['100.100.100.200', '168.63.129.16', '192.0.0.192', 'fd00:ec2::254', 'fd20:ce::254'];

/**
 * Why a webhook must not be sent there; `undefined` where it may. Any `http` or `https` address may be, on this machine and in its own network too,
 * but not link-local addresses (RFC 3927, RFC 4291), where the keys of cloud machines lie, nor addresses that stand for no one machine.
 */
export function refusedHost(host: string): string | undefined {
  const name = host
    .toLowerCase()
    .replace(/^\[|\]$/gu, '')
    .replace(/\.$/u, '');
  if (metadataNames.includes(name)) return 'it is where a cloud machine learns its keys';
  const address = name.includes(':') ? ipv6Groups(name) : ipv4Groups(name);
  if (!address) return undefined;
  const [first = 0, second = 0] = address;
  const same = (text: string): boolean =>
    JSON.stringify(text.includes(':') ? ipv6Groups(text) : ipv4Groups(text)) === JSON.stringify(address);
  if (metadataAddresses.some(same)) return 'it is where a cloud machine learns its keys';
  if (address.length === 4) {
    if (first === 169 && second === 254) return 'it is a link-local address';
    if (first >= 224) return 'it stands for no one machine';
    // 0.0.0.0 reaches this machine, and so does what begins with it on some systems.
    return first === 0 ? 'it stands for no one machine' : undefined;
  }
  if ((first & 0xff_c0) === 0xfe_80) return 'it is a link-local address';
  if ((first & 0xff_00) === 0xff_00 || address.every((group) => group === 0)) return 'it stands for no one machine';
  const inner = embeddedIpv4(address);
  return inner && refusedHost(inner.join('.'));
}

/** Throws `INPUT_INVALID` for an address that a webhook must not have. What its name resolves to is looked at when it is sent. */
export function checkWebhookUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url || (url.protocol !== 'http:' && url.protocol !== 'https:'))
    throw new NootropicError('INPUT_INVALID', 'The address of the webhook is not one of http or https.');
  if (url.username !== '' || url.password !== '')
    throw new NootropicError('INPUT_INVALID', 'The address of the webhook holds a user or a password.', {
      hint: 'It would be shown with the job. The signature already says who sends it.',
    });
  const reason = refusedHost(url.hostname);
  if (reason === undefined) return url;
  throw new NootropicError('INPUT_INVALID', `Nothing is sent to ${url.hostname}: ${reason}.`);
}

function ipv4Groups(text: string): number[] | undefined {
  if (!/^\d{1,3}(?:\.\d{1,3}){3}$/u.test(text)) return undefined;
  const groups = text.split('.').map(Number);
  return groups.every((group) => group < 256) ? groups : undefined;
}

function ipv6Groups(text: string): number[] | undefined {
  const [plain = ''] = text.split('%');
  // The parser of addresses writes every form of one in the same way.
  const written = URL.canParse(`http://[${plain}]/`) ? new URL(`http://[${plain}]/`).hostname.slice(1, -1) : undefined;
  if (written === undefined) return undefined;
  const [left = '', right] = written.split('::');
  const read = (part: string): number[] =>
    part === '' ? [] : part.split(':').map((group) => Number.parseInt(group, 16));
  const [before, after] = [read(left), read(right ?? '')];
  return [...before, ...Array.from({ length: 8 - before.length - after.length }, () => 0), ...after];
}

/** The IPv4 address inside one that is mapped, translated (64:ff9b::/96) or tunnelled (2002::/16). */
function embeddedIpv4(groups: readonly number[]): number[] | undefined {
  const bytes = (high = 0, low = 0): number[] => [high >> 8, high & 0xff, low >> 8, low & 0xff];
  if (groups[0] === 0x20_02) return bytes(groups[1], groups[2]);
  const isTranslated = groups[0] === 0x64 && groups[1] === 0xff_9b && groups.slice(2, 6).every((group) => group === 0);
  const isMapped = groups.slice(0, 5).every((group) => group === 0) && (groups[5] === 0xff_ff || groups[5] === 0);
  const isLoopback = groups.slice(0, 7).every((group) => group === 0);
  return isTranslated || (isMapped && !isLoopback) ? bytes(groups[6], groups[7]) : undefined;
}
