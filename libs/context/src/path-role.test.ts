import { describe, expect, it } from 'vitest';
import { pathRole } from './path-role.ts';

describe('pathRole', () => {
  it.each([
    ['src/session.ts', 'source'],
    ['lib/content-type-parser.js', 'source'],
    ['src/main/java/com/example/app/Cart.java', 'source'],
    ['src/latest.ts', 'source'],
    ['test/hooks.js', 'tests'],
    ['src/cart.test.ts', 'tests'],
    ['pkg/cart_test.go', 'tests'],
    ['test_cart.py', 'tests'],
    ['src/CartTest.java', 'tests'],
    ['examples/simple.js', 'examples'],
    ['README.md', 'documents'],
    ['docs/guide.md', 'documents'],
    ['fastify.d.ts', 'declarations'],
    ['package.json', 'settings'],
    ['.github/workflows/ci.yml', 'settings'],
    ['dist/index.js', 'generated'],
    ['api/cart_pb2.py', 'generated'],
    ['LICENSE', 'legal'],
    ['CHANGELOG.md', 'legal'],
  ])('takes %s for %s', (path, role) => {
    expect(pathRole(path)).toBe(role);
  });
});
