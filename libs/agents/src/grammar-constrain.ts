import type { GenerateRequest, ToolSpec } from '@nootropic/contracts';

/** What exists. A list is only of use where it is complete: a call can name nothing that is not in it. */
export interface Existing {
  /** Every file of the workspace. */
  readonly paths?: readonly string[];
  /** Every symbol by its name. */
  readonly symbols?: readonly string[];
}

/** A grammar with more alternatives than this slows every token down; such a list is not used, rather than cut. */
const mostValues = 300;

/** Parameters that name a file that is there. `write` makes files, and `list` takes folders. */
const pathTools: ReadonlySet<string> = new Set(['read', 'edit']);

/**
 * The values that calls of these tools are limited to, for runtimes that write calls under a grammar (`GenerateRequest.constrain`): files that are
 * there, symbols that are there. Never part of the prompt. A list that is empty or longer than 300 limits nothing.
 */
export function constraintsOf(
  specs: readonly ToolSpec[],
  existing: Existing,
): NonNullable<GenerateRequest['constrain']> {
  const entries = specs.flatMap((spec) => {
    const limits = Object.keys(propertiesOf(spec)).flatMap((name): [string, readonly string[]][] => {
      const values = valuesFor(spec.name, name, existing);
      return values.length > 0 && values.length <= mostValues ? [[name, values]] : [];
    });
    return limits.length > 0 ? [[spec.name, Object.fromEntries(limits)] as const] : [];
  });
  return Object.fromEntries(entries);
}

/** The same tool, whose parameters list the values that exist. For its grammar only: what a prompt shows of a tool stays as it is. */
export function constrainSpec(spec: ToolSpec, existing: Existing): ToolSpec {
  const limits = constraintsOf([spec], existing)[spec.name];
  if (limits === undefined) return spec;
  const properties = Object.entries(propertiesOf(spec)).map(([name, schema]) => [
    name,
    limits[name] === undefined ? schema : { ...schema, enum: limits[name] },
  ]);
  return { ...spec, parameters: { ...spec.parameters, properties: Object.fromEntries(properties) as object } };
}

function valuesFor(tool: string, parameter: string, { paths = [], symbols = [] }: Existing): readonly string[] {
  if (parameter === 'path' && pathTools.has(tool)) return [...new Set(paths)];
  const isSymbol = (parameter === 'symbol' && tool !== 'edit') || (parameter === 'name' && tool === 'symbol');
  return isSymbol ? [...new Set(symbols)] : [];
}

function propertiesOf({ parameters }: ToolSpec): Readonly<Record<string, object>> {
  return (parameters['properties'] ?? {}) as Readonly<Record<string, object>>;
}
