import { join, relative, sep } from 'node:path';
import { isKnownEvent, type Attachment, type Citation, type SendInput } from '@nootropic/contracts';
import type {
  ChatContext,
  ChatFollowup,
  ChatPromptReference,
  ChatRequest,
  ChatResponseStream,
  ChatResult,
} from 'vscode';
import type { Editor } from '../editor.ts';
import type { Extension } from '../extension-parts.ts';

export type AnsweringParts = Pick<Extension, 'assistant' | 'workspaceFolder' | 'isTrusted' | 'context'>;

/** What an answer leaves for the next request. */
interface Told {
  readonly sessionId?: string;
  readonly command?: string;
}

/** Slash commands: what they make of a request. */
const personas: Readonly<Record<string, Pick<SendInput, 'agent' | 'mode'> & { readonly text: string }>> = {
  explain: { agent: 'explain', mode: 'plan', text: 'Explain the attached code.' },
  fix: { mode: 'ask', text: 'Find the fault in the attached code and mend it.' },
  test: { agent: 'test', mode: 'ask', text: 'Write tests for the attached code.' },
};

export interface Answering {
  readonly vscode: Editor;
  readonly extension: AnsweringParts;
  readonly request: Pick<ChatRequest, 'prompt' | 'command' | 'references'>;
  readonly context: Pick<ChatContext, 'history'>;
  readonly response: ChatResponseStream;
  readonly signal: AbortSignal;
}

/** Answers a request of the editor's own chat with a turn of the assistant, and names its sources. */
export async function answerChat({
  vscode,
  extension,
  request,
  context,
  response,
  signal,
}: Answering): Promise<ChatResult> {
  const { l10n } = vscode;
  const { command, prompt, references } = request;
  const workspace = extension.workspaceFolder(vscode.window.activeTextEditor?.document.uri);
  if (workspace === undefined) return { errorDetails: { message: l10n.t('No folder is open.') } };
  try {
    const assistant = await extension.assistant();
    if (command === 'review') return await review({ vscode, extension, request, context, response, signal }, workspace);
    const persona = command === undefined ? undefined : personas[command];
    const known = sessionOf(context);
    const attachments = attachmentsOf(vscode, references, workspace);
    const asked: SendInput = {
      workspace,
      text: prompt.trim() === '' ? (persona?.text ?? l10n.t('What is in this workspace?')) : prompt,
      attended: true,
      ...(known !== undefined && { sessionId: known }),
      ...(persona?.agent !== undefined && { agent: persona.agent }),
      ...(persona?.mode !== undefined && { mode: extension.isTrusted ? persona.mode : 'plan' }),
      ...(attachments.length > 0 && { attachments }),
    };
    let sessionId = known;
    for await (const event of await assistant.send(asked, { signal })) {
      ({ sessionId } = event);
      if (!isKnownEvent(event)) continue;
      if (event.type === 'text-delta') response.markdown(event.text);
      else if (event.type === 'tool-call') response.progress(`${event.call.name} ${firstWord(event.call.arguments)}`);
      else if (event.type === 'notice' && event.level === 'warning') response.progress(event.message);
      else if (event.type === 'approval-request') {
        response.markdown(
          `\n\n${event.action === 'question' ? '' : l10n.t('Waits for your leave: ')}\`${firstLine(event.detail)}\`\n\n`,
        );
        for (const decision of ['allow', 'deny'] as const)
          response.button({
            command: 'nootropic.answer',
            title: decision === 'allow' ? l10n.t('Allow') : l10n.t('Deny'),
            arguments: [{ sessionId: event.sessionId, requestId: event.requestId, decision }],
          });
      } else if (event.type === 'file-change') response.reference(vscode.Uri.file(join(workspace, event.path)));
      else if (event.type === 'turn-end')
        for (const citation of event.citations) response.reference(locationOf(vscode, workspace, citation));
      else if (event.type === 'turn-error')
        return { errorDetails: { message: `${event.error.message} ${event.error.hint}` }, metadata: { sessionId } };
    }
    return {
      metadata: { sessionId, command } satisfies { sessionId: string | undefined; command: string | undefined },
    };
  } catch (cause) {
    const hint = typeof cause === 'object' && cause !== null && 'hint' in cause ? ` ${String(cause.hint)}` : '';
    return { errorDetails: { message: `${cause instanceof Error ? cause.message : String(cause)}${hint}` } };
  }
}

async function review({ vscode, extension, response, signal }: Answering, workspace: string): Promise<ChatResult> {
  const { l10n } = vscode;
  const assistant = await extension.assistant();
  response.progress(l10n.t('Looking for faults in what is not committed'));
  for await (const item of await assistant.git.review({ workspace }, { signal })) {
    if (item.type === 'event') {
      if (item.event.type === 'turn-error') {
        const { error } = item.event as { error: { message: string; hint: string } };
        return { errorDetails: { message: `${error.message} ${error.hint}` } };
      }
      continue;
    }
    if (item.type !== 'findings') continue;
    if (item.findings.length === 0)
      response.markdown(l10n.t('No faults were found. Files looked at: {0}.', item.files.length));
    for (const { path, line, title, input, outcome } of item.findings) {
      response.anchor(locationOf(vscode, workspace, { path, startLine: line, endLine: line }), `${path}:${line}`);
      response.markdown(`\n\n**${title}**\n\n- ${l10n.t('With')}: ${input}\n- ${l10n.t('Wrong')}: ${outcome}\n\n`);
    }
    response.button({ command: 'nootropic.review', title: l10n.t('Show as Comments') });
  }
  return { metadata: { command: 'review' } };
}

/** The session that the answers before belong to. */
export function sessionOf({ history }: Pick<ChatContext, 'history'>): string | undefined {
  for (const turn of [...history].reverse()) {
    if (!('result' in turn)) continue;
    const { sessionId } = (turn.result.metadata ?? {}) as Told;
    if (typeof sessionId === 'string') return sessionId;
  }
  return undefined;
}

/** What the person added to a request, as the assistant takes it; for a command without any, what is selected. */
export function attachmentsOf(
  vscode: Editor,
  references: readonly ChatPromptReference[],
  workspace: string,
): Attachment[] {
  const found = references.flatMap(({ value, id }): Attachment[] => {
    if (typeof value === 'string') return [{ kind: 'text', name: id, text: value }];
    if (value instanceof vscode.Uri) return fileIn(workspace, value.fsPath);
    if (value instanceof vscode.Location) {
      const { start, end } = value.range;
      return fileIn(workspace, value.uri.fsPath, { startLine: start.line + 1, endLine: end.line + 1 });
    }
    return [];
  });
  if (found.length > 0) return found;
  const editor = vscode.window.activeTextEditor;
  if (!editor || editor.selection.isEmpty || editor.document.uri.scheme !== 'file') return [];
  const { start, end } = editor.selection;
  return fileIn(workspace, editor.document.uri.fsPath, { startLine: start.line + 1, endLine: end.line + 1 });
}

function fileIn(workspace: string, file: string, lines: { startLine?: number; endLine?: number } = {}): Attachment[] {
  const path = relative(workspace, file);
  return path === '' || path.startsWith('..') ? [] : [{ kind: 'file', path: path.split(sep).join('/'), ...lines }];
}

function locationOf(vscode: Editor, workspace: string, { path, startLine, endLine }: Omit<Citation, 'symbol'>) {
  const range = new vscode.Range(startLine - 1, 0, Math.max(startLine, endLine) - 1, 0);
  return new vscode.Location(vscode.Uri.file(join(workspace, ...path.split('/'))), range);
}

/** What may be asked next. */
export function followups({ l10n }: Editor, { metadata, errorDetails }: ChatResult): ChatFollowup[] {
  if (errorDetails) return [];
  const { command } = (metadata ?? {}) as Told;
  if (command === 'explain')
    return [{ prompt: l10n.t('Write tests for it.'), command: 'test', label: l10n.t('Write tests for it') }];
  if (command === 'review')
    return [{ prompt: l10n.t('Mend what was found.'), command: 'fix', label: l10n.t('Mend what was found') }];
  if (command === 'fix' || command === 'test')
    return [
      { prompt: l10n.t('Look for faults in the change.'), command: 'review', label: l10n.t('Review the change') },
    ];
  return [
    {
      prompt: l10n.t('What calls this, and what would a change of it touch?'),
      label: l10n.t('What would a change touch?'),
    },
  ];
}

function firstWord(values: Readonly<Record<string, unknown>>): string {
  const text = Object.values(values).find((value) => typeof value === 'string') as string | undefined;
  return firstLine(text ?? '');
}

function firstLine(text: string): string {
  return (text.split('\n').find((line) => line.trim() !== '') ?? '').slice(0, 120).replaceAll('`', "'");
}
