import { createMemoryResponseCache } from './fake-response-cache.ts';
import { describeResponseCacheContract } from './response-cache-contract.ts';

describeResponseCacheContract('createMemoryResponseCache', (maxBytes) => createMemoryResponseCache({ maxBytes }));
