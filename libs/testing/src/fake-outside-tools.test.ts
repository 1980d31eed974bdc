import { createFakeOutsideTools, type FakeOutsideTool } from './fake-outside-tools.ts';
import { describeOutsideToolsContract } from './outside-tools-contract.ts';

describeOutsideToolsContract('fake', () => {
  const echo: FakeOutsideTool = {
    ...{ name: 'echo', description: 'Gives back what it is given.', parameters: { type: 'object' } },
    run: (args) => JSON.stringify(args),
  };
  return {
    tools: createFakeOutsideTools('sample', [echo]),
    change: () => (echo.description = 'Something else.'),
  };
});
