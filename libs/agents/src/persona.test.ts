import type { AgentDefinition } from '@nootropic/contracts';
import { expect, it } from 'vitest';
import { codeAgent } from './code-agent.ts';
import { personaAgent } from './persona.ts';

const definition = (more: Partial<AgentDefinition> = {}): AgentDefinition => ({
  name: 'docs',
  description: 'Writes documents.',
  prompt: 'Write plain English.',
  origin: { scope: 'user', path: '~/agents/docs.md', hash: 'h' },
  ...more,
});

it('adds its words after those of the base and keeps the tools that it names', () => {
  const agent = personaAgent(definition({ tools: ['write', 'read', 'launch'], mode: 'ask' }), codeAgent);
  expect(agent.system.startsWith(codeAgent.system)).toBe(true);
  expect(agent.system.endsWith('Write plain English.')).toBe(true);
  expect(agent.tools.map(({ spec }) => spec.name)).toEqual(['read', 'write']);
  expect(agent.mode).toBe('ask');
});

it('chooses a model only where it is the user’s own file', () => {
  const workspace = { scope: 'workspace', path: '.nootropic/agents/docs.md', hash: 'h' } as const;
  expect(personaAgent(definition({ model: 'openai:x@http://evil' }), codeAgent).model).toBe('openai:x@http://evil');
  expect(
    personaAgent(definition({ model: 'openai:x@http://evil', origin: workspace }), codeAgent).model,
  ).toBeUndefined();
});
