import { describe, expect, it } from 'vitest';
import { answerAgent } from './agent.ts';
import { codeAgent, createCodeAgent } from './code-agent.ts';
import { taskAgents } from './task-agents.ts';

/** On the high side: tokenizers of current models need a token for 3.5 characters of such text, or more. */
const tokens = (text: string) => Math.ceil(text.length / 3.5);
const specs = (agent: typeof codeAgent) => JSON.stringify(agent.tools.map(({ spec }) => spec));
const agents = [answerAgent, codeAgent, ...taskAgents];

describe('the prompt of an agent is short enough for a small context', () => {
  it.each(agents.map((agent) => [agent.name, agent] as const))('%s', (_, agent) => {
    expect(tokens(agent.system)).toBeLessThanOrEqual(600);
    expect(tokens(specs(agent))).toBeLessThanOrEqual(700);
  });

  it('with every optional tool, too', () => {
    expect(tokens(specs(createCodeAgent({ webFetch: true, furtherTools: true, skills: true })))).toBeLessThanOrEqual(
      850,
    );
  });
});

describe('the tools of the agent that does tasks', () => {
  it('have flat schemas without limits that a grammar cannot carry', () => {
    const all = createCodeAgent({ webFetch: true, furtherTools: true, skills: true });
    for (const { spec } of all.tools) {
      const properties = spec.parameters['properties'] as Record<string, Record<string, unknown>>;
      for (const property of Object.values(properties))
        expect(Object.keys(property).every((key) => ['type', 'items', 'enum', 'description'].includes(key))).toBe(true);
      expect(JSON.stringify(spec.parameters)).not.toMatch(/minLength|pattern|maximum|\$ref|anyOf/u);
    }
  });

  it('that are optional come last, so that the others stay where they are', () => {
    const names = (agent: typeof codeAgent) => agent.tools.map(({ spec }) => spec.name);
    const all = names(createCodeAgent({ webFetch: true, furtherTools: true, skills: true }));
    expect(all.slice(0, codeAgent.tools.length)).toEqual(names(codeAgent));
    expect(all.slice(codeAgent.tools.length)).toEqual(['use-skill', 'find-tools', 'web-fetch']);
  });

  it('do not fetch from the network unless that is switched on', () => {
    expect(codeAgent.tools.some(({ spec }) => spec.name === 'web-fetch')).toBe(false);
  });

  it('that change something say so', () => {
    const acting = codeAgent.tools.filter(({ reads }) => !reads).map(({ spec }) => spec.name);
    expect(acting).toEqual(['edit', 'write', 'run', 'remember']);
    for (const agent of taskAgents.filter(({ mode }) => mode === 'plan'))
      expect(agent.tools.every(({ reads }) => reads)).toBe(true);
  });
});
