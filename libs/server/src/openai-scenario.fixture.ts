import assert from 'node:assert/strict';
import OpenAI, { APIError } from 'openai';
import type { ChatCompletionFunctionTool } from 'openai/resources/chat/completions';

/** A host that the scenarios ask, by its address alone. */
export interface ScenarioHost {
  readonly url: string;
  readonly token: string;
  /** Names of its models. */
  readonly chat: string;
  readonly embedding: string;
  /** Generations that run now. */
  readonly running: () => number;
  /** Whether its model does as it is told: then what it says is looked at too. */
  readonly obedient: boolean;
}

export interface Scenario {
  readonly name: string;
  readonly run: (host: ScenarioHost) => Promise<void>;
}

export const weather: ChatCompletionFunctionTool = {
  type: 'function',
  function: {
    name: 'weather',
    description: 'The weather in a city.',
    parameters: {
      type: 'object',
      properties: { city: { type: 'string', enum: ['Basel', 'Bern'] }, days: { type: 'integer', minimum: 1 } },
      required: ['city'],
      additionalProperties: false,
    },
  },
};

/** Closes whatever a model says: a choice of two words. */
export const colourSchema = {
  type: 'object',
  properties: { colour: { type: 'string', enum: ['red', 'blue'] }, dark: { type: 'boolean' } },
  required: ['colour', 'dark'],
  additionalProperties: false,
} as const;

export function clientOf({ url, token }: ScenarioHost): OpenAI {
  return new OpenAI({ baseURL: `${url}/v1`, apiKey: token, maxRetries: 0, timeout: 30_000 });
}

export const user = (content: string) => ({ role: 'user' as const, content });

export function isColour(text: string): void {
  const value = JSON.parse(text) as { colour: string; dark: boolean };
  assert.ok(['red', 'blue'].includes(value.colour));
  assert.equal(typeof value.dark, 'boolean');
}

export function isWeatherCall(text: string): void {
  const value = JSON.parse(text) as { city: string; days?: number };
  assert.ok(['Basel', 'Bern'].includes(value.city));
}

/** Waits until nothing runs any more; a test that hangs here says that a model was not stopped. */
export async function untilIdle({ running }: ScenarioHost): Promise<void> {
  while (running() > 0) await new Promise((resolve) => setTimeout(resolve, 5));
}

/** Rejects with an error of this status and code. */
export async function failsWith(work: Promise<unknown>, status: number, code: string): Promise<APIError> {
  let caught: unknown;
  try {
    await work;
  } catch (error) {
    caught = error;
  }
  if (!(caught instanceof APIError)) assert.fail(`It was answered, or failed otherwise: ${String(caught)}`);
  assert.equal(caught.status, status, caught.message);
  assert.equal(caught.code, code, caught.message);
  return caught;
}

export function scenario(name: string, run: (openai: OpenAI, host: ScenarioHost) => Promise<void>): Scenario {
  return { name, run: (host) => run(clientOf(host), host) };
}
