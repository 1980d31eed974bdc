export { connect, type Endpoint } from './connect.ts';
export { connectSocket, type SocketEndpoint } from './connect-socket.ts';
export type { ResumeOptions } from './resumable.ts';
