import { readFileSync } from 'node:fs';
import { BlockList, isIP } from 'node:net';
import { hostname } from 'node:os';
import { join } from 'node:path';

/** Whether a packet to this address stays on this machine: 127.0.0.0/8, ::1, and the unspecified addresses, which lead to it too. */
export function isLocalAddress(address: string): boolean {
  const plain = address.replace(/^\[|\]$|%.*$/gu, '');
  const kind = isIP(plain);
  return kind !== 0 && localAddresses().check(plain, kind === 4 ? 'ipv4' : 'ipv6');
}

/** Whether a name leads to this machine by itself, with nobody asked: `localhost`, all below it (RFC 6761, 6.3), and none at all. */
export function isLocalName(host: string): boolean {
  return /^(?:|localhost|.*\.localhost)\.?$/iu.test(host) || isLocalAddress(host);
}

/** Whether a name is known without asking the network: an address, a name of this machine, or one that its file of hosts holds. */
export function isKnownName(host: string, listed: () => string = readHosts): boolean {
  const name = host.toLowerCase().replace(/\.$/u, '');
  if (isLocalName(name) || isIP(name.replace(/%.*$/u, '')) !== 0 || name === hostname().toLowerCase()) return true;
  return listed()
    .split('\n')
    .some((line) => line.replace(/#.*/u, '').toLowerCase().split(/\s+/u).slice(1).includes(name));
}

function localAddresses(): BlockList {
  const list = new BlockList();
  list.addSubnet('127.0.0.0', 8, 'ipv4');
  list.addAddress('0.0.0.0', 'ipv4');
  list.addAddress('::1', 'ipv6');
  list.addAddress('::', 'ipv6');
  return list;
}

function readHosts(): string {
  const file =
    process.platform === 'win32'
      ? join(process.env['SYSTEMROOT'] ?? 'C:\\Windows', 'System32', 'drivers', 'etc', 'hosts')
      : '/etc/hosts';
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
