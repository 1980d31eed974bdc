import { createMemorySearchIndex } from './fake-search-index.ts';
import { describeSearchIndexContract } from './search-index-contract.ts';

describeSearchIndexContract('createMemorySearchIndex', createMemorySearchIndex);
