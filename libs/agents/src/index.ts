export { answerAgent, type Agent, type Passes } from './agent.ts';
export { codeAgent, createCodeAgent, type CodeAgentOptions } from './code-agent.ts';
export { commitAgent, explainAgent, reviewAgent, taskAgents, testAgent } from './task-agents.ts';
export { personaAgent } from './persona.ts';
export { concludeReview, parseFindings, reviewQuestions, type Finding } from './review-findings.ts';
export { currentPlan, planLines, type PlanStep } from './plan.ts';
export { findCitations, formatCitation } from './citation.ts';
export { createCallMapper, type CallMapper, type MappedCall } from './dialect-mapping.ts';
export { createCallReader, type CallReader, type CallReading } from './dialect-reader.ts';
export { anchorLines } from './edit-anchors.ts';
export {
  applyEdit,
  chooseEditFormat,
  editFormats,
  editInstructions,
  type EditFormat,
  type EditRequest,
} from './edit-formats.ts';
export { type EditResult, type EditTarget, type NearestLines } from './edit-result.ts';
export { extractiveAnswer, extractiveCitations } from './extractive-answer.ts';
export { constrainSpec, constraintsOf, type Existing } from './grammar-constrain.ts';
export { runGrammarGate, type GrammarGateResult } from './grammar-gate.ts';
export { outsideTool } from './outside-tool.ts';
export { runTurn } from './run-turn.ts';
export type { TurnLimits, TurnOutcome, TurnRequest } from './turn-request.ts';
export type { TurnStep } from './turn-step.ts';
export { groupSteps, outside, stepMessages, stepSeparator, withSteps, type MessageStep } from './step-messages.ts';
export {
  defineActing,
  defineTool,
  runTool,
  type Delegate,
  type FurtherTools,
  type SkillShelf,
  type Tool,
  type ToolContext,
  type ToolOutcome,
} from './tool.ts';
