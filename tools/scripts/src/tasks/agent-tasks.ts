import type { AgentTask } from './agent-task.ts';
import { cTasks } from './c-tasks.ts';
import { javascriptTasks } from './javascript-tasks.ts';
import { pythonTasks } from './python-tasks.ts';
import { shellTasks } from './shell-tasks.ts';
import { typescriptTasks } from './typescript-tasks.ts';

/** Six kinds of small changes in each of five languages. The first five are one of each language. */
export const agentTasks: readonly AgentTask[] = [0, 1, 2, 3, 4, 5].flatMap((at) =>
  [javascriptTasks, typescriptTasks, pythonTasks, cTasks, shellTasks].flatMap((tasks, language) => {
    // Another kind in each language, so that a few tasks already show most kinds.
    const task = tasks[(at + language) % tasks.length];
    return task === undefined ? [] : [task];
  }),
);
