import { anthropicRoutes } from './wire-anthropic.ts';
import { llamacppRoutes } from './wire-llamacpp.ts';
import { ollamaRoutes } from './wire-ollama.ts';
import { openaiRoutes } from './wire-openai.ts';
import type { WireRoute } from './wire-route.ts';

/** Every route of every standard API: the OpenAPI document and the fuzz run are made of these. */
export const wireRoutes: readonly WireRoute[] = [
  ...openaiRoutes,
  ...anthropicRoutes,
  ...ollamaRoutes,
  ...llamacppRoutes,
];
