import { createMemorySessionLog } from './fake-session-log.ts';
import { describeSessionLogContract } from './session-log-contract.ts';

describeSessionLogContract('createMemorySessionLog', (now) => createMemorySessionLog({ now }));
