import { jobKinds } from '@nootropic/contracts';
import { expect, it } from 'vitest';
import { jobForms, missingOf } from './job-kinds.ts';

it('has a form for every kind, whose first fields exist, and asks for what is needed', () => {
  const { kinds, job } = jobForms();
  for (const kind of jobKinds)
    for (const name of kinds[kind].main)
      expect([kind, name, kinds[kind].schema.properties?.[name] !== undefined]).toEqual([kind, name, true]);
  expect(Object.keys(kinds.turn.schema.properties ?? {})).not.toContain('attended');
  expect(job.properties?.['priority']).toMatchObject({ minimum: -100, maximum: 100 });
  expect(missingOf(kinds.execute.schema, { language: 'python', code: '' })).toEqual(['code']);
  expect(missingOf(kinds.index.schema, { workspace: '/w' })).toEqual([]);
});
