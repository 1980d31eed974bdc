import { configSchema } from '@nootropic/contracts';
import { code, markdownPage, markdownTable } from './markdown.ts';
import { describeType, jsonSchemaOf, leaves } from './schema-fields.ts';

export function configPage(): string {
  const rows = leaves(jsonSchemaOf(configSchema, 'input')).map(({ path, schema }) => [
    code(path),
    describeType(schema),
    schema.default === undefined ? 'unset' : code(JSON.stringify(schema.default)),
    code(
      `NOOTROPIC_${path
        .replaceAll('.', '_')
        .replaceAll(/([a-z])([A-Z])/g, '$1_$2')
        .toUpperCase()}`,
    ),
    schema.description ?? '',
  ]);
  return markdownPage('Configuration', [
    'Later layers win: default, user file, environment, command line. `nootropic config explain KEY` says which layer a value comes from.',
    markdownTable(['setting', 'value', 'default', 'environment', 'meaning'], rows),
  ]);
}
