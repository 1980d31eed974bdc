import {
  chooseEditFormat,
  runTurn,
  type EditFormat,
  type Tool,
  type TurnOutcome,
  type TurnStep,
} from '@nootropic/agents';
import type { Knowledge, Model, ModelInfo, TurnEvent, TurnEventBody } from '@nootropic/contracts';
import type { Agents } from './agents.ts';
import type { FittedPrompt } from './fit-prompt.ts';
import { gatherDeltas } from './gather-deltas.ts';
import { existingPaths } from './existing-paths.ts';
import { closedTool } from './hooked-tool.ts';
import { hookedModel } from './hooked-model.ts';
import { groupByTurn } from './prompt.ts';
import type { Task } from './task.ts';
import type { Turn, TurnPorts } from './turn.ts';

/** Text pieces closer together than this are one event: each event waits for the disk before it is shown. */
const deltaWindowMs = 25;
/** How long a cancelled model may take to end by itself before the turn ends without it. */
const abortGraceMs = 100;

export interface StepsMaterial extends Omit<FittedPrompt, 'blocks'> {
  readonly model: Model;
  readonly knowledge: Knowledge;
  /** Every tool that the session ever had. */
  readonly all: readonly Tool[];
  readonly task: Task | undefined;
}

/** Runs the loop of model and tools, and writes its events. `undefined` where it was left behind, since it did not end when it was told to. */
export async function* runSteps(
  turn: Turn,
  { model, knowledge, all, task, prompt, limits, perToken }: StepsMaterial,
): AsyncGenerator<TurnEvent, TurnOutcome | undefined> {
  const { ports, log, desk, signal, client } = turn;
  const heard: TurnEventBody[] = [];
  const tools = task?.tools(all) ?? answerTools(all, ports.agents);
  const steps = runTurn({
    tools: prompt.tools.flatMap(({ name }) => tools.find(({ spec }) => spec.name === name) ?? []),
    announcedTools: prompt.announced,
    model: hears(task) ? hookedModel(model, { hooks: task.hooks, report: (event) => heard.push(event) }) : model,
    ...{ knowledge, messages: prompt.messages, limits, perToken, signal },
    call: { session: log.session.id, ...(client !== undefined && { client }) },
    makeId: ports.newId,
    steered: () => desk.takeSaid(),
    ...(task && {
      existing: () => existingPaths(knowledge),
      ...{ actions: task.actions, skills: task.skills, personas: task.personas },
      furtherTools: task.further,
      ...(task.agent.passes && { passes: task.agent.passes }),
      earlier: groupByTurn(log.events()).flat(),
      format: await editFormat(ports, model.info),
    }),
  });
  if (log.events().some(({ type, turnId }) => type === 'compaction' && turnId === log.turnId))
    yield* compressing(turn, task);
  const batches = gatherDeltas<TurnStep, TurnOutcome>(steps, {
    windowMs: deltaWindowMs,
    graceMs: abortGraceMs,
    signal,
  });
  let batch = await batches.next();
  try {
    for (; !batch.done; batch = await batches.next()) {
      yield* await log.write([...heard.splice(0), ...batch.value]);
      if (batch.value.some(({ type }) => type === 'compaction')) yield* compressing(turn, task);
    }
  } finally {
    await batches.return(undefined);
  }
  // What is said from here on would not be heard.
  desk.close();
  yield* await log.write(heard.splice(0));
  return batch.value;
}

function hears(task: Task | undefined): task is Task {
  return task !== undefined && (task.hooks.has('BeforeModel') || task.hooks.has('AfterModel'));
}

/** Hooks hear of a compaction before a model reads what is left. */
async function* compressing({ log }: Turn, task: Task | undefined): AsyncGenerator<TurnEvent, void> {
  if (!task?.hooks.has('PreCompress')) return;
  for await (const event of task.hooks.fire('PreCompress', { trigger: 'auto' })) yield* await log.write([event]);
}

/** A question changes nothing: of a session's tools only those of the one who answers can be used for it. */
function answerTools(all: readonly Tool[], { answer }: Agents): Tool[] {
  const names = new Set(answer.tools.map(({ spec }) => spec.name));
  return all.map((tool) => (names.has(tool.spec.name) ? tool : closedTool(tool)));
}

/** How this model writes changes down. */
async function editFormat({ config, profile }: TurnPorts, { ref, name }: ModelInfo): Promise<EditFormat> {
  const measured = await profile(ref);
  // Names of models say how many billion weights they have: `qwen2.5-coder-7b-instruct`.
  const billions = /(?:^|[^a-z0-9.])(\d+(?:\.\d+)?)b(?![a-z0-9])/iu.exec(`${name} ${ref}`)?.[1];
  return chooseEditFormat({
    configured: config.agent.editFormat,
    ...(measured && { profile: measured }),
    ...(billions !== undefined && { parameters: Number(billions) * 1e9 }),
  });
}
