import {
  NootropicError,
  type Assistant,
  type DoctorCheck,
  type Knowledge,
  type SendInput,
  type WorkClass,
} from '@nootropic/contracts';
import { createApprovals } from './approvals.ts';
import { createChainRequests } from './chain.ts';
import { createChangeRequests } from './change-requests.ts';
import { createCompletions } from './completions.ts';
import { createContextRequests, type ContextRequestPorts } from './context-requests.ts';
import { createExecute, type ExecutePorts } from './execute.ts';
import type { Gateway } from './gateway.ts';
import { createFileRequests } from './file-requests.ts';
import { createGitAgents } from './git-agents.ts';
import { createGitRequests } from './git-requests.ts';
import { attachedImages, checkImages } from './images.ts';
import { createLiveTurns } from './live-turns.ts';
import { createModelRequests, type ModelRequestPorts } from './model-requests.ts';
import type { Models } from './models.ts';
import { modelsAtClass } from './models-at-class.ts';
import { refreshIndex } from './refresh-index.ts';
import { createSessionLeaves } from './session-leaves.ts';
import { createSessionRequests } from './session-requests.ts';
import { stoppable } from './stoppable.ts';
import { createTrustRequests } from './trust-requests.ts';
import { traceTurn } from './turn-trace.ts';
import { takeTurn, type TurnPorts } from './turn.ts';
import type { WorkplacePorts } from './workplace.ts';

export interface AssistantPorts
  extends Omit<TurnPorts, 'approvals' | 'leaves' | 'profile'>, ModelRequestPorts, ContextRequestPorts, WorkplacePorts {
  readonly doctor: (workspace: string) => Promise<DoctorCheck[]>;
  /** Where programs are run that somebody gives. */
  readonly execute: Omit<ExecutePorts, 'config' | 'now' | 'newId'>;
  /** What chains run on. */
  readonly gateway: Gateway;
  readonly jobs: Assistant['jobs'];
}

/** What a caller may pass beside the input; the same that a client over a wire takes. */
interface CallOptions {
  readonly signal?: AbortSignal | undefined;
  /** In this process only: the class of all that a turn asks of models. Default: as each call of it says. */
  readonly workClass?: WorkClass | undefined;
}

/** What is not here is about the host itself, and made where that is known. */
export type CoreAssistant = Omit<Assistant, 'host' | 'clients' | 'config' | 'egress' | 'audit' | 'mcp'>;

/**
 * The front door: everything an app may ask, on ports that are given. Sessions, turns and their order are decided here;
 * how the work is done is in the engines and the adapters. A stream that is returned stops its work at once.
 */
export function createAssistant(ports: AssistantPorts): CoreAssistant {
  const { sessions, telemetry } = ports;
  const approvals = createApprovals();
  const leaves = createSessionLeaves();
  const profile = async (ref: string) => (await ports.store.list()).find((model) => model.ref === ref)?.profile;
  const turnPorts = { ...ports, approvals, leaves, profile };
  const classes = new WeakMap<SendInput, Models>();
  const live = createLiveTurns({
    sessions,
    open: (input, signal) => {
      const models = classes.get(input) ?? ports.models;
      return traceTurn(takeTurn({ ...turnPorts, models }, input, { signal }), telemetry);
    },
    now: ports.now,
  });

  /** Searching needs an index of the tree as it is now. */
  const fresh = async (workspace: string, signal?: AbortSignal): Promise<Knowledge> => {
    const knowledge = await ports.knowledge(workspace);
    const run = refreshIndex(knowledge, telemetry, signal ? { signal } : {});
    while ((await run.next()).done !== true) signal?.throwIfAborted();
    return knowledge;
  };

  const send = async (input: SendInput, options?: CallOptions) => {
    checkImages(attachedImages(input.attachments));
    if (options?.workClass) classes.set(input, modelsAtClass(ports.models, options.workClass));
    return live.send(input, options?.signal);
  };
  const { git } = createGitRequests(ports);

  return {
    send,
    turns: live.turns,
    answer: async ({ sessionId, requestId, decision, text, without }) => {
      approvals.answer(sessionId, requestId, { decision, text, ...(without && { without }) });
      return { requestId };
    },
    steer: async ({ sessionId, text }) => ({ taken: approvals.say(sessionId, text) }),
    ...createChangeRequests(ports),
    ...createTrustRequests(ports),
    git: { ...git, ...createGitAgents({ ...ports, diff: git.diff, send }) },
    jobs: ports.jobs,
    chains: createChainRequests(ports.gateway),
    execute: createExecute({ ...ports.execute, config: ports.config.execute, now: ports.now, newId: ports.newId }),
    files: createFileRequests(ports),
    search: async ({ workspace, query, ...asked }, options?: CallOptions) => {
      const { limit = 10, mode = 'plain', explain = false, paths, languages, kinds } = asked;
      // What looks at the tree itself needs no index of it.
      const knowledge = await (mode === 'plain' ? fresh(workspace, options?.signal) : ports.knowledge(workspace));
      const notices: string[] = [];
      const startedAt = ports.now();
      const hits = await knowledge.search(query, {
        limit,
        mode,
        explain,
        filter: { ...(paths && { paths }), ...(languages && { languages }), ...(kinds && { kinds }) },
        onNotice: (text) => notices.push(text),
        ...(options?.signal && { signal: options.signal }),
      });
      telemetry.time('nootropic_search_seconds', (ports.now() - startedAt) / 1000);
      return { hits, notices };
    },
    symbol: async ({ workspace, name }, options?: CallOptions) => {
      return (await fresh(workspace, options?.signal)).symbol(name);
    },
    graph: async ({ workspace, ask, symbol, to, depth, limit }, options?: CallOptions) => {
      if (ask === 'path' && to === undefined) {
        throw new NootropicError('INPUT_INVALID', 'A path needs two symbols: where it starts and where it leads to.');
      }
      const knowledge = await fresh(workspace, options?.signal);
      const query = {
        ask,
        symbol,
        ...(to !== undefined && { to }),
        ...(depth !== undefined && { depth }),
        ...(limit !== undefined && { limit }),
      };
      return knowledge.graph(query, options?.signal);
    },
    map: async ({ workspace, tokens = 1024, focus }, options?: CallOptions) => {
      const knowledge = await fresh(workspace, options?.signal);
      return knowledge.map({ tokens, ...(focus && { focus }), ...(options?.signal && { signal: options.signal }) });
    },
    index: {
      refresh: async ({ workspace, rebuild = false }, options?: CallOptions) => {
        const knowledge = await ports.knowledge(workspace);
        return stoppable((signal) => refreshIndex(knowledge, telemetry, { rebuild, signal }), options?.signal);
      },
      stats: async ({ workspace }) => (await ports.knowledge(workspace)).stats(),
      pause: async ({ workspace, paused }) => {
        const knowledge = await ports.knowledge(workspace);
        await knowledge.pause(paused);
        return knowledge.status();
      },
      status: async ({ workspace, skippedFiles = false }) =>
        (await ports.knowledge(workspace)).status({ skippedFiles }),
    },
    sessions: createSessionRequests({ ...ports, leaves }),
    ...createContextRequests(ports, fresh),
    ...createCompletions(ports),
    ...createModelRequests(ports),
    doctor: async ({ workspace }) => ports.doctor(workspace),
    metrics: async () => ({ text: await telemetry.metrics() }),
  };
}
