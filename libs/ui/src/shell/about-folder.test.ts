import type { Assistant } from '@nootropic/contracts';
import { expect, it } from 'vitest';
import { aboutFolder, firstParagraph } from './about-folder.ts';

it('finds the first words of a README behind its title, badges and HTML', () => {
  expect(
    firstParagraph(
      '# X\n\n[![b](u)](v)\n\n<p align="center">\n\n```sh\nnpm i\n\nx\n```\n\n**Fast**, [unopinionated](u) `web`\nframework.\n\nMore.',
    ),
  ).toBe('Fast, unopinionated web framework.');
  expect(firstParagraph('')).toBe('');
  expect(firstParagraph('a'.repeat(1000)).length).toBeLessThan(400);
});

it('has a question for a folder of which nothing can be known', async () => {
  const fails = async (): Promise<never> => Promise.reject(new Error('no'));
  const assistant = {
    map: fails,
    index: { status: fails },
    files: { find: fails, read: fails },
  } as unknown as Assistant;
  const facts = await aboutFolder({ assistant, workspace: '/w' }, new AbortController().signal);
  expect(facts).toMatchObject({ intro: '', files: 0, important: [] });
  expect(facts.questions).toHaveLength(1);
});
