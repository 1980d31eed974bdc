import { NootropicError, type Message, type TokenCounts } from '@nootropic/contracts';
import { changedFiles } from './work-summary.ts';
import { cutContent, type Delegate, type ToolOutcome } from './tool.ts';
import { messagesLength } from './turn-compaction.ts';
import type { TurnOutcome, TurnRequest } from './turn-request.ts';
import type { TurnStep } from './turn-step.ts';

const helperSteps = 12;
const summaryLength = 2_000;
const notForHelpers = new Set(['task', 'todo', 'ask-user', 'find-tools']);

const helperRules =
  'You are a helper: do only the task that follows. Nobody answers questions. End with a summary of what you found or did, with paths and lines.';

/**
 * Runs sub-agents, one after the other: each has a prompt, a limit of steps and a place in the model's memory of its own, and the same rights. Only
 * its summary and what it changed come back. It cannot start another.
 */
export function createDelegate({
  request,
  run,
  onTokens,
}: {
  readonly request: TurnRequest;
  readonly run: (request: TurnRequest) => AsyncGenerator<TurnStep, TurnOutcome>;
  readonly onTokens: (tokens: TokenCounts) => void;
}): Delegate {
  return async function* ({ persona, task }): AsyncGenerator<TurnStep, ToolOutcome> {
    const personas = request.personas ?? [];
    const agent = personas.find(({ name }) => name === persona);
    if (persona !== undefined && !agent) {
      const names = personas.map(({ name }) => name).join(', ');
      return {
        ok: false,
        content: `There is no persona ${persona}. ${names === '' ? 'Leave it out.' : `There are: ${names}.`}`,
      };
    }
    const agentId = (request.makeId ?? (() => crypto.randomUUID()))();
    const inner = helperRequest(request, { agent, agentId, task });
    yield { type: 'agent-start', agentId, name: persona ?? 'helper', task };
    const steps: TurnStep[] = [];
    const work = run(inner);
    let outcome: TurnOutcome | undefined;
    try {
      while (!outcome) {
        const next = await work.next();
        if (next.done) outcome = next.value;
        else {
          steps.push(next.value);
          if (next.value.type !== 'text-delta' && next.value.type !== 'reasoning-delta') yield next.value;
        }
      }
    } catch (cause) {
      const error = NootropicError.from(cause);
      yield { type: 'agent-end', agentId, ok: false, text: error.message };
      throw error;
    } finally {
      await work.return({ reason: 'aborted', text: '', answer: '', tokens: { read: 0, reused: 0, written: 0 } });
    }
    onTokens(outcome.tokens);
    const ok = outcome.reason === 'done';
    const text = summary(outcome, steps);
    yield { type: 'agent-end', agentId, ok, text };
    return { ok, content: text };
  };
}

function helperRequest(
  request: TurnRequest,
  {
    agent,
    agentId,
    task,
  }: { agent: NonNullable<TurnRequest['personas']>[number] | undefined; agentId: string; task: string },
): TurnRequest {
  const { announcedTools: _, earlier: __, personas: ___, steered: ____, furtherTools: _____, ...shared } = request;
  const own = request.messages.find(({ role }) => role === 'system')?.content ?? '';
  const messages: Message[] = [
    { role: 'system', content: `${agent?.system ?? own}\n\n${helperRules}` },
    { role: 'user', content: task },
  ];
  const { limits, call } = request;
  const characters = limits.characters + messagesLength(request.messages) - messagesLength(messages);
  return {
    ...shared,
    // Those of the one who asks, by name: a helper gets nothing that its caller has not.
    tools: request.tools.filter(
      ({ spec, reads }) =>
        !notForHelpers.has(spec.name) &&
        (agent === undefined || agent.tools.some((each) => each.spec.name === spec.name)) &&
        (reads || agent?.mode !== 'plan'),
    ),
    messages,
    limits: { ...limits, maxSteps: Math.min(helperSteps, limits.maxSteps), characters },
    call: { ...call, ...(call?.session !== undefined && { session: `${call.session}/${agentId}` }) },
  };
}

function summary({ answer, reason }: TurnOutcome, steps: readonly TurnStep[]): string {
  const changed = changedFiles(steps);
  const parts = [
    cutContent(answer.trim() || 'The helper ended without a summary.', summaryLength),
    ...(reason === 'done' ? [] : [`[The helper did not finish: ${reason}.]`]),
    ...(changed.length > 0 ? [`It changed:\n${changed.join('\n')}`] : []),
  ];
  return parts.join('\n');
}
