import { oc } from '@orpc/contract';
import { z } from 'zod';
import { errorTable } from './errors.ts';

export const workspace = z.string().describe('Absolute path of the folder that the question is about.');

const statuses = Object.fromEntries(
  Object.entries(errorTable).map(([code, { status, summary }]) => [code, { status, message: summary }]),
);

/** What every procedure of the contract can end in. */
export const procedure = oc.errors(statuses);
