import { createMemoryContextStore } from './fake-context-store.ts';
import { describeContextStoreContract } from './context-store-contract.ts';

describeContextStoreContract('createMemoryContextStore', () => createMemoryContextStore());
