import { wireRoutes } from '@nootropic/contracts';
import { expect, it } from 'vitest';
import { openApiDocument } from './openapi-document.ts';

it('holds every route once, each with a name of its own, a tag and its answers', async () => {
  const { paths, tags } = await openApiDocument('1');
  const operations = Object.values(paths).flatMap((methods) => Object.values(methods));
  const names = operations.map(({ operationId }) => operationId);
  expect(new Set(names).size).toBe(names.length);
  for (const { id } of wireRoutes) expect(names).toContain(id);
  expect(names).toContain('sessions.list');
  const known = new Set(tags.map(({ name }) => name));
  for (const { tags: [tag = ''] = [], responses } of operations) {
    expect(known).toContain(tag);
    expect(Object.keys(responses ?? {})).toContain('200');
  }
});

it('says which answers are streams, and who needs no key', async () => {
  const { paths } = await openApiDocument('1');
  const answer = (path: string, method: string): unknown => paths[path]?.[method]?.responses?.['200'];
  expect(answer('/v1/chat/completions', 'post')).toMatchObject({
    content: { 'application/json': {}, 'text/event-stream': {} },
  });
  expect(answer('/api/chat', 'post')).toMatchObject({ content: { 'application/x-ndjson': {} } });
  expect(paths['/v1/models/{model}']?.['get']?.parameters).toMatchObject([{ name: 'model', in: 'path' }]);
  expect(paths['/health']?.['get']).toMatchObject({ security: [] });
});
