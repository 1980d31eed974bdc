import { BlockList, isIP } from 'node:net';

/** What a trace of the kernel's network calls shows of what leaves. */
export interface KernelTargets {
  /** Addresses that are not of the loopback, to which something was connected or sent. */
  readonly addresses: ReadonlySet<string>;
  /** Calls to name servers that are not of the loopback. */
  readonly nameServers: number;
}

const calls = /^\d+\s+(?:<\.\.\. )?(?:connect|sendto|sendmsg|sendmmsg)\b/u;
const plain = /sin_port=htons\((\d+)\), sin_addr=inet_addr\("([^"]+)"\)/gu;
const long = /sin6_port=htons\((\d+)\)[^}]*?inet_pton\(AF_INET6, "([^"]+)"/gu;

/** Reads the log of `strace -f -e trace=network`. */
export function kernelTargets(log: string): KernelTargets {
  const local = new BlockList();
  local.addSubnet('127.0.0.0', 8, 'ipv4');
  local.addAddress('0.0.0.0', 'ipv4');
  local.addAddress('::1', 'ipv6');
  local.addAddress('::', 'ipv6');
  const addresses = new Set<string>();
  let nameServers = 0;
  for (const line of log.split('\n')) {
    if (!calls.test(line)) continue;
    for (const [, port, address = ''] of [...line.matchAll(plain), ...line.matchAll(long)]) {
      if (local.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4')) continue;
      if (port === '53') nameServers += 1;
      else addresses.add(address);
    }
  }
  return { addresses, nameServers };
}
