import { mkdir, mkdtemp, realpath, rm } from 'node:fs/promises';
import * as http from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isKnownEvent, type KnownTurnEvent } from '@nootropic/contracts';
import { compose } from '@nootropic/server';
import { createSeededRandom, startScriptedServer, type RecordedRequest, type ScriptedAnswer } from '@nootropic/testing';
import { openPoints, writeTask, type AgentTask } from './agent-task.ts';
import { agentTasks } from './agent-tasks.ts';
import { weakWork } from './weak-model.ts';
import { createWeakView, type SentMessage } from './weak-view.ts';
import { weakDialects, writeMove } from './weak-writing.ts';

/** What came of one task. */
export interface TaskRun {
  readonly task: string;
  /** Requests to the model. */
  readonly steps: number;
  /** Ways in which the model misbehaved. */
  readonly quirks: readonly string[];
  /** Whether something did not hold before. */
  readonly wasRed: boolean;
  /** What does not hold at the end; empty when the task is done. */
  readonly open: readonly string[];
  /** How the turn ended, and its last words. */
  readonly end: string;
}

/** What came of a run of the gate. It holds when `run` equals `asked` and nothing failed. */
export interface TaskGateResult {
  readonly asked: number;
  readonly run: number;
  readonly failed: number;
  readonly runs: readonly TaskRun[];
}

export interface TaskGateOptions {
  /** False: the model writes no change, and every task must fail. Default true. */
  readonly edits?: boolean;
  /** What the model hears of what it is sent. Default: all of it. */
  readonly hears?: (text: string) => string;
  readonly onRun?: (run: TaskRun) => void;
}

/** How many tasks there are. */
export const taskCount = agentTasks.length;
/** Names of models that are told different formats of changes, by the size that the name says. */
const models = ['weak', 'weak-14b', 'weak-32b'];

/**
 * Lets a scripted model that behaves like a weak one do small real changes, through the whole program and over the wire, in folders that are trusted,
 * with checks on and commands in the sandbox. A task fails that was not red before and is not green after.
 */
export async function runTaskGate(count: number, seed: number, options: TaskGateOptions = {}): Promise<TaskGateResult> {
  const runs: TaskRun[] = [];
  for (let index = 0; index < count; index += 1) {
    const task = agentTasks[index % agentTasks.length];
    if (!task) break;
    const run = await runTask(task, seed + index, options);
    runs.push(run);
    options.onRun?.(run);
  }
  const failed = runs.filter(({ wasRed, open }) => !wasRed || open.length > 0).length;
  return { asked: count, run: runs.length, failed, runs };
}

/** One line of a table of runs. */
export function taskRow({ task, steps, quirks, wasRed, open }: TaskRun): string {
  const result = !wasRed ? 'GREEN BEFORE' : open.length === 0 ? 'green' : `RED: ${open[0]?.slice(0, 200) ?? ''}`;
  return `${task.padEnd(20)} ${String(steps).padStart(3)} steps  ${result}  [${quirks.join(', ')}]`;
}

async function runTask(task: AgentTask, seed: number, options: TaskGateOptions): Promise<TaskRun> {
  const base = await realpath(await mkdtemp(join(tmpdir(), 'nootropic-task-')));
  const root = join(base, 'work');
  await mkdir(root);
  try {
    await writeTask(task, root);
    const wasRed = (await openPoints(task, root)).length > 0;
    const model = scriptedWeakModel(seed, options);
    const end = await converse(task, { base, root, model, seed });
    return {
      task: task.name,
      steps: model.steps(),
      quirks: model.quirks,
      wasRed,
      open: await openPoints(task, root),
      end,
    };
  } finally {
    await rm(base, { recursive: true, force: true, maxRetries: 3 });
  }
}

async function converse(
  task: AgentTask,
  place: {
    readonly base: string;
    readonly root: string;
    readonly model: ReturnType<typeof scriptedWeakModel>;
    readonly seed: number;
  },
): Promise<string> {
  const { base, root: workspace, model, seed } = place;
  const name = models[seed % models.length] ?? 'weak';
  await using server = await startScriptedServer({ http, models, contextLength: 32_768, answer: model.answer });
  await using open = await compose({
    env: { ...process.env, NOOTROPIC_HOME: join(base, 'home') },
    flags: { log: { level: 'silent' }, models: { chat: `openai:${name}@${server.url}/v1` } },
  });
  const { assistant } = open;
  await assistant.trust.set({ workspace, trusted: true });
  let end = '';
  for await (const event of await assistant.send({
    workspace,
    text: task.request,
    mode: 'auto-edit',
    attended: true,
  })) {
    if (!isKnownEvent(event)) continue;
    if (event.type === 'approval-request') {
      const { sessionId, requestId } = event;
      await assistant.answer({ sessionId, requestId, decision: mayDo(event, task) ? 'allow' : 'deny' });
    } else if (event.type === 'turn-end') end = `${event.reason}: ${event.text.slice(-600)}`;
    else if (event.type === 'turn-error') end = `${event.error.code}: ${event.error.message}`;
  }
  return end;
}

/** A person lets it run the tests that the task names, in the sandbox, and nothing else. */
function mayDo(event: Extract<KnownTurnEvent, { type: 'approval-request' }>, task: AgentTask): boolean {
  return event.action === 'run' && event.sandboxed === true && event.detail === task.tests;
}

/** The weak model as the answers of a server. It knows no more of the task than the requests say. */
function scriptedWeakModel(seed: number, { edits = true, hears = (text) => text }: TaskGateOptions) {
  const random = createSeededRandom(seed);
  const view = createWeakView();
  const quirks: string[] = [];
  let steps = 0;
  let work: ReturnType<typeof weakWork> | undefined;
  return {
    quirks,
    steps: () => steps,
    answer({ body }: RecordedRequest): ScriptedAnswer {
      steps += 1;
      const messages = (body?.['messages'] ?? []) as readonly SentMessage[];
      view.hear(
        messages.map(({ role, content }) => ({
          role,
          content: typeof content === 'string' ? hears(content) : content,
        })),
      );
      work ??= weakWork({ view, random, edits, onQuirk: (quirk) => quirks.push(quirk) });
      const next = work.next();
      if (next.done) return { text: [next.value ?? 'Done.'] };
      const drawn = weakDialects[Math.floor(random() * weakDialects.length)] ?? 'native';
      // A fence that opens within one that is not closed is the end of that one: nobody could tell the two from Markdown in Markdown.
      const isOpen = ((next.value.body ?? '').match(/^```/gmu) ?? []).length % 2 === 1;
      const dialect = isOpen && drawn === 'fenced JSON' ? 'hermes' : drawn;
      return writeMove(next.value, dialect, `call-${steps}`);
    },
  };
}
