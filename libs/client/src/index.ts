export { connect, type Endpoint } from './connect.ts';
