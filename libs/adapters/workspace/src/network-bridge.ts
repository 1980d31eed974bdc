/**
 * Runs inside a sandbox that has no network: a port of its own loopback leads to a socket, on whose other side the proxy of the host listens. The
 * program that follows on the command line is started when the port is open, with the variables that name it; its end is the end of everything.
 */
import { spawn } from 'node:child_process';
import { connect, createServer, type AddressInfo } from 'node:net';
import { constants } from 'node:os';

const [socketPath = '', program = '', ...args] = process.argv.slice(2);
const bridge = createServer({ allowHalfOpen: true }, (client) => {
  const remote = connect({ path: socketPath, allowHalfOpen: true });
  client.pipe(remote).pipe(client);
  client.on('error', () => remote.destroy());
  remote.on('error', () => client.destroy());
});
bridge.listen(0, '127.0.0.1', () => {
  const url = `http://127.0.0.1:${(bridge.address() as AddressInfo).port}`;
  const names = ['HTTP_PROXY', 'HTTPS_PROXY', 'ALL_PROXY'].flatMap((name) => [name, name.toLowerCase()]);
  const child = spawn(program, args, {
    stdio: 'inherit',
    env: {
      ...process.env,
      ...Object.fromEntries(names.map((name) => [name, url])),
      ...{ NO_PROXY: 'localhost,127.0.0.1,::1', no_proxy: 'localhost,127.0.0.1,::1', NODE_USE_ENV_PROXY: '1' },
    },
  });
  child.once('error', (error) => {
    process.stderr.write(`nootropic-bridge: cannot start ${JSON.stringify(program)}: ${error.message}\n`);
    process.exit(127);
  });
  child.once('exit', (code, signal) => {
    process.exit(code ?? 128 + (signal ? constants.signals[signal] : 0));
  });
});
