import { createPlainShellParser } from './fake-shell-parser.ts';
import { describeShellParserContract } from './shell-parser-contract.ts';

describeShellParserContract('createPlainShellParser', createPlainShellParser);
