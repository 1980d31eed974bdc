import { createHostLink } from './host-link.ts';

/* The utility process: `link.js NODE ENTRY VERSION`. */

const [node = '', entry = '', version = ''] = process.argv.slice(2);
const { parentPort } = process as unknown as {
  readonly parentPort: {
    postMessage(message: unknown): void;
    on(name: 'message', listener: (event: { readonly data: unknown }) => void): void;
  };
};
const link = createHostLink({
  command: [node, entry],
  version,
  env: process.env,
  tell: (message) => parentPort.postMessage(message),
});
parentPort.on('message', ({ data }) => void link.order(data));
