import { BlockList, isIP } from 'node:net';

/** What is not the internet, by the registries of special addresses: https://www.iana.org/assignments/iana-ipv4-special-registry and …/iana-ipv6-special-registry */
const special = new BlockList();
for (const [network, prefix] of [
  ...([
    ['0.0.0.0', 8],
    ['10.0.0.0', 8],
    ['100.64.0.0', 10],
    ['127.0.0.0', 8],
    ['169.254.0.0', 16],
  ] as const),
  ...([
    ['172.16.0.0', 12],
    ['192.0.0.0', 24],
    ['192.0.2.0', 24],
    ['192.31.196.0', 24],
    ['192.52.193.0', 24],
  ] as const),
  ...([
    ['192.88.99.0', 24],
    ['192.168.0.0', 16],
    ['192.175.48.0', 24],
    ['198.18.0.0', 15],
    ['198.51.100.0', 24],
  ] as const),
  ...([
    ['203.0.113.0', 24],
    ['224.0.0.0', 4],
    ['240.0.0.0', 4],
  ] as const),
  // Of the cloud providers, reached by a public address: the machine's own metadata.
  ...([['168.63.129.16', 32]] as const),
] as const)
  special.addSubnet(network, prefix, 'ipv4');
for (const [network, prefix] of [
  ...([
    ['2001::', 23],
    ['2001:db8::', 32],
    ['2002::', 16],
    ['2620:4f:8000::', 48],
    ['3fff::', 20],
  ] as const),
] as const)
  special.addSubnet(network, prefix, 'ipv6');
const global = new BlockList();
global.addSubnet('2000::', 3, 'ipv6');

/**
 * Whether an address is one of the internet: not this machine, not its network, not the metadata service of a cloud, not a range that stands for
 * another address. Of IPv6 only global unicast counts.
 */
export function isPublicAddress(address: string): boolean {
  const kind = isIP(address);
  if (kind === 4) return !special.check(address, 'ipv4');
  return kind === 6 && global.check(address, 'ipv6') && !special.check(address, 'ipv6');
}

/** Whether a host, as a URL names it, is one of those that are permitted; `*.example.org` permits all below, not `example.org` itself. */
export function isPermittedHost(host: string, permitted: readonly string[]): boolean {
  const name = plainHost(host);
  return permitted.some((entry) => {
    const wanted = plainHost(entry);
    return wanted.startsWith('*.')
      ? name.endsWith(wanted.slice(1)) && name.length > wanted.length - 1
      : name === wanted;
  });
}

/** Lower case, without the final dot, without brackets. */
export function plainHost(host: string): string {
  return host
    .trim()
    .toLowerCase()
    .replace(/\.$/u, '')
    .replace(/^\[(.+)\]$/u, '$1');
}
