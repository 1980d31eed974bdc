import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** An HTTP server that reads a request and says nothing of interest: what a request costs by itself. It prints its address. */
const server = createServer((request, response) => {
  request.resume().on('end', () => response.setHeader('content-type', 'application/json').end('{"choices":[]}'));
});
server.listen(0, '127.0.0.1', () => {
  console.log(JSON.stringify({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, token: '' }));
});
