import { join } from 'node:path';
import type { Finding } from '@nootropic/contracts';
import type { CommentController, CommentReply, CommentThread } from 'vscode';
import type { Editor } from '../editor.ts';
import type { Extension } from '../extension-parts.ts';
import { signalOf } from '../models/model-provider.ts';
import { errorOf } from '../scm/activate-scm.ts';
import { askWords, findingBody, fixFindingWords } from './finding-words.ts';

interface OpenFinding {
  readonly finding: Finding;
  readonly workspace: string;
}

/** Looks for faults in what is not committed, when it is asked to, and shows them as comments at their lines. */
export function activateReview(extension: Extension, vscode: Editor): void {
  const { l10n, window } = vscode;
  const findings = new Map<CommentThread, OpenFinding>();
  let controller: CommentController | undefined;

  /** Made with the first review: an empty one would put a comment symbol into every editor. */
  const comments = (): CommentController => {
    controller ??= vscode.comments.createCommentController('nootropic.review', l10n.t('nootropic review'));
    controller.options = {
      prompt: l10n.t('Ask about this'),
      placeHolder: l10n.t('What do you want to know about it?'),
    };
    return controller;
  };

  const drop = (thread: CommentThread): void => {
    findings.delete(thread);
    thread.dispose();
    showCount();
  };
  const showCount = (): void =>
    void vscode.commands.executeCommand('setContext', 'nootropic.hasFindings', findings.size > 0);

  const show = (finding: Finding, workspace: string): CommentThread => {
    const uri = vscode.Uri.file(join(workspace, ...finding.path.split('/')));
    const at = new vscode.Position(finding.line - 1, 0);
    const thread = comments().createCommentThread(uri, new vscode.Range(at, at), [
      {
        body: new vscode.MarkdownString(findingBody(finding, { input: l10n.t('With'), outcome: l10n.t('Wrong') })),
        mode: vscode.CommentMode.Preview,
        author: { name: 'nootropic' },
        contextValue: 'finding',
      },
    ]);
    thread.label = finding.title;
    thread.canReply = true;
    thread.contextValue = 'open';
    thread.state = vscode.CommentThreadState.Unresolved;
    thread.collapsibleState = vscode.CommentThreadCollapsibleState.Expanded;
    findings.set(thread, { finding, workspace });
    return thread;
  };

  const review = async (source: unknown): Promise<void> => {
    const uri = uriOf(source) ?? window.activeTextEditor?.document.uri;
    const workspace = extension.workspaceFolder(uri);
    if (workspace === undefined) return void window.showWarningMessage(l10n.t('No folder is open.'));
    for (const thread of findings.keys()) drop(thread);
    const options = {
      location: vscode.ProgressLocation.Notification,
      title: l10n.t('Looking for faults in what is not committed'),
      cancellable: true,
    };
    await window.withProgress(options, async (progress, token) => {
      const signal = signalOf(token);
      const { git } = await extension.assistant();
      for await (const item of await git.review({ workspace }, { signal })) {
        if (item.type === 'event') {
          if (item.event.type === 'turn-error') throw errorOf(item.event);
          const asked = item.event.type === 'user-message' ? item.event['text'] : undefined;
          if (typeof asked === 'string') progress.report({ message: asked.split('\n')[0]?.slice(0, 100) ?? '' });
          continue;
        }
        if (item.type !== 'findings') continue;
        const threads = item.findings.map((finding) => show(finding, workspace));
        showCount();
        const [first] = threads;
        if (first) await reveal(vscode, first);
        const left = item.files.filter(({ shown }) => shown === 'left-out').length;
        const said =
          threads.length === 0
            ? l10n.t('No faults were found. Files looked at: {0}.', item.files.length)
            : l10n.t('Findings: {0}. Files looked at: {1}.', threads.length, item.files.length);
        const note = left === 0 ? '' : ` ${l10n.t('Not looked at: {0}.', left)}`;
        if (threads.length === 0) void window.showInformationMessage(said + note);
        else window.setStatusBarMessage(said + note, 8000);
      }
    });
  };

  const resolve = (thread: CommentThread): void => {
    thread.state = vscode.CommentThreadState.Resolved;
    thread.contextValue = 'resolved';
    thread.collapsibleState = vscode.CommentThreadCollapsibleState.Collapsed;
  };

  const ask = async ({ thread, text }: CommentReply): Promise<void> => {
    const known = findings.get(thread);
    if (!known || text.trim() === '') return;
    const { finding } = known;
    thread.comments = [
      ...thread.comments,
      { body: text, mode: vscode.CommentMode.Preview, author: { name: l10n.t('You, in the chat') } },
    ];
    await extension.openChat({
      ...{ type: 'ask', text: askWords(finding, text), mode: 'plan', send: true },
      attachments: [around(finding)],
    });
  };

  const fix = async (thread: CommentThread): Promise<void> => {
    const known = findings.get(thread);
    if (!known) return;
    const { finding, workspace } = known;
    const { runTask, tellUnchanged } = await import('../actions/run-task.ts');
    const end = await runTask(vscode, extension, {
      ...{ workspace, text: fixFindingWords(finding), attachments: [around(finding)] },
      title: l10n.t('Mending {0}', `${finding.path}:${finding.line}`),
    });
    if (!end) return;
    if (end.changed.length === 0) tellUnchanged(vscode, extension, end);
    else resolve(thread);
  };

  const guarded =
    <A>(run: (argument: A) => unknown) =>
    async (argument: A): Promise<void> => {
      try {
        await run(argument);
      } catch (cause) {
        extension.tell(cause);
      }
    };
  /** In the title of a thread the command gets the thread, in that of a comment one that names it. */
  const threadOf = (given: unknown): CommentThread | undefined => {
    for (const thread of findings.keys()) {
      const comment = typeof given === 'object' && given !== null && 'thread' in given ? given.thread : undefined;
      if (thread === given || thread === comment || thread.comments.some((each) => each === given)) return thread;
    }
    return undefined;
  };
  const onThread = (run: (thread: CommentThread) => unknown) =>
    guarded((given: unknown) => {
      const thread = threadOf(given);
      return thread && run(thread);
    });

  extension.context.subscriptions.push(
    vscode.commands.registerCommand('nootropic.review', guarded(review)),
    vscode.commands.registerCommand('nootropic.review.resolve', onThread(resolve)),
    vscode.commands.registerCommand('nootropic.review.dismiss', onThread(drop)),
    vscode.commands.registerCommand('nootropic.review.fix', onThread(fix)),
    vscode.commands.registerCommand('nootropic.review.ask', guarded(ask)),
    vscode.commands.registerCommand('nootropic.review.clear', () => {
      for (const thread of findings.keys()) drop(thread);
    }),
    { dispose: () => controller?.dispose() },
  );
}

/** Lines before and after the place of a finding that go along with a question about it. */
const linesAround = 30;

function around({ path, line }: Finding) {
  return { kind: 'file' as const, path, startLine: Math.max(1, line - linesAround), endLine: line + linesAround };
}

async function reveal(vscode: Editor, thread: CommentThread): Promise<void> {
  const editor = await vscode.window.showTextDocument(thread.uri, { preview: true });
  if (thread.range) editor.revealRange(thread.range, vscode.TextEditorRevealType.InCenterIfOutsideViewport);
}

function uriOf(source: unknown) {
  return typeof source === 'object' && source !== null && 'rootUri' in source
    ? (source.rootUri as import('vscode').Uri)
    : undefined;
}
