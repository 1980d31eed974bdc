import type { SymbolInfo } from '@nootropic/contracts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  beginWalk,
  closeNode,
  nodeSize,
  openNode,
  placeNodes,
  sideOf,
  stepTo,
  symbolId,
  symbolPlace,
  type Walk,
  type GraphAnswer,
} from './graph-model.ts';

const symbol = (name: string): SymbolInfo => ({
  ...{ path: `src/${name}.ts`, name, kind: 'function', startLine: 3, endLine: 9, signature: '', doc: '' },
});
const answer = (names: readonly string[], truncated = false): GraphAnswer => ({
  symbols: [],
  nodes: names.map((name) => ({ symbol: symbol(name), depth: 1, relation: 'calls', strength: 'resolved' })),
  truncated,
});
const idOf = (name: string) => symbolId(symbol(name));
const begun = beginWalk(symbol('middle'));
const walked = openNode(
  openNode(begun, idOf('middle'), { side: 'callers', answer: answer(['a', 'b']) }),
  idOf('middle'),
  {
    side: 'callees',
    answer: answer(['c', 'd', 'a']),
  },
);

/** A walk as a person makes it: nodes opened and closed in any order. */
const walks = fc
  .array(
    fc.record({
      node: fc.nat(50),
      names: fc.array(fc.stringMatching(/^[a-z]{1,2}$/u), { maxLength: 6 }),
      close: fc.boolean(),
    }),
  )
  .map((steps) =>
    steps.reduce<Walk>((walk, { node, names, close }) => {
      const at = walk.nodes[node % walk.nodes.length];
      if (!at) return walk;
      return close ? closeNode(walk, at.id) : openNode(walk, at.id, { side: sideOf(at), answer: answer(names) });
    }, begun),
  );

describe('a walk', () => {
  it('shows what calls a symbol on the left and what it calls on the right, each once', () => {
    expect(walked.nodes.map(({ symbol: { name }, column }) => [name, column])).toEqual([
      ['middle', 0],
      ['a', -1],
      ['b', -1],
      ['c', 1],
      ['d', 1],
    ]);
  });

  it('takes away all that lies behind a node, and the choice with it', () => {
    const deep = openNode(walked, idOf('c'), { side: 'callees', answer: answer(['e']) });
    const deeper = openNode(deep, idOf('e'), { side: 'callees', answer: answer(['f']) });
    const closed = closeNode({ ...deeper, chosen: idOf('f') }, idOf('c'));
    expect(closed.nodes).toEqual(walked.nodes);
    expect(closed.chosen).toBe(idOf('c'));
  });

  it('says that there is more', () => {
    const opened = openNode(begun, idOf('middle'), { side: 'callees', answer: answer(['a'], true) });
    expect(opened.nodes[0]).toMatchObject({ isMore: true });
  });

  it('asks for a symbol by its line and for a file by its path', () => {
    expect(symbolPlace(symbol('a'))).toBe('src/a.ts:3');
    expect(symbolPlace({ ...symbol('a'), name: '' })).toBe('src/a.ts');
  });
});

describe('placeNodes', () => {
  it('never lays one node over another', () => {
    fc.assert(
      fc.property(walks, (walk) => {
        const nodes = placeNodes(walk);
        for (const one of nodes)
          for (const other of nodes)
            if (one.id < other.id && one.column === other.column)
              expect(Math.abs(one.y - other.y)).toBeGreaterThanOrEqual(nodeSize.height);
      }),
      { numRuns: 60 },
    );
  });

  it('puts the middle in the middle', () => {
    expect(placeNodes(walked)[0]).toMatchObject({ x: 0, y: 0 });
    const left = placeNodes(walked).filter(({ column }) => column === -1);
    expect(left.reduce((sum, { y }) => sum + y, 0)).toBe(0);
  });
});

describe('stepTo', () => {
  it('goes along edges and within a column', () => {
    const nodes = placeNodes(walked);
    expect(stepTo(nodes, idOf('middle'), 'left')).toBe(idOf('a'));
    expect(stepTo(nodes, idOf('a'), 'down')).toBe(idOf('b'));
    expect(stepTo(nodes, idOf('b'), 'down')).toBe(idOf('b'));
    expect(stepTo(nodes, idOf('d'), 'left')).toBe(idOf('middle'));
    expect(stepTo(nodes, idOf('d'), 'right')).toBe(idOf('d'));
  });

  it('reaches every node from the middle', () => {
    fc.assert(
      fc.property(walks, (walk) => {
        const nodes = placeNodes(walk);
        const reached = new Set([walk.nodes[0]?.id ?? '']);
        for (const id of reached)
          for (const direction of ['left', 'right', 'up', 'down'] as const) reached.add(stepTo(nodes, id, direction));
        expect(reached.size).toBe(nodes.length);
      }),
      { numRuns: 60 },
    );
  });
});
