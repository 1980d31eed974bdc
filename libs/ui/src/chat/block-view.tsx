import { Bot, Brain, Info, Lightbulb, MessageSquareQuote, Scissors, TriangleAlert } from 'lucide-react';
import { memo } from 'react';
import { strings } from '../strings.ts';
import { AskCard } from './ask-card.tsx';
import { CallView } from './call-view.tsx';
import { ChangeView } from './change-view.tsx';
import { CheckView } from './check-view.tsx';
import { MarkdownText } from './markdown.tsx';
import type { AgentBlock, Block, ThoughtBlock } from './session-state.ts';

/** One thing that a turn said or did. */
export const BlockView = memo(function BlockView({ block, open }: { readonly block: Block; readonly open: boolean }) {
  switch (block.kind) {
    case 'text':
      return <MarkdownText text={block.text} />;
    case 'thought':
      return <Thought block={block} />;
    case 'call':
      return <CallView block={block} />;
    case 'ask':
      return <AskCard ask={block.ask} open={open} />;
    case 'change':
      return <ChangeView change={block.change} />;
    case 'check':
      return <CheckView block={block} />;
    case 'agent':
      return <Helper block={block} open={open} />;
    case 'said':
      return (
        <blockquote className="nt-said">
          <MessageSquareQuote aria-hidden size={14} />
          <div>
            <span className="nt-faint">{block.automatic ? strings.chat.saidByProgram : strings.chat.said}</span>
            <p>{block.text}</p>
          </div>
        </blockquote>
      );
    case 'lesson':
      return (
        <p className="nt-remark">
          <Lightbulb aria-hidden size={14} /> {strings.chat.lesson}: {block.text}
        </p>
      );
    case 'compaction':
      return (
        <p className="nt-remark">
          <Scissors aria-hidden size={14} /> {strings.chat.compaction(block.before, block.after)}
        </p>
      );
    case 'notice':
      return (
        <p className={`nt-remark ${block.level === 'warning' ? 'nt-remark-warning' : ''}`}>
          {block.level === 'warning' ? <TriangleAlert aria-hidden size={14} /> : <Info aria-hidden size={14} />}
          {block.text}
        </p>
      );
  }
});

function Thought({ block }: { readonly block: ThoughtBlock }) {
  const { startedAt, endedAt, text } = block;
  return (
    <details className="nt-thought">
      <summary>
        <Brain aria-hidden size={14} />
        {endedAt === undefined ? strings.chat.thinking : strings.chat.thought((endedAt - startedAt) / 1000)}
      </summary>
      <div className="nt-thought-text">{text}</div>
    </details>
  );
}

function Helper({ block, open }: { readonly block: AgentBlock; readonly open: boolean }) {
  const { name, task, state, text, blocks } = block;
  return (
    <details className="nt-helper" open={state === 'running'}>
      <summary>
        <Bot aria-hidden size={14} />
        <strong>{strings.chat.helper(name)}</strong>
        <span className="nt-muted">{task}</span>
        <span className={`nt-state nt-state-${state}`}>{strings.chat.call[state]}</span>
      </summary>
      <div className="nt-helper-blocks">
        {blocks.map((each) => (
          <BlockView key={each.id} block={each} open={open} />
        ))}
        {text !== '' && <MarkdownText text={text} />}
      </div>
    </details>
  );
}
