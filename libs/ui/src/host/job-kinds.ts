import {
  chainInputSchema,
  completionsJobSchema,
  executeInputSchema,
  indexJobSchema,
  jobKinds,
  newJobSchema,
  sendInputSchema,
  type JobKind,
} from '@nootropic/contracts';
import type { ValueSchema } from '../parts/schema-control.ts';

const asSchema = (schema: { toJSONSchema: (options: { io: 'input' }) => unknown }): ValueSchema =>
  schema.toJSONSchema({ io: 'input' }) as ValueSchema;

export interface JobKindForm {
  readonly schema: ValueSchema;
  /** What is asked first; the rest stands under "more". */
  readonly main: readonly string[];
}

/** Fields that have no meaning for a job: nobody is there, and it begins anew. */
const leftOut: Partial<Record<JobKind, readonly string[]>> = {
  turn: ['sessionId', 'newSessionId', 'attachments', 'attended', 'keepSeconds'],
};
const main: Record<JobKind, readonly string[]> = {
  turn: ['text', 'mode', 'workspace'],
  chain: ['preset', 'input', 'steps'],
  completions: ['requests', 'model'],
  execute: ['language', 'code'],
  index: ['workspace', 'rebuild'],
};

/** The form of each kind of job, from the schema that its payload must meet, and that of a job itself. */
export function jobForms(): { readonly kinds: Record<JobKind, JobKindForm>; readonly job: ValueSchema } {
  const schemas = {
    turn: asSchema(sendInputSchema),
    chain: asSchema(chainInputSchema),
    completions: asSchema(completionsJobSchema),
    execute: asSchema(executeInputSchema),
    index: asSchema(indexJobSchema),
  };
  const kinds = Object.fromEntries(
    jobKinds.map((kind) => [kind, { schema: without(schemas[kind], leftOut[kind] ?? []), main: main[kind] }]),
  ) as Record<JobKind, JobKindForm>;
  return { kinds, job: asSchema(newJobSchema) };
}

function without(schema: ValueSchema, names: readonly string[]): ValueSchema {
  const kept = Object.entries(schema.properties ?? {}).filter(([name]) => !names.includes(name));
  return { ...schema, properties: Object.fromEntries(kept) };
}

/** Names of what is needed and not given. */
export function missingOf({ required = [] }: ValueSchema, payload: Readonly<Record<string, unknown>>): string[] {
  return required.filter((name) => payload[name] === undefined || payload[name] === '');
}
