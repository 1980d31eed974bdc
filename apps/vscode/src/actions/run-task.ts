import {
  isKnownEvent,
  NootropicError,
  type Assistant,
  type KnownTurnEvent,
  type SendInput,
} from '@nootropic/contracts';
import type { Editor } from '../editor.ts';
import type { Extension } from '../extension-parts.ts';
import { signalOf } from '../models/model-provider.ts';
import { taskMode } from './task-mode.ts';

type Request = Extract<KnownTurnEvent, { type: 'approval-request' }>;
type Parts = Pick<Extension, 'assistant' | 'isTrusted' | 'tell' | 'openChat'>;

export interface TaskAsked extends Omit<SendInput, 'mode' | 'attended'> {
  /** Said while it runs. */
  readonly title: string;
}

/** How a task that was started from an editor ended. */
export interface TaskEnd {
  readonly sessionId: string;
  readonly turnId: string;
  /** Paths that it changed. */
  readonly changed: readonly string[];
  readonly text: string;
}

/**
 * Lets the agent do something that a command of the editor asks for, with its progress in a notification that can be cancelled. What it changes goes through
 * the journal. What it asks leave for is asked here; a change is shown as a diff meanwhile. `undefined` where it did not come to its end.
 */
export async function runTask(
  vscode: Editor,
  extension: Parts,
  { title, ...asked }: TaskAsked,
): Promise<TaskEnd | undefined> {
  const { l10n, window } = vscode;
  if (!extension.isTrusted) {
    void window.showWarningMessage(l10n.t('The workspace is not trusted: nothing is changed in it.'));
    return undefined;
  }
  const options = { location: vscode.ProgressLocation.Notification, title, cancellable: true };
  return window.withProgress(options, async (progress, token) => {
    const signal = signalOf(token);
    const changed = new Set<string>();
    try {
      const assistant = await extension.assistant();
      for await (const event of await assistant.send(
        { ...asked, mode: taskMode(vscode), attended: true },
        { signal },
      )) {
        if (!isKnownEvent(event)) continue;
        const message = progressWords(vscode, event);
        if (message !== undefined) progress.report({ message });
        if (event.type === 'approval-request') void askPerson({ vscode, extension, assistant }, event);
        else if (event.type === 'file-change') changed.add(event.path);
        else if (event.type === 'turn-error') throw errorOf(event);
        else if (event.type === 'turn-end') {
          const { sessionId, turnId, text, reason } = event;
          return reason === 'aborted' ? undefined : { sessionId, turnId, text, changed: [...changed] };
        }
      }
    } catch (cause) {
      extension.tell(cause);
    }
    return undefined;
  });
}

/** Says how a task ended that changed nothing, since a person waits for a change. */
export function tellUnchanged(vscode: Editor, extension: Pick<Extension, 'openChat'>, end: TaskEnd): void {
  const { l10n, window } = vscode;
  const read = l10n.t('Read the Answer');
  const said = l10n.t('The assistant changed nothing.');
  void window.showInformationMessage(said, read).then((chosen) => {
    if (chosen === read) return extension.openChat({ type: 'open-session', sessionId: end.sessionId });
    return undefined;
  });
}

function errorOf({ error }: Extract<KnownTurnEvent, { type: 'turn-error' }>): NootropicError {
  return new NootropicError(error.code as NootropicError['code'], error.message, { hint: error.hint });
}

function progressWords({ l10n }: Editor, event: KnownTurnEvent): string | undefined {
  switch (event.type) {
    case 'model-chosen':
      return l10n.t('{0} reads', event.model.replace(/^[a-z]+:/u, '').slice(-40));
    case 'tool-call':
      return event.call.name;
    case 'file-change':
      return l10n.t('changed {0}', event.path);
    case 'check-result':
      return event.ok ? l10n.t('{0} passed', event.name) : l10n.t('{0} failed', event.name);
    case 'approval-request':
      return l10n.t('waits for your leave');
    case 'approval-answer':
      return event.decision === 'deny' ? l10n.t('goes on without it') : l10n.t('goes on');
    default:
      return undefined;
  }
}

interface Asking {
  readonly vscode: Editor;
  readonly extension: Parts;
  readonly assistant: Assistant;
}

async function askPerson({ vscode, extension, assistant }: Asking, request: Request): Promise<void> {
  const { l10n, window } = vscode;
  const { sessionId, requestId, action, detail, paths = [], options = [] } = request;
  const [allow, deny, chat] = [l10n.t('Allow'), l10n.t('Deny'), l10n.t('Open Chat')];
  const isQuestion = action === 'question';
  const isChange = !isQuestion && detail.includes('\n+++ ');
  const said = isQuestion
    ? detail
    : isChange
      ? l10n.t('The assistant wants to change {0}.', paths.join(', '))
      : l10n.t('The assistant wants to do this ({0}): {1}', action, detail.slice(0, 500));
  const buttons = isQuestion ? [...options.slice(0, 3), chat] : [allow, deny, chat];
  const chosen = await window.showInformationMessage(said, ...buttons);
  try {
    if (chosen === chat) await extension.openChat({ type: 'open-session', sessionId });
    else if (chosen === undefined) return;
    else if (isQuestion) await assistant.answer({ sessionId, requestId, decision: 'allow', text: chosen });
    else {
      const decision = chosen === allow ? 'allow' : 'deny';
      // In the diff parts may have been left out, so that its answer is the one that counts.
      const isAnswered = await vscode.commands.executeCommand(`nootropic.proposal.${decision}`, requestId);
      if (isAnswered !== true) await assistant.answer({ sessionId, requestId, decision });
    }
  } catch (cause) {
    if (!NootropicError.is(cause) || cause.code !== 'APPROVAL_UNKNOWN') extension.tell(cause);
  }
}
