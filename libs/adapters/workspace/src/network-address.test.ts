import { describe, expect, it } from 'vitest';
import { isPermittedHost, isPublicAddress } from './network-address.ts';

describe('isPublicAddress', () => {
  it.each([
    '8.8.8.8',
    '1.1.1.1',
    '172.15.0.1',
    '172.32.0.1',
    '100.63.0.1',
    '100.128.0.1',
    '192.167.0.1',
    '2606:4700::1111',
    '2a00:1450::1',
  ])('takes %s', (address) => {
    expect(isPublicAddress(address)).toBe(true);
  });
  it.each([
    ...[
      '0.0.0.0',
      '10.1.2.3',
      '100.64.0.1',
      '100.100.100.200',
      '127.0.0.1',
      '127.255.255.255',
      '169.254.169.254',
      '172.16.0.1',
    ],
    ...[
      '172.31.255.255',
      '192.0.0.192',
      '192.168.1.1',
      '198.18.0.1',
      '224.0.0.1',
      '240.0.0.1',
      '255.255.255.255',
      '168.63.129.16',
    ],
    ...[
      '::',
      '::1',
      '::ffff:8.8.8.8',
      '::ffff:127.0.0.1',
      '64:ff9b::7f00:1',
      'fc00::1',
      'fd00:ec2::254',
      'fe80::1',
      'fe80::1%eth0',
    ],
    ...[
      'fec0::1',
      'ff02::1',
      '2001:db8::1',
      '2001::1',
      '2002:7f00:1::',
      '100::1',
      '',
      'localhost',
      '127.1',
      '0x7f000001',
    ],
  ])('refuses %j', (address) => {
    expect(isPublicAddress(address)).toBe(false);
  });
});

describe('isPermittedHost', () => {
  it.each([
    ['example.org', 'example.org', true],
    ['EXAMPLE.org.', 'example.org', true],
    ['a.example.org', 'example.org', false],
    ['example.org', '*.example.org', false],
    ['a.b.example.org', '*.example.org', true],
    ['badexample.org', '*.example.org', false],
    ['example.org.evil.net', '*.example.org', false],
    ['.example.org', '*.example.org', false],
    ['anything', '*', false],
  ])('%s for %s: %j', (host, entry, permitted) => {
    expect(isPermittedHost(host, [entry])).toBe(permitted);
  });
});
