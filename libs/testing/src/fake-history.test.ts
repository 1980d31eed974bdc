import { createMemoryHistory, type ScriptedChange } from './fake-history.ts';
import { describeHistoryContract, historyScript } from './history-contract.ts';

const changes = historyScript
  .map(({ author, message, files }, at): ScriptedChange => ({
    commit: String(at + 1).repeat(40),
    author,
    at: `2026-01-0${String(at + 1)}T00:00:00Z`,
    message,
    paths: Object.keys(files),
    lines: Object.fromEntries(
      Object.entries(files).map(([path, text]) => {
        const endLine = text.split('\n').length - 1;
        return [path, { startLine: at === 1 ? endLine : 1, endLine }];
      }),
    ),
  }))
  .toReversed();

describeHistoryContract('createMemoryHistory', () => ({
  history: createMemoryHistory(changes),
  none: createMemoryHistory(),
}));
