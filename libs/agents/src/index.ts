export { answerAgent, type Agent } from './agent.ts';
export { findCitations, formatCitation } from './citation.ts';
export { applyEdit, editFormats, editInstructions, type EditFormat } from './edit-formats.ts';
export { extractiveAnswer, extractiveCitations } from './extractive-answer.ts';
export { runTurn, type TurnOutcome, type TurnRequest, type TurnStep } from './run-turn.ts';
export { stepMessages, stepSeparator, type MessageStep } from './step-messages.ts';
export { defineTool, type Tool, type ToolContext, type ToolOutcome } from './tool.ts';
