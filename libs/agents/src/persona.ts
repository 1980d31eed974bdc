import type { AgentDefinition } from '@nootropic/contracts';
import type { Agent } from './agent.ts';

/**
 * A persona from a file as an agent: the base's prompt with the persona's words after it, and those of the base's tools that it names.
 * A file gives no tool that the base has not, and its model counts only where it is the user's own: a workspace has no say in that.
 */
export function personaAgent(definition: AgentDefinition, base: Agent): Agent {
  const { name, description, prompt, tools, mode, model, origin } = definition;
  return {
    name,
    description,
    system: prompt.trim() === '' ? base.system : `${base.system}\n\n${prompt.trim()}`,
    tools: tools ? base.tools.filter(({ spec }) => tools.includes(spec.name)) : base.tools,
    ...(mode && { mode }),
    ...(model !== undefined && origin.scope === 'user' && { model }),
  };
}
