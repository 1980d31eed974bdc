export { answerAgent, type Agent } from './agent.ts';
export { findCitations, formatCitation } from './citation.ts';
export { extractiveAnswer, extractiveCitations } from './extractive-answer.ts';
export { runTurn, type TurnOutcome, type TurnRequest, type TurnStep } from './run-turn.ts';
export { defineTool, type Tool, type ToolContext, type ToolOutcome } from './tool.ts';
