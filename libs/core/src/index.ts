export { createAssistant, type AssistantPorts } from './assistant.ts';
export { createModels, type Models, type ModelsOptions } from './models.ts';
export type { TurnPorts } from './turn.ts';
