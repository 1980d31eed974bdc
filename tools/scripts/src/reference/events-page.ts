import { knownTurnEventSchema } from '@nootropic/contracts';
import { code, markdownPage, markdownTable } from './markdown.ts';
import { describeType, jsonSchemaOf, type JsonSchema } from './schema-fields.ts';

const common = ['seq', 'sessionId', 'turnId', 'time', 'type'];

export function eventsPage(): string {
  const sections = knownTurnEventSchema.options.flatMap((option) => {
    const schema = jsonSchemaOf(option, 'output');
    const own = Object.entries(schema.properties ?? {}).filter(([name]) => !common.includes(name));
    return [
      `## ${option.shape.type.value}`,
      own.length === 0 ? 'No fields of its own.' : fields(own, schema.required ?? []),
    ];
  });
  return markdownPage('Turn events', [
    'A turn is a stream of events. Every event carries `type`, `sessionId`, `turnId`, `seq` (counts up by one within a session, from 1) and `time` (milliseconds since 1970, UTC). A turn starts with `turn-start` and ends with exactly one `turn-end` or `turn-error`, unless its process was killed. A reader skips the kinds it does not know.',
    ...sections,
  ]);
}

function fields(own: [string, JsonSchema][], required: readonly string[]): string {
  return markdownTable(
    ['field', 'value', 'always there'],
    own.map(([name, field]) => [code(name), describeType(field), required.includes(name) ? 'yes' : 'no']),
  );
}
