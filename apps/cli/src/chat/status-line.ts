import { textWidth, fitted } from '../text-width.ts';
import type { ChatView } from './chat-view.ts';
import { modelName } from './model-name.ts';
import { span, type Line, type Look } from './styled-line.ts';
import { visibleLine } from './visible-text.ts';

interface Fact {
  readonly text: string;
  readonly look: Look;
  /** What is left out first where there is no room: the highest. */
  readonly rank: number;
}

/** The line at the bottom: mode, model, and what a person wants to know before the next question. What does not fit is left out, the least first. */
export function statusLine(view: ChatView, width: number): Line {
  let facts = factsOf(view);
  while (facts.length > 1 && widthOf(facts) > width) {
    const last = facts.reduce((worst, fact) => (fact.rank > worst.rank ? fact : worst));
    facts = facts.filter((fact) => fact !== last);
  }
  return facts.flatMap((fact, at): Line => [
    ...(at === 0 ? [] : [span(' · ', 'dim')]),
    span(fitted(fact.text, width), fact.look),
  ]);
}

function widthOf(facts: readonly Fact[]): number {
  return facts.reduce((sum, { text }) => sum + textWidth(text) + 3, -3);
}

function factsOf(view: ChatView): Fact[] {
  const { state, mode, agent, window, trusted, sandbox, queued } = view;
  const facts: (Fact | false)[] = [
    { text: mode, look: mode === 'auto' ? 'yellow' : 'cyan', rank: 0 },
    agent !== undefined && { text: visibleLine(agent), look: 'cyan', rank: 3 },
    { text: modelName(view.model ?? state.model), look: 'dim', rank: 4 },
    state.promptTokens !== undefined && {
      text: window === undefined || window === 0 ? `${state.promptTokens} tokens` : meter(state.promptTokens, window),
      look: window !== undefined && state.promptTokens > window * 0.8 ? 'yellow' : 'dim',
      rank: 1,
    },
    state.reused !== undefined && { text: `cache ${Math.round(state.reused * 100)}%`, look: 'dim', rank: 5 },
    state.tokensPerSecond !== undefined && { text: `${speed(state.tokensPerSecond)} tok/s`, look: 'dim', rank: 6 },
    queued.length > 0 && { text: `${queued.length} queued`, look: 'yellow', rank: 2 },
    trusted === false && { text: 'not trusted', look: 'yellow', rank: 7 },
    trusted === true && { text: 'trusted', look: 'dim', rank: 9 },
    sandbox !== undefined && { text: sandbox ? 'sandbox' : 'no sandbox', look: sandbox ? 'dim' : 'yellow', rank: 8 },
  ];
  return facts.filter((fact) => fact !== false);
}

function meter(tokens: number, window: number): string {
  return `context ${Math.min(100, Math.round((tokens * 100) / window))}% of ${shortCount(window)}`;
}

function shortCount(count: number): string {
  return count < 1000 ? String(count) : `${Math.round(count / 1000)}k`;
}

function speed(tokens: number): string {
  return tokens < 10 ? tokens.toFixed(1) : String(Math.round(tokens));
}
