import { expect, it } from 'vitest';
import { gatesPage } from './gates-page.ts';

const outcome = { name: 'paths', property: 'No path leads out.', asked: 10, run: 10, failed: 0, seed: 7, seconds: 1.5 };
const at = { date: '2026-01-02', machine: 'linux x64, 2 cores' };

it('writes the rows of gates that ran anew, and keeps those of others, in the order of the gates', () => {
  const first = gatesPage({ ...at, outcomes: [outcome], names: ['shell', 'paths'] });
  const both = gatesPage({
    ...{ date: '2026-01-03', machine: 'linux x64, 4 cores', page: first, names: ['shell', 'paths'] },
    outcomes: [{ ...outcome, name: 'shell', property: 'No line is let through.', failed: 1, error: 'it was' }],
  });
  const rows = both.split('\n').filter((line) => line.startsWith('| `'));
  expect(rows).toEqual([
    '| `shell` | No line is let through. | 10 | 10 | 1; it was | `7` | 1.5 | 2026-01-03, linux x64, 4 cores |',
    '| `paths` | No path leads out. | 10 | 10 | 0 | `7` | 1.5 | 2026-01-02, linux x64, 2 cores |',
  ]);
});

it('forgets gates that are no more', () => {
  const page = gatesPage({ ...at, outcomes: [outcome], names: ['paths'] });
  expect(gatesPage({ ...at, outcomes: [], page, names: [] })).not.toContain('`paths`');
});
