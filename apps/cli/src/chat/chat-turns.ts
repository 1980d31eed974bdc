import { NootropicError, type Assistant, type Attachment, type TurnEvent } from '@nootropic/contracts';
import type { ChatStore } from './chat-store.ts';
import { afterEvent, brokenOff, withInner } from './chat-state.ts';
import type { Pasted } from './chat-view.ts';
import { folderOf } from './choices.ts';

export interface ChatTurns {
  /** Begins a turn, or hands the text on to the one that runs. */
  begin(text: string, agent?: string, attachments?: readonly Attachment[]): void;
  /** Stops the turn that runs; messages that wait come back into the line of input. */
  interrupt(): void;
  /** Stops the turn that runs and begins no other. Resolves when it has ended. */
  stop(): Promise<void>;
  /** Resolves when the turn that runs has ended; undefined where none runs. */
  running(): Promise<void> | undefined;
}

export interface ChatTurnsOptions {
  readonly assistant: Assistant;
  readonly workspace: string;
  /** The entries of a folder of the workspace; folders end in `/`. */
  readonly listFolder: (path: string) => Promise<readonly string[]>;
  readonly onEnd: () => void;
}

/** Lines of a diff that are shown with a change that nobody was asked for. */
const shownDiff = 14;

/** The turns of a chat, one after another; what is said meanwhile waits for the agent or becomes the next. */
export function createChatTurns(store: ChatStore, options: ChatTurnsOptions): ChatTurns {
  const { assistant, workspace, listFolder } = options;
  const { view, change, changeState } = store;
  let current: { readonly controller: AbortController; readonly done: Promise<void> } | undefined;
  let stopped = false;

  function begin(text: string, agent?: string, given: readonly Attachment[] = []): void {
    if (stopped) return;
    if (current !== undefined) {
      void steer(text);
      return;
    }
    const controller = new AbortController();
    const done = takeTurn({ text, agent, given }, controller).finally(() => {
      current = undefined;
      change({ stopping: false });
      const [next, ...rest] = view().queued;
      if (next === undefined || stopped || controller.signal.aborted) return;
      change({ queued: rest });
      begin(next);
    });
    current = { controller, done };
  }

  async function takeTurn(
    { text, agent, given }: { text: string; agent: string | undefined; given: readonly Attachment[] },
    { signal }: AbortController,
  ): Promise<void> {
    const { pasted, model, mode, agent: persona } = view();
    const chosen = agent ?? persona;
    let finished = false;
    try {
      const attachments = [...given, ...(await attachmentsOf(text, pasted))];
      change({ pasted: [] });
      const { sessionId } = view().state;
      const input = {
        ...{ workspace, text, mode, attended: true },
        ...(sessionId !== undefined && { sessionId }),
        ...(attachments.length > 0 && { attachments }),
        ...(model !== undefined && { model }),
        ...(chosen !== undefined && { agent: chosen }),
      };
      for await (const event of await assistant.send(input, { signal })) {
        await take(event);
        finished ||= event.type === 'turn-end' || event.type === 'turn-error';
      }
    } catch (error) {
      if (!signal.aborted) store.fail(error);
    }
    // A stream that broke off has no end of its own.
    if (!finished && view().state.turn !== undefined)
      changeState(brokenOff(view().state, signal.aborted ? 'Interrupted.' : 'The turn broke off.'));
    options.onEnd();
  }

  async function take(event: TurnEvent): Promise<void> {
    const known = event as { type: string; text?: unknown; sandboxed?: unknown; step?: unknown };
    if (known.type === 'user-message') dropQueued(String(known.text));
    if (known.type === 'turn-start') change({ history: [...view().history, String(known.text)] });
    if (known.type === 'approval-request' && typeof known.sandboxed === 'boolean') change({ sandbox: known.sandboxed });
    changeState(afterEvent(view().state, event));
    if (known.type === 'file-change' && typeof known.step === 'number' && view().mode !== 'ask')
      await showStep(known.step);
  }

  async function showStep(step: number): Promise<void> {
    try {
      const { diff } = await assistant.changes.diff({ workspace, step });
      if (diff !== '') changeState(withInner(view().state, { kind: 'diff', text: diff, most: shownDiff }));
    } catch {
      // The line that tells of the change stands without its text.
    }
  }

  function dropQueued(text: string): void {
    const { queued } = view();
    const at = queued.indexOf(text);
    if (at >= 0) change({ queued: queued.toSpliced(at, 1) });
  }

  async function steer(typed: string): Promise<void> {
    // Nothing can be attached to what is said to a turn that runs, so a paste goes into the text.
    const text = view().pasted.reduce((whole, { name, text: body }) => whole.replace(`[${name}]`, () => body), typed);
    change({ queued: [...view().queued, text], pasted: [] });
    const { sessionId } = view().state;
    // What is not taken waits here, and becomes a turn of its own.
    if (sessionId !== undefined) await assistant.steer({ sessionId, text }).catch(() => undefined);
  }

  async function attachmentsOf(text: string, pasted: readonly Pasted[]): Promise<Attachment[]> {
    const kept = pasted
      .filter(({ name }) => text.includes(`[${name}]`))
      .map(({ name, text: body }): Attachment => ({ kind: 'text', name, text: body }));
    const linked: Attachment[] = [];
    for (const [, path = '', from, to] of text.matchAll(namedFile))
      if ((await listFolder(folderOf(path))).includes(path))
        linked.push({
          ...{ kind: 'file', path },
          ...(from !== undefined && { startLine: Number(from), endLine: Number(to ?? from) }),
        });
    return [...kept, ...linked];
  }

  function interrupt(): void {
    if (current === undefined) return;
    const { queued, draft } = view();
    if (queued.length > 0) {
      const text = [...queued, draft.text].filter((part) => part !== '').join('\n');
      change({ queued: [], draft: { text, cursor: text.length } });
    }
    change({ stopping: true });
    current.controller.abort(new NootropicError('ABORTED', 'Interrupted.'));
  }

  return {
    begin,
    interrupt,
    stop: async () => {
      stopped = true;
      current?.controller.abort(new NootropicError('ABORTED', 'Interrupted.'));
      await current?.done;
    },
    running: () => current?.done,
  };
}

/** `@path`, `@path:12` and `@path:12-40`; marks at the end of a sentence are no part of it. */
const namedFile = /(?:^|\s)@([^\s@]+?)(?::(\d+)(?:-(\d+))?)?(?=[\s,.;:!?)]*(?:\s|$))/gu;
