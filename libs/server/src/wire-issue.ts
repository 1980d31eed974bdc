import { NootropicError } from '@nootropic/contracts';
import type { z } from 'zod';

/** Where a body is wrong, and how: of a value that may have several forms, the form that it comes nearest to. */
export function bodyError(error: z.core.$ZodError): NootropicError {
  const { path, message } = nearest(error.issues);
  const where = path.map(String).join('.');
  return new NootropicError('INPUT_INVALID', where === '' ? message : `${where}: ${message}`, {
    cause: { param: dotted(path) },
  });
}

interface Found {
  readonly path: readonly PropertyKey[];
  readonly message: string;
}

function nearest(issues: readonly z.core.$ZodIssue[]): Found {
  const [issue] = issues;
  if (issue === undefined) return { path: [], message: 'It has not the form that is asked for' };
  if (issue.code !== 'invalid_union' || issue.errors.length === 0) return issue;
  const inner = issue.errors.map(nearest).toSorted((a, b) => b.path.length - a.path.length);
  const [deepest] = inner;
  if (deepest && deepest.path.length > 0) return { ...deepest, path: [...issue.path, ...deepest.path] };
  const wanted = issue.errors.flatMap(([first]) => (first && 'expected' in first ? [String(first.expected)] : []));
  const forms = [...new Set(wanted)].join(' or ');
  return { path: issue.path, message: forms === '' ? issue.message : `${issue.message}: expected ${forms}` };
}

/** `messages[0].content` */
function dotted(path: readonly PropertyKey[]): string | undefined {
  const text = path.map((part) => (typeof part === 'number' ? `[${part}]` : `.${String(part)}`)).join('');
  return text === '' ? undefined : text.replace(/^\./u, '');
}
