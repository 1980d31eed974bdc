import type { AgentMode } from '@nootropic/contracts';
import type { ChatParts } from './chat-context.tsx';
import type { ChatSession } from './chat-sessions.ts';

interface Question {
  readonly workspace: string;
  /** Unset: it begins a session. */
  readonly sessionId: string | undefined;
  readonly text: string;
  /** For this question alone; `null`: it changes nothing. Unset: what is chosen in the page. */
  readonly mode?: AgentMode | null | undefined;
  readonly agent?: string | undefined;
}

/** Asks with the mode, the model and the attachments that are chosen, and empties the field. */
export function sendQuestion({ chats, composer }: ChatParts, question: Question): ChatSession {
  const { workspace, sessionId, text } = question;
  const { mode: usual, model, agent: persona, attachments } = composer.store.getState();
  const mode = question.mode === undefined ? usual : (question.mode ?? 'question');
  const agent = question.agent ?? (mode === 'question' ? '' : persona);
  const session = chats.send(
    {
      workspace,
      text,
      ...(attachments.length > 0 && { attachments: [...attachments] }),
      ...(mode !== 'question' && { mode }),
      ...(model !== '' && { model }),
      ...(agent !== '' && { agent }),
    },
    sessionId,
  );
  composer.clear(sessionId ?? 'new', text);
  return session;
}
