import { createMemoryUsageLog } from './fake-usage-log.ts';
import { describeUsageLogContract } from './usage-log-contract.ts';

describeUsageLogContract('createMemoryUsageLog', createMemoryUsageLog);
