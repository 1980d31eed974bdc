import { assistantContract } from '@nootropic/contracts';
import { OpenAPIGenerator } from '@orpc/openapi';
import { ZodToJsonSchemaConverter } from '@orpc/zod/zod4';

/** The OpenAPI document of the host's routes, from the one contract that the server and the client are made of. */
export async function openApiDocument(version: string): Promise<string> {
  const generator = new OpenAPIGenerator({ schemaConverters: [new ZodToJsonSchemaConverter()] });
  const document = await generator.generate(assistantContract, {
    info: { title: 'nootropic', version, license: { name: 'MIT', identifier: 'MIT' } },
    components: { securitySchemes: { token: { type: 'http', scheme: 'bearer' } } },
    security: [{ token: [] }],
  });
  return `${JSON.stringify(document, null, 2)}\n`;
}
