import {
  anthropicErrorSchema,
  assistantContract,
  llamacppErrorSchema,
  ollamaErrorSchema,
  openaiErrorSchema,
  wireRoutes,
  type WireFamily,
  type WireRoute,
} from '@nootropic/contracts';
import { OpenAPIGenerator } from '@orpc/openapi';
import { ZodToJsonSchemaConverter } from '@orpc/zod/zod4';
import { z } from 'zod';

type Part = Readonly<Record<string, unknown>>;

/** An OpenAPI 3.1 document (https://spec.openapis.org/oas/v3.1.1.html). */
export interface OpenApiDocument {
  readonly openapi: string;
  readonly tags: readonly { readonly name: string; readonly description?: string }[];
  /** By path, then by method. */
  readonly paths: Readonly<Record<string, Readonly<Record<string, OpenApiOperation>>>>;
  readonly [more: string]: unknown;
}

export interface OpenApiOperation {
  readonly operationId?: string;
  readonly tags?: readonly string[];
  readonly parameters?: readonly {
    readonly name: string;
    readonly in: string;
    readonly required?: boolean;
    readonly schema?: Part;
  }[];
  readonly requestBody?: {
    readonly required?: boolean;
    readonly content: Readonly<Record<string, { readonly schema?: Part }>>;
  };
  readonly responses?: Part;
  readonly [more: string]: unknown;
}

const families: Readonly<
  Record<WireFamily, { readonly name: string; readonly about: string; readonly error: z.ZodType }>
> = {
  openai: {
    name: 'OpenAI',
    about: 'The OpenAI API: base URL `/v1`.',
    error: openaiErrorSchema,
  },
  anthropic: {
    name: 'Anthropic',
    about: 'The Anthropic API: base URL `/`, key as `x-api-key`.',
    error: anthropicErrorSchema,
  },
  ollama: { name: 'Ollama', about: 'The API of Ollama.', error: ollamaErrorSchema },
  llamacpp: { name: 'llama.cpp', about: 'The API of llama.cpp’s server, and reranking.', error: llamacppErrorSchema },
};

/** Statuses of the errors that any request to a standard API can end in. */
const errors: Readonly<Record<string, string>> = {
  400: 'The request is not understood, or asks for what no model here can do',
  401: 'No valid key',
  403: 'Not permitted, or asked from a page of another site',
  404: 'No such model',
  413: 'More than is taken, or than the model reads',
  429: 'Too many requests, too much work that waits, or a quota that is used up',
  502: 'The server of a model elsewhere does not answer',
  503: 'The model cannot be used now, or the host is about to end',
  504: 'The model gave no sign of life for too long',
  507: 'The model does not fit into the memory, or the disk is full',
};

/**
 * The OpenAPI document of everything the host answers, from the contracts that server and client are made of: the assistant's own routes, then
 * those of the standard APIs.
 */
export async function openApiDocument(version: string): Promise<OpenApiDocument> {
  const generator = new OpenAPIGenerator({ schemaConverters: [new ZodToJsonSchemaConverter()] });
  const own = (await generator.generate(assistantContract, {
    info: { title: 'nootropic', version, license: { name: 'MIT', identifier: 'MIT' } },
    components: {
      securitySchemes: {
        token: { type: 'http', scheme: 'bearer', description: 'The token of this user’s host, or a client’s key.' },
        apiKey: {
          type: 'apiKey',
          in: 'header',
          name: 'x-api-key',
          description: 'The same, as Anthropic’s clients send it.',
        },
      },
    },
    security: [{ token: [] }, { apiKey: [] }],
  })) as unknown as OpenApiDocument;
  const paths: Record<string, Record<string, OpenApiOperation>> = {};
  const tags = new Set<string>();
  for (const [path, operations] of Object.entries(own.paths))
    for (const [method, operation] of Object.entries(operations)) {
      const tag = (operation.operationId ?? '').split('.')[0] ?? '';
      tags.add(tag);
      (paths[path] ??= {})[method] = { ...operation, tags: [tag] };
    }
  for (const route of wireRoutes) {
    const path = route.path.replaceAll(/\{(?<name>[^}+]+)\+\}/gu, '{$<name>}');
    const operations = (paths[path] ??= {});
    const method = route.method.toLowerCase();
    if (operations[method]) throw new Error(`Two routes are ${route.method} ${path}.`);
    operations[method] = operationOf(route);
  }
  const shared = shareErrors(paths);
  return {
    ...own,
    components: { ...(own['components'] as Part), responses: shared.responses },
    tags: [
      ...[...tags].map((name) => ({ name })),
      ...Object.values(families).map(({ name, about }) => ({ name, description: about })),
    ],
    paths: shared.paths,
  };
}

/** Every operation can end in nearly the same errors: each is written once, and named where it may be the answer. */
function shareErrors(paths: OpenApiDocument['paths']): {
  readonly paths: OpenApiDocument['paths'];
  readonly responses: Part;
} {
  const names = new Map<string, string>();
  const responses: Record<string, unknown> = {};
  const nameOf = (status: string, answer: unknown): string => {
    const text = `${status} ${JSON.stringify(answer)}`;
    const known = names.get(text);
    if (known !== undefined) return known;
    const like = [...names.keys()].filter((each) => each.startsWith(`${status} `)).length;
    const name = `Error${status}${like === 0 ? '' : `Form${like + 1}`}`;
    names.set(text, name);
    responses[name] = answer;
    return name;
  };
  const isError = (status: string): boolean => Number(status) >= 400;
  const share = (answers: Part): Part =>
    Object.fromEntries(
      Object.entries(answers).map(([status, answer]) => [
        status,
        isError(status) ? { $ref: `#/components/responses/${nameOf(status, answer)}` } : answer,
      ]),
    );
  const slim = Object.entries(paths).map(([path, operations]) => {
    const entries = Object.entries(operations).map(([method, operation]) => [
      method,
      { ...operation, ...(operation.responses && { responses: share(operation.responses) }) },
    ]);
    return [path, Object.fromEntries(entries) as Record<string, OpenApiOperation>] as const;
  });
  return { paths: Object.fromEntries(slim), responses };
}

function operationOf(route: WireRoute): OpenApiOperation {
  const family = families[route.family];
  const names = [...route.path.matchAll(/\{(?<name>[^}+]+)\+?\}/gu)].map(({ groups }) => groups?.['name'] ?? '');
  const json = (schema: z.ZodType, io: 'input' | 'output'): Part => ({
    'application/json': { schema: toSchema(schema, io) },
  });
  const stream: Part = route.stream
    ? {
        [route.stream.kind === 'events' ? 'text/event-stream' : 'application/x-ndjson']: {
          schema: toSchema(route.stream.item, 'output'),
        },
      }
    : {};
  const error = json(family.error, 'output');
  const answer = { ...(route.response && json(route.response, 'output')), ...stream };
  return {
    operationId: route.id,
    summary: route.summary,
    tags: [family.name],
    ...(route.role === 'anyone' && { security: [] }),
    ...(names.length > 0 && {
      parameters: names.map((name) => ({ name, in: 'path', required: true, schema: { type: 'string' } })),
    }),
    ...(route.request && {
      requestBody: {
        required: true,
        content: json(route.request, 'input') as { 'application/json': { schema: Part } },
      },
    }),
    responses: {
      200: {
        description: route.stream
          ? 'The answer; a stream where one is asked for, of which each item is as said'
          : 'The answer',
        ...(Object.keys(answer).length > 0 && { content: answer }),
      },
      ...Object.fromEntries(
        Object.entries(errors).map(([status, description]) => [status, { description, content: error }]),
      ),
    },
  };
}

function toSchema(schema: z.ZodType, io: 'input' | 'output'): Part {
  const { $schema, ...rest } = z.toJSONSchema(schema, { io, unrepresentable: 'any' }) as Part;
  return rest;
}
