import { join } from 'node:path';
import {
  methods,
  type AgentContext,
  type ClientCapabilities,
  type PermissionOption,
  type RequestPermissionResponse,
} from '@agentclientprotocol/sdk';
import type { KnownTurnEvent } from '@nootropic/contracts';
import { ruleText } from '../chat/ask-lines.ts';
import { isDiff } from '../chat/diff-lines.ts';
import { readDiff } from './acp-diff.ts';
import { kindOf, said } from './acp-updates.ts';

export type Request = KnownTurnEvent & { type: 'approval-request' };

export interface Answer {
  readonly decision: 'allow' | 'always' | 'deny';
  readonly text?: string;
}

export interface Person {
  readonly client: AgentContext;
  readonly sessionId: string;
  readonly workspace: string;
  readonly capabilities: ClientCapabilities;
  readonly signal: AbortSignal;
}

/** Puts a request before the person at the editor. What cannot be asked there, and what fails, is a no. */
export async function askPerson(request: Request, person: Person): Promise<Answer> {
  try {
    return await (request.action === 'question' ? askQuestion(request, person) : askLeave(request, person));
  } catch {
    return { decision: 'deny' };
  }
}

async function askLeave(request: Request, { client, sessionId, workspace, signal }: Person): Promise<Answer> {
  const { action, detail, callId, requestId, reason, offers, paths = [], sandboxed } = request;
  const [offer] = offers ?? [];
  const options: PermissionOption[] = [
    { optionId: 'allow', name: 'Allow once', kind: 'allow_once' },
    ...(offer === undefined
      ? []
      : [{ optionId: 'always', name: `Always: ${ruleText(offer)}`, kind: 'allow_always' as const }]),
    { optionId: 'deny', name: 'Reject', kind: 'reject_once' },
  ];
  const diff = isDiff(detail) ? readDiff(detail, workspace) : undefined;
  const facts = [
    ...(reason === undefined ? [] : [reason]),
    ...(action === 'run' && sandboxed === false ? ['Without a sandbox: it can reach all that you can.'] : []),
  ];
  const { outcome }: RequestPermissionResponse = await client.request(
    methods.client.session.requestPermission,
    {
      sessionId,
      options,
      toolCall: {
        toolCallId: callId ?? requestId,
        kind: kindOf(action),
        status: 'pending',
        title: (diff === undefined ? `${action}: ${detail}` : `${action} ${paths.join(', ')}`).split('\n')[0] ?? action,
        content: [...(diff?.content ?? [said(detail)]), ...facts.map(said)],
        locations: diff?.locations ?? paths.map((path) => ({ path: join(workspace, path) })),
      },
    },
    { cancellationSignal: signal },
  );
  if (outcome.outcome !== 'selected') return { decision: 'deny' };
  if (outcome.optionId === 'always' && offer !== undefined) return { decision: 'always' };
  return { decision: outcome.optionId === 'allow' ? 'allow' : 'deny' };
}

async function askQuestion(request: Request, person: Person): Promise<Answer> {
  const { client, sessionId, capabilities, signal } = person;
  const { detail, options = [], callId, requestId } = request;
  if (options.length > 0) {
    const { outcome }: RequestPermissionResponse = await client.request(
      methods.client.session.requestPermission,
      {
        sessionId,
        toolCall: { toolCallId: callId ?? requestId, kind: 'other', status: 'pending', title: detail },
        options: options.map((name, at) => ({ optionId: String(at), name, kind: 'allow_once' as const })),
      },
      { cancellationSignal: signal },
    );
    const chosen = outcome.outcome === 'selected' ? options[Number(outcome.optionId)] : undefined;
    return chosen === undefined ? { decision: 'deny' } : { decision: 'allow', text: chosen };
  }
  if (!capabilities.elicitation?.form)
    return { decision: 'deny', text: 'This editor cannot ask; choose yourself, and say what you chose.' };
  const answer = await client.request(
    methods.client.elicitation.create,
    {
      ...{ mode: 'form', sessionId, message: detail },
      requestedSchema: {
        type: 'object',
        properties: { answer: { type: 'string', title: 'Answer' } },
        required: ['answer'],
      },
    },
    { cancellationSignal: signal },
  );
  const content = answer.action === 'accept' && 'content' in answer ? answer.content : undefined;
  const words = (content as { readonly answer?: unknown } | null | undefined)?.answer;
  return typeof words === 'string' ? { decision: 'allow', text: words } : { decision: 'deny' };
}
