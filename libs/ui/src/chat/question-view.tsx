import type { Attachment } from '@nootropic/contracts';
import { FileText, Paperclip } from 'lucide-react';
import { strings } from '../strings.ts';
import type { ChatTurn } from './session-state.ts';

interface QuestionViewProps {
  readonly question: string;
  readonly attachments: readonly Attachment[];
  readonly mode: ChatTurn['mode'];
  /** It is on its way. */
  readonly pending?: boolean;
}

/** What a person said. It is shown as it was typed. */
export function QuestionView({ question, attachments, mode, pending = false }: QuestionViewProps) {
  return (
    <div className={`nt-question ${pending ? 'nt-question-pending' : ''}`}>
      <h2 className="nt-question-text">
        <span className="nt-hidden">{strings.chat.question}: </span>
        {question}
      </h2>
      {(attachments.length > 0 || mode !== undefined) && (
        <div className="nt-question-facts">
          {mode !== undefined && <span className="nt-chip nt-chip-mode">{strings.chat.composer.modes[mode]}</span>}
          {attachments.map((attachment, index) => (
            <span key={index} className="nt-chip">
              {attachmentIcon(attachment)}
              {attachmentName(attachment)}
            </span>
          ))}
        </div>
      )}
    </div>
  );
}

export function attachmentIcon(attachment: Attachment): React.ReactNode {
  if (attachment.kind === 'image')
    return <img className="nt-thumbnail" alt="" src={`data:${attachment.mediaType};base64,${attachment.data}`} />;
  return attachment.kind === 'file' ? <FileText aria-hidden size={12} /> : <Paperclip aria-hidden size={12} />;
}

export function attachmentName(attachment: Attachment): string {
  if (attachment.kind !== 'file') return attachment.name;
  const { path, startLine, endLine = startLine } = attachment;
  return startLine === undefined || endLine === undefined
    ? path
    : `${path}, ${strings.chat.composer.lines(startLine, endLine)}`;
}
