import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { runEgressGate } from './egress-gate.ts';
import { kernelTargets } from './kernel-targets.ts';

const canTrace = await promisify(execFile)('strace', ['-q', '-o', '/dev/null', 'true']).then(
  () => true,
  () => false,
);

// Without `strace`, or where the system forbids it, nobody can say what the kernel saw.
it.skipIf(!canTrace)(
  'writes down all that the kernel saw leave, and nothing else',
  async () => {
    const result = await runEgressGate(16, 3);
    expect(result).toMatchObject({ asked: 16, run: 16, unseen: [], invented: [], letOut: [] });
    expect(result.alive).toBeGreaterThan(0);
  },
  240_000,
);

it('reads what leaves from a trace', () => {
  const log = [
    '12 connect(20, {sa_family=AF_INET, sin_port=htons(443), sin_addr=inet_addr("192.0.2.7")}, 16) = -1 EINPROGRESS',
    '12 connect(21, {sa_family=AF_INET, sin_port=htons(80), sin_addr=inet_addr("127.0.0.1")}, 16) = 0',
    '13 connect(4, {sa_family=AF_INET6, sin6_port=htons(443), sin6_flowinfo=htonl(0), inet_pton(AF_INET6, "2001:db8::1", &sin6_addr), sin6_scope_id=0}, 28) = -1',
    '13 connect(5, {sa_family=AF_UNIX, sun_path="/tmp/x"}, 110) = 0',
    '14 sendto(6, "q", 1, 0, {sa_family=AF_INET, sin_port=htons(53), sin_addr=inet_addr("192.0.2.53")}, 16) = 1',
    '14 bind(6, {sa_family=AF_INET, sin_port=htons(0), sin_addr=inet_addr("192.0.2.99")}, 16) = 0',
    '15 sendmsg(7, {msg_name={sa_family=AF_INET, sin_port=htons(9), sin_addr=inet_addr("192.0.2.8")}, msg_namelen=16}, 0) = 1',
  ].join('\n');
  const { addresses, nameServers } = kernelTargets(log);
  expect([...addresses].sort()).toEqual(['192.0.2.7', '192.0.2.8', '2001:db8::1']);
  expect(nameServers).toBe(1);
});
