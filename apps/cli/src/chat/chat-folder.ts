import type { Assistant } from '@nootropic/contracts';
import type { ChatStore } from './chat-store.ts';
import { linesUp, readPast } from './past-turns.ts';

export interface ChatFolder {
  /** Learns what holds for the folder, and reads the session that goes on. Rejects where there is no such session. */
  start(sessionId: string | undefined): Promise<void>;
  resume(id: string): Promise<void>;
  /** What the model that answers can read. */
  learnModel(): Promise<void>;
  /** Answers whether the folder is trusted. */
  trust(yes: boolean): void;
}

/** Sessions that are looked through for what was said before. */
const rememberedSessions = 20;

const withoutModel =
  'No model is installed, so answers are passages of the code. `nootropic models recommend` names models that fit this machine; `nootropic models pull NAME` gets one.';

/** What is known of the folder that a chat is about: its trust, its model, its sessions. */
export function createChatFolder(
  store: ChatStore,
  { assistant, workspace }: { readonly assistant: Assistant; readonly workspace: string },
): ChatFolder {
  const { view, change } = store;

  async function start(sessionId: string | undefined): Promise<void> {
    if (sessionId !== undefined) await resume(sessionId);
    void learnModel().then(() => {
      if (view().state.model === 'none' && view().model === undefined) store.say(withoutModel);
    });
    void learnHistory();
    const found = await assistant.trust.show({ workspace }).catch(() => undefined);
    if (found === undefined) return;
    const { instructions, agents, skills, hooks, commands, ignored } = found;
    const held = [instructions, agents, skills, hooks, commands, ignored].some(({ length }) => length > 0);
    store.disarm();
    change({ trusted: found.trusted, ...(!found.trusted && held && { panel: { kind: 'trust', found } }) });
  }

  async function resume(id: string): Promise<void> {
    const { session, events } = await assistant.sessions.show({ id });
    const { state, left } = readPast(events);
    const text = `Going on with “${session.title}”${left === 0 ? '' : `; ${linesUp(left)} before are not shown`}.`;
    const items = [...view().state.items, { kind: 'note', level: 'info', text } as const, ...state.items];
    change({
      state: { ...state, sessionId: session.id, items },
      ...(session.workspace === workspace ? {} : { flash: `This conversation is about ${session.workspace}.` }),
    });
  }

  async function learnModel(): Promise<void> {
    try {
      const { chat, models } = await assistant.models.list();
      const { state, model } = view();
      const ref = model ?? (state.model === '' ? chat : state.model);
      const info = models.find((each) => each.ref === ref || each.name === ref);
      change({
        ...(info !== undefined && info.contextLength > 0 && { window: info.contextLength }),
        ...(state.model === '' && chat !== '' && { state: { ...state, model: chat } }),
      });
    } catch {
      // The status line does without it.
    }
  }

  async function learnHistory(): Promise<void> {
    try {
      const sessions = (await assistant.sessions.list()).filter((session) => session.workspace === workspace);
      const texts: string[] = [];
      for (const { id } of sessions.slice(0, rememberedSessions).toReversed()) {
        const { events } = await assistant.sessions.show({ id });
        for (const event of events) if (event.type === 'turn-start') texts.push(String(event['text']));
      }
      change({ history: [...texts, ...view().history] });
    } catch {
      // Nothing to look through, then.
    }
  }

  function trust(yes: boolean): void {
    change({ panel: { kind: 'none' } });
    if (!yes)
      return change({ flash: 'Not trusted: what the folder holds for agents does not count. /trust shows it.' });
    assistant.trust.set({ workspace, trusted: true }).then(
      ({ trusted }) => change({ trusted }),
      (error: unknown) => store.fail(error),
    );
  }

  return { start, resume, learnModel, trust };
}
