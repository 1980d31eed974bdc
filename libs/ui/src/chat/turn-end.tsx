import { CircleAlert, CircleStop, Clock, FileText, GitFork, HelpCircle, Undo2 } from 'lucide-react';
import type { Citation } from '@nootropic/contracts';
import { formatCost, formatDuration } from '../parts/amounts.ts';
import { Button, IconButton } from '../parts/button.tsx';
import { CopyButton } from '../parts/code-block.tsx';
import { ErrorNote } from '../parts/notes.tsx';
import { modelTitle } from '../shell/model-title.ts';
import { strings } from '../strings.ts';
import { useUi } from '../ui-context.tsx';
import { writingSpeed, type ChatTurn } from './session-state.ts';

export interface TurnActions {
  readonly why: (turnId: string) => void;
  readonly fork: (turnId: string) => void;
  readonly rewind: (turn: ChatTurn) => void;
  readonly again: (turn: ChatTurn) => void;
  readonly goOn: () => void;
}

/** What stands below an answer: its sources, how it ended, what it took, and what can be done next. */
export function TurnEnd({ turn, actions }: { readonly turn: ChatTurn; readonly actions: TurnActions }) {
  const words = strings.chat.end;
  const { endReason, error, state, turnId } = turn;
  const answer = turn.blocks.flatMap((block) => (block.kind === 'text' ? [block.text] : [])).join('\n\n');
  const remark =
    state === 'broken'
      ? words.broken
      : endReason === 'aborted'
        ? words.stopped
        : endReason === 'length' || endReason === 'steps' || endReason === 'stuck'
          ? words[endReason]
          : undefined;
  const canGoOn = endReason === 'steps' || endReason === 'length';
  return (
    <div className="nt-turn-end">
      {turn.citations.length > 0 && <Sources citations={turn.citations} />}
      {error && <ErrorNote error={error} again={() => actions.again(turn)} />}
      {remark !== undefined && (
        <p className="nt-remark nt-end-remark">
          {endReason === 'aborted' ? <CircleStop aria-hidden size={14} /> : <CircleAlert aria-hidden size={14} />}
          {remark}
          <Button kind="quiet" onClick={canGoOn ? actions.goOn : () => actions.again(turn)}>
            {canGoOn ? words.goOn : words.retry}
          </Button>
        </p>
      )}
      <div className="nt-turn-facts">
        <Facts turn={turn} />
        <span className="nt-turn-tools">
          {answer !== '' && <CopyButton text={answer} label={strings.chat.copyAnswer} />}
          <IconButton
            label={words.why}
            icon={<HelpCircle aria-hidden size={15} />}
            onClick={() => actions.why(turnId)}
          />
          <IconButton
            label={words.fork}
            icon={<GitFork aria-hidden size={15} />}
            onClick={() => actions.fork(turnId)}
          />
          <IconButton
            label={words.rewind}
            icon={<Undo2 aria-hidden size={15} />}
            onClick={() => actions.rewind(turn)}
          />
        </span>
      </div>
    </div>
  );
}

function Facts({ turn }: { readonly turn: ChatTurn }) {
  const words = strings.chat.end;
  const { usage, model } = turn;
  const speed = writingSpeed(turn);
  const facts = usage
    ? [
        ...(usage.tokensRead + usage.tokensReused > 0
          ? [words.read(usage.tokensRead), words.reused(usage.tokensReused)]
          : []),
        ...(usage.tokensWritten > 0 ? [words.written(usage.tokensWritten)] : []),
        ...(speed === undefined ? [] : [words.speed(speed < 10 ? speed.toFixed(1) : speed.toFixed(0))]),
        ...(usage.firstTextMs === undefined ? [] : [words.first(formatDuration(usage.firstTextMs))]),
        words.total(formatDuration(usage.totalMs)),
        ...(usage.cost === undefined ? [] : [formatCost(usage.cost)]),
      ]
    : [];
  return (
    <span className="nt-facts-line">
      <Clock aria-hidden size={12} />
      {model !== '' && <span title={model}>{model === 'none' ? words.extractive : modelTitle(model)}</span>}
      {facts.map((fact) => (
        <span key={fact}>{fact}</span>
      ))}
    </span>
  );
}

function Sources({ citations }: { readonly citations: readonly Citation[] }) {
  const { openFile } = useUi();
  return (
    <ul className="nt-sources" aria-label={strings.chat.end.sources}>
      {citations.map(({ path, startLine, endLine, symbol }) => (
        <li key={`${path}:${startLine}-${endLine}`}>
          <button
            type="button"
            className="nt-source"
            title={strings.chat.citation(path, startLine)}
            onClick={() => openFile(path, startLine)}
          >
            <FileText aria-hidden size={12} />
            {path}:{startLine}
            {endLine !== startLine && `-${endLine}`}
            {symbol !== undefined && symbol !== '' && <span className="nt-muted">{symbol}</span>}
          </button>
        </li>
      ))}
    </ul>
  );
}
