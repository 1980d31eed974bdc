import { describe, expect, it } from 'vitest';
import { checkWebhookUrl, refusedHost } from './webhook-address.ts';

describe('checkWebhookUrl', () => {
  it.each([
    'http://127.0.0.1:8080/hook',
    'http://localhost/hook',
    'http://[::1]:8080/',
    'https://10.1.2.3/',
    'https://192.168.1.4:8443/x?y=1',
    'https://hooks.example.com/T/B',
    'https://[2001:db8::1]/',
    'https://[fd12:3456::1]/',
  ])('takes %s', (url) => {
    expect(checkWebhookUrl(url).href).toBe(new URL(url).href);
  });

  it.each([
    'http://169.254.169.254/latest/meta-data/',
    'http://169.254.0.1/',
    'http://2852039166/',
    'http://0xa9.0xfe.0xa9.0xfe/',
    'http://0251.0376.0251.0376/',
    'http://169.254.43518/',
    'http://[fe80::1]/',
    'http://[febf::1]/',
    'http://[::ffff:169.254.169.254]/',
    'http://[::ffff:a9fe:a9fe]/',
    'http://[64:ff9b::169.254.169.254]/',
    'http://[2002:a9fe:a9fe::1]/',
    'http://[::169.254.169.254]/',
    'http://[fd00:ec2::254]/',
    'http://[fd00:0ec2:0:0:0:0:0:254]/',
    'http://100.100.100.200/',
    'http://168.63.129.16/',
    'http://metadata.google.internal/computeMetadata/v1/',
    'http://METADATA.google.internal./',
    'http://0.0.0.0/',
    'http://[::]/',
    'http://255.255.255.255/',
    'http://224.0.0.1/',
    'http://[ff02::1]/',
    'file:///etc/passwd',
    'javascript:alert(1)',
    'no address',
    '',
  ])('refuses %s', (url) => {
    expect(() => checkWebhookUrl(url)).toThrow(expect.objectContaining({ code: 'INPUT_INVALID' }));
  });
});

describe('refusedHost', () => {
  it('reads addresses as a resolver gives them', () => {
    expect(refusedHost('fe80::1%eth0')).toBe('it is a link-local address');
    expect(refusedHost('127.0.0.1')).toBeUndefined();
    expect(refusedHost('::1')).toBeUndefined();
    expect(refusedHost('::ffff:127.0.0.1')).toBeUndefined();
    expect(refusedHost('169.254.1.2')).toBe('it is a link-local address');
  });
});
