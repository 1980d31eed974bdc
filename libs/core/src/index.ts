export { admissionTelemetry } from './admission-telemetry.ts';
export { createAssistant, type AssistantPorts } from './assistant.ts';
export type { LoadPlanLimits } from './load-plan.ts';
export type { ModelPrice } from './metered-model.ts';
export type { ChosenModel, ModelAsk } from './model-candidates.ts';
export type { CatalogueCandidate } from './model-plan.ts';
export { createModels, type ModelPurpose, type Models, type ModelsOptions, type OpenedModel } from './models.ts';
export type { ProjectRules } from './never-remote.ts';
export type { TurnPorts } from './turn.ts';
