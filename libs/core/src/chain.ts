import {
  chainInputSchema,
  NootropicError,
  type Assistant,
  type ChainEvent,
  type ChainInput,
  type GenerateRequest,
} from '@nootropic/contracts';
import { fillPrompt, planChain, type ChainPlan, type PlannedStep } from './chain-plan.ts';
import { judged, judgeRequest, majority } from './chain-vote.ts';
import type { Gateway, GatewayCaller, GatewayModel } from './gateway.ts';
import { reported, stoppable } from './stoppable.ts';

/** Copies of a step are asked with some chance, or they would all be the same. */
const copyTemperature = 0.8;
/** Requests at once to a model on another machine. One on this machine takes one after the other: they share what it has read. */
const remoteAtOnce = 4;

interface Run {
  readonly gateway: Gateway;
  readonly caller: GatewayCaller & { readonly signal: AbortSignal };
  readonly report: (event: ChainEvent) => void;
  /** Lets as many in at once as the model takes. */
  readonly enter: <Result>(model: GatewayModel, work: () => Promise<Result>) => Promise<Result>;
}

/** What a step, or one copy of it, is. */
interface Part {
  readonly step: PlannedStep;
  readonly copy: number;
  readonly model: GatewayModel;
}

/**
 * Runs a chain: steps as soon as those before them have ended, side by side where they are on different models. Each text is given as it comes;
 * `chain-end` is last. Nothing has run when it throws `INPUT_INVALID` or `MODEL_NOT_FOUND`; any other failure of a step ends the others and is thrown.
 * Copies count from 1; a judge that chooses among them is one copy more.
 */
export async function* runChain(
  input: ChainInput,
  gateway: Gateway,
  caller: GatewayCaller,
): AsyncGenerator<ChainEvent, void> {
  yield* runPlan(planChain(input), gateway, caller);
}

async function* runPlan(plan: ChainPlan, gateway: Gateway, caller: GatewayCaller): AsyncGenerator<ChainEvent, void> {
  const models = await findModels(plan, gateway);
  const stop = new AbortController();
  const signal = caller.signal ? AbortSignal.any([caller.signal, stop.signal]) : stop.signal;
  try {
    yield yield* reported<ChainEvent, ChainEvent>((report) => {
      const run: Run = { gateway, caller: { ...caller, signal }, report, enter: createTurnstile() };
      return runSteps(plan, models, run).catch((cause: unknown) => {
        // The others end; what they then fail with is not the reason.
        stop.abort();
        throw cause;
      });
    });
  } finally {
    stop.abort();
  }
}

/** The models of each step, looked up before anything runs. */
async function findModels(plan: ChainPlan, gateway: Gateway): Promise<Map<PlannedStep, GatewayModel[]>> {
  const found = new Map<PlannedStep, GatewayModel[]>();
  for (const step of plan.steps) {
    const names = step.models?.length ? step.models : [step.model];
    found.set(step, await Promise.all(names.map((name) => gateway.find(name, 'chat'))));
  }
  return found;
}

async function runSteps(
  plan: ChainPlan,
  models: ReadonlyMap<PlannedStep, readonly GatewayModel[]>,
  run: Run,
): Promise<ChainEvent> {
  const texts = new Map([['input', plan.input]]);
  const all: Record<string, string[]> = {};
  const ends = new Map<string, Promise<void>>();
  for (const step of plan.steps) {
    const [first, ...others] = models.get(step) ?? [];
    if (!first) throw new NootropicError('MODEL_NOT_FOUND', `There is no model for step ${step.name}.`);
    const end = async (): Promise<void> => {
      await Promise.all(step.after.map((name) => ends.get(name)));
      const prompt = fillPrompt(step.prompt, texts);
      const answers = await runCopies(run, { step, prompt, models: [first, ...others] });
      all[step.name] = answers;
      texts.set(step.name, await choose(run, { step, prompt, answers, model: first }));
    };
    ends.set(step.name, end());
  }
  await Promise.all(ends.values());
  return { type: 'chain-end', text: texts.get(plan.output) ?? '', steps: all };
}

async function runCopies(
  run: Run,
  { step, prompt, models }: { step: PlannedStep; prompt: string; models: readonly [GatewayModel, ...GatewayModel[]] },
): Promise<string[]> {
  const { system, maxTokens, jsonSchema, copies, seed = 1 } = step;
  const temperature = step.temperature ?? (copies > 1 ? copyTemperature : undefined);
  return Promise.all(
    Array.from({ length: copies }, (_, index) => {
      const request: GenerateRequest = {
        messages: [
          ...(system === undefined ? [] : [{ role: 'system' as const, content: system }]),
          { role: 'user', content: prompt },
        ],
        ...(maxTokens !== undefined && { maxTokens }),
        ...(temperature !== undefined && { temperature }),
        ...((copies > 1 || step.seed !== undefined) && { seed: seed + index }),
        ...(jsonSchema && { jsonSchema }),
      };
      return ask(run, { step, copy: index + 1, model: models[index % models.length] ?? models[0] }, request);
    }),
  );
}

/** What stands for the step in the prompts of others: the one answer, the one that was voted for, or all of them. */
async function choose(
  run: Run,
  {
    step,
    prompt,
    answers,
    model,
  }: { step: PlannedStep; prompt: string; answers: readonly string[]; model: GatewayModel },
): Promise<string> {
  const [only = ''] = answers;
  if (answers.length === 1) return only;
  if (step.vote === 'none')
    return answers.map((text, index) => `# Answer ${String(index + 1)}\n\n${text}`).join('\n\n');
  const most = majority(answers);
  if (step.vote === 'majority' || (step.vote === 'majority-or-judge' && most.votes > 1)) return most.text;
  const verdict = await ask(run, { step, copy: answers.length + 1, model }, judgeRequest(prompt, answers));
  return judged(verdict, answers);
}

/** One request, and its events. */
async function ask(run: Run, { step: { name: step }, copy, model }: Part, request: GenerateRequest): Promise<string> {
  const { gateway, caller, report } = run;
  return run.enter(model, async () => {
    caller.signal.throwIfAborted();
    report({ type: 'step-start', step, copy, model: model.name });
    // The prompts of a chain are put together so that they begin alike: in another order they would not.
    const answer = await gateway.chat({ ...request, model: model.info.ref, arrange: false }, caller);
    let text = '';
    let tokens = { read: 0, reused: 0, written: 0 };
    for await (const event of answer.events) {
      if (event.type === 'text') {
        text += event.text;
        report({ type: 'step-text', step, copy, text: event.text });
      } else if (event.type === 'finish') {
        if (event.reason === 'aborted') throw new NootropicError('ABORTED');
        tokens = { ...event.tokens };
      }
    }
    report({
      ...{ type: 'step-end', step, copy, text },
      ...{ tokensRead: tokens.read, tokensReused: tokens.reused, tokensWritten: tokens.written },
    });
    return text;
  });
}

function createTurnstile(): Run['enter'] {
  const inside = new Map<string, number>();
  const waiting: { readonly ref: string; readonly go: () => void }[] = [];
  return async ({ info: { ref, local } }, work) => {
    const most = local ? 1 : remoteAtOnce;
    const held = inside.get(ref) ?? 0;
    if (held < most) inside.set(ref, held + 1);
    // Whoever leaves hands his place on.
    else await new Promise<void>((go) => waiting.push({ ref, go }));
    try {
      return await work();
    } finally {
      const next = waiting.findIndex((each) => each.ref === ref);
      if (next >= 0) waiting.splice(next, 1)[0]?.go();
      else inside.set(ref, (inside.get(ref) ?? 1) - 1);
    }
  };
}

/** The chains of the contract, on the models of a gateway. */
export function createChainRequests(gateway: Gateway, client = 'local'): Assistant['chains'] {
  return {
    run: async (input, options?: { readonly signal?: AbortSignal | undefined }) => {
      // Refused here and not in the stream, where nobody can send a status any more.
      const plan = planChain(chainInputSchema.parse(input));
      return stoppable((signal) => runPlan(plan, gateway, { client, signal }), options?.signal);
    },
  };
}
