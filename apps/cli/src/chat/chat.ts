import type { AgentMode, Assistant } from '@nootropic/contracts';
import { createChatFolder } from './chat-folder.ts';
import { intentOf, nextMode, type ChatKey, type Intent } from './chat-keys.ts';
import { emptyChat, withItems } from './chat-state.ts';
import { createChatStore } from './chat-store.ts';
import { createChatTurns } from './chat-turns.ts';
import { foundInHistory, type ChatView } from './chat-view.ts';
import { choicesFor } from './choices.ts';
import { edited, emptyDraft } from './line-editor.ts';
import { modeText, runSlashCommand, type ChatActions } from './slash-commands.ts';
import { visibleText } from './visible-text.ts';

export interface ChatOptions {
  readonly assistant: Assistant;
  readonly workspace: string;
  readonly mode: AgentMode;
  readonly model?: string | undefined;
  readonly agent?: string | undefined;
  /** Goes on with this session: an id, a unique start of one, or `latest`. */
  readonly sessionId?: string | undefined;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Ends the chat; what runs is interrupted. */
  readonly signal: AbortSignal;
}

/** One conversation with a person at a terminal: what keys and events make of it. How it looks is for others. */
export interface Chat {
  view(): ChatView;
  /** Calls back after every change; the returned function ends that. */
  subscribe(listener: () => void): () => void;
  key(input: string, key: ChatKey): void;
  paste(text: string): void;
  /** Sends a text as if it were typed: a message, a slash command, or an answer to what is asked. */
  say(text: string): void;
  /** Answers the request for approval that is on top. */
  answer(decision: 'allow' | 'always' | 'deny', text?: string): void;
  /** Answers whether the folder is trusted. */
  trust(yes: boolean): void;
  interrupt(): void;
  /** Resolves when no turn and no command runs any more, or one waits for a person. */
  settled(): Promise<void>;
  /** Takes everything from the screen that is not part of the transcript. */
  close(): void;
  /** Learns what holds for the folder, and reads the session that goes on. Rejects where there is no such session. */
  start(): Promise<void>;
  /** Resolves when the person quits, or the signal aborts; turns have ended by then. */
  readonly ended: Promise<void>;
}

/** A second Ctrl-C within this time quits. */
const leaveMs = 2000;
/** A paste of more lines, or characters, than this is shown by its name only. */
const longPaste = { lines: 4, characters: 600 } as const;

export function createChat(options: ChatOptions): Chat {
  const { assistant, workspace, now, signal } = options;
  const ended = Promise.withResolvers<void>();
  const store = createChatStore(options);
  const { view, change, changeState, say } = store;
  const folder = createChatFolder(store, options);
  const turns = createChatTurns(store, { assistant, workspace, listFolder, onEnd: () => void folder.learnModel() });
  /** The slash command that runs, or the last that ran. */
  let command = Promise.resolve();
  let quitting = false;
  let lastLeave = -Infinity;
  let historyAt = 0;
  let completion = 0;

  const actions: ChatActions = {
    ...{ assistant, workspace, view, change, say },
    showDiff: (text) => changeState(withItems(view().state, [{ kind: 'diff', text, most: Infinity }])),
    send: (text, agent, attachments) => turns.begin(text, agent, attachments),
    resume: (id) => folder.resume(id),
    forget: () => {
      change({ state: { ...emptyChat, items: view().state.items }, queued: [] });
      say('A new conversation begins with the next message.');
    },
    quit: () => quit(),
  };

  async function listFolder(path: string): Promise<readonly string[]> {
    const entries = await assistant.files.list({ workspace, path }).catch(() => []);
    return entries.map((entry) => (entry.kind === 'folder' ? `${entry.path}/` : entry.path));
  }

  function answer(decision: 'allow' | 'always' | 'deny', text?: string): void {
    const ask = view().state.asks[0];
    if (ask === undefined) return;
    change({ draft: emptyDraft, ask: { open: false, scroll: 0, denying: false } });
    const { sessionId, requestId } = ask;
    const told = text === undefined || text === '' ? {} : { text };
    assistant.answer({ sessionId, requestId, decision, ...told }).catch((error: unknown) => store.fail(error));
  }

  function quit(): void {
    if (quitting) return;
    quitting = true;
    void Promise.all([turns.stop(), command]).finally(() => ended.resolve());
  }

  function submit(text: string): void {
    // What is still being looked up was for the text that is sent now.
    completion += 1;
    change({ draft: emptyDraft, panel: { kind: 'none' } });
    historyAt = 0;
    if (text.trim() === '') return;
    if (view().state.asks[0]?.action === 'question') return answer('allow', text.trim());
    if (/^\/[\w-]*(\s|$)/u.test(text)) command = runSlashCommand(actions, text.trim());
    else turns.begin(text.trim());
  }

  function recall(step: -1 | 1): void {
    const past = [...new Set(view().history.toReversed())];
    const at = Math.max(0, Math.min(past.length, historyAt - step));
    if (at === historyAt) return;
    historyAt = at;
    const text = at === 0 ? '' : (past[at - 1] ?? '');
    change({ draft: { text, cursor: text.length }, panel: { kind: 'none' } });
  }

  function edit(intent: Intent & { kind: 'edit' }): void {
    const clean = intent.edit.kind === 'insert' ? { ...intent.edit, text: visibleText(intent.edit.text) } : intent.edit;
    change({ draft: edited(view().draft, clean) });
    void complete();
  }

  /** Offers what could stand where the cursor is. Only the newest look-up counts. */
  async function complete(): Promise<void> {
    const turn = (completion += 1);
    const panel = await choicesFor(view().draft, {
      files: listFolder,
      commands: () =>
        assistant.trust.show({ workspace }).then(
          ({ commands }) => commands,
          () => [],
        ),
    });
    if (turn !== completion || (view().panel.kind !== 'none' && view().panel.kind !== 'choices')) return;
    if (panel !== undefined || view().panel.kind === 'choices') change({ panel: panel ?? { kind: 'none' } });
  }

  function takeChoice(): void {
    const { panel, draft } = view();
    if (panel.kind !== 'choices') return;
    const choice = panel.choices[panel.at];
    if (choice === undefined) return;
    // Below a folder there is more to choose.
    const inside = choice.text.endsWith('/');
    const head = `${draft.text.slice(0, panel.from)}${choice.text}${inside ? '' : ' '}`;
    change({ draft: { text: head + draft.text.slice(draft.cursor), cursor: head.length }, panel: { kind: 'none' } });
    if (inside) void complete();
  }

  function leave(): void {
    if (view().draft.text !== '') return change({ draft: emptyDraft, panel: { kind: 'none' } });
    if (now() - lastLeave < leaveMs) return quit();
    lastLeave = now();
    const works = turns.running() !== undefined;
    if (works) turns.interrupt();
    change({ flash: works ? 'Interrupting. Ctrl-C again quits.' : 'Ctrl-C again quits.' });
  }

  function unfold(): void {
    const call = view().state.lastCall;
    if (call === undefined) return change({ flash: 'No tool was called yet.' });
    const head = {
      kind: 'local',
      text: `**${call.name}** ${call.about === '' ? '' : `\`${call.about.slice(0, 200)}\``}`,
    } as const;
    const inner = call.inner.flatMap((each) => (each.kind === 'check' && each.output !== '' ? [each.output] : []));
    const body = [call.content, ...inner].filter((part) => part !== '').join('\n\n');
    changeState(
      withItems(view().state, [
        head,
        { kind: 'code', language: '', text: body === '' ? '(nothing)' : body, first: false },
      ]),
    );
  }

  /** The intents that only change what is looked at. */
  function look(intent: Intent): void {
    switch (intent.kind) {
      case 'search':
        return change({ panel: { kind: 'history', query: intent.query, skip: intent.skip } });
      case 'take-found': {
        const panel = view().panel;
        const text = panel.kind === 'history' ? (foundInHistory(view().history, panel.query, panel.skip) ?? '') : '';
        return change({ panel: { kind: 'none' }, draft: { text, cursor: text.length } });
      }
      case 'close-panel':
        return change({ panel: { kind: 'none' } });
      case 'choose': {
        const { panel } = view();
        if (panel.kind !== 'choices') return;
        const { length } = panel.choices;
        return change({ panel: { ...panel, at: (panel.at + intent.step + length) % length } });
      }
      case 'show-all':
        return change({ ask: { ...view().ask, open: !view().ask.open, scroll: 0 } });
      case 'scroll':
        return change({ ask: { ...view().ask, open: true, scroll: Math.max(0, view().ask.scroll + intent.by) } });
      case 'deny-why':
        return change({ ask: { ...view().ask, denying: true }, draft: emptyDraft });
      case 'keep-asking':
        return change({ ask: { ...view().ask, denying: false }, draft: emptyDraft });
      default:
        return;
    }
  }

  function act(intent: Intent): void {
    switch (intent.kind) {
      case 'edit':
        return edit(intent);
      case 'submit': {
        const { text, cursor } = view().draft;
        if (text.slice(0, cursor).endsWith('\\'))
          return change({ draft: edited(edited(view().draft, { kind: 'backspace' }), { kind: 'insert', text: '\n' }) });
        return submit(text);
      }
      case 'mode': {
        const mode = nextMode(view().mode);
        return change({ mode, flash: modeText(mode).replaceAll('**', '') });
      }
      case 'interrupt':
        return turns.interrupt();
      case 'leave':
        return leave();
      case 'history':
        return recall(intent.step);
      case 'take-choice':
        return takeChoice();
      case 'trust':
        return folder.trust(intent.yes);
      case 'answer':
        return answer(intent.decision, intent.text);
      case 'deny-and-stop':
        answer('deny');
        return turns.interrupt();
      case 'unfold':
        return unfold();
      case 'thoughts': {
        const text = view().state.reasoning || view().state.lastThought;
        if (text === '') return change({ flash: 'There was no reasoning yet.' });
        return changeState(
          withItems(view().state, [{ kind: 'code', language: 'reasoning', text: text.trim(), first: true }]),
        );
      }
      default:
        return look(intent);
    }
  }

  signal.addEventListener('abort', quit, { once: true });
  if (signal.aborted) quit();

  return {
    view,
    subscribe: store.subscribe,
    key: (input, key) => {
      const armed = store.armed();
      if (view().flash !== '') change({ flash: '' });
      act(intentOf(input, key, { view: view(), armed }));
    },
    paste,
    say: submit,
    answer,
    trust: folder.trust,
    interrupt: turns.interrupt,
    settled: async () => {
      await command;
      for (let turn = turns.running(); turn !== undefined; turn = turns.running()) {
        if (view().state.asks.length > 0) return;
        await Promise.race([turn, nextChange()]);
      }
    },
    close: () => change({ closed: true }),
    start: () => folder.start(options.sessionId),
    ended: ended.promise,
  };

  function nextChange(): Promise<void> {
    return new Promise((resolve) => {
      const stop = store.subscribe(() => {
        stop();
        resolve();
      });
    });
  }

  function paste(raw: string): void {
    const text = visibleText(raw.replaceAll('\r\n', '\n').replaceAll('\r', '\n'));
    const lines = text.split('\n').length;
    if (view().panel.kind === 'trust') return;
    if (lines <= longPaste.lines && text.length <= longPaste.characters)
      return edit({ kind: 'edit', edit: { kind: 'insert', text } });
    const name = `paste ${view().pasted.length + 1}, ${lines} lines`;
    change({ pasted: [...view().pasted, { name, text }] });
    edit({ kind: 'edit', edit: { kind: 'insert', text: `[${name}] ` } });
  }
}
