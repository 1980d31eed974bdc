import { createFakeParser } from './fake-parser.ts';
import { describeParserContract } from './parser-contract.ts';

describeParserContract('fake', createFakeParser);
