import type { Assistant, SymbolInfo } from '@nootropic/contracts';

/** What the graph says of a symbol. */
export type GraphAnswer = Awaited<ReturnType<Assistant['graph']>>;
type GraphNode = GraphAnswer['nodes'][number];

/** Which way a symbol was reached: what calls it stands on the left, what it calls on the right. */
export type Side = 'callers' | 'callees';

export interface WalkNode {
  readonly id: string;
  readonly symbol: SymbolInfo;
  /** 0: the symbol in the middle; below 0 what leads to it, above 0 where it leads. */
  readonly column: number;
  /** Seen from the node that led here: `called by`, `uses`. Empty in the middle. */
  readonly relation: string;
  /** `name`: several symbols bear the name, so it is likely and not sure. */
  readonly strength: GraphNode['strength'];
  /** The place that makes the edge. */
  readonly at?: GraphNode['at'];
  /** The node that led here; unset in the middle. */
  readonly parent?: string;
  /** Whether what lies behind it was asked for: then it is shown, or there is nothing. */
  readonly isOpen: boolean;
  /** So many more there are than were given. */
  readonly isMore?: boolean;
}

export interface Walk {
  /** In the order in which they were found; the middle first. */
  readonly nodes: readonly WalkNode[];
  readonly chosen: string;
}

/** What a symbol is called in a question: its file and its name, or, of a file as a whole, its path. */
export function symbolId({ path, name, startLine }: Pick<SymbolInfo, 'path' | 'name' | 'startLine'>): string {
  return name === '' ? path : `${path}:${name}:${startLine}`;
}

/** How the graph is asked for a symbol: by its line, since names are borne by several. */
export function symbolPlace({ path, name, startLine }: Pick<SymbolInfo, 'path' | 'name' | 'startLine'>): string {
  return name === '' ? path : `${path}:${startLine}`;
}

/** A walk begins at a symbol. */
export function beginWalk(symbol: SymbolInfo): Walk {
  const id = symbolId(symbol);
  return { nodes: [{ id, symbol, column: 0, relation: '', strength: 'resolved', isOpen: true }], chosen: id };
}

/** Nodes of one column that stand behind one node; more are named as a number. */
const mostBehind = 40;

/** Adds what leads to a node, or where it leads. What is there already stays where it is: a circle is not walked twice. */
export function openNode(
  walk: Walk,
  id: string,
  { side, answer }: { readonly side: Side; readonly answer: GraphAnswer },
): Walk {
  const node = walk.nodes.find((each) => each.id === id);
  if (!node) return walk;
  const column = node.column + (side === 'callers' ? -1 : 1);
  const known = new Set(walk.nodes.map((each) => each.id));
  const found: WalkNode[] = [];
  for (const { symbol, relation, strength, at } of answer.nodes) {
    const key = symbolId(symbol);
    if (known.has(key)) continue;
    known.add(key);
    found.push({ id: key, symbol, column, relation, strength, ...(at && { at }), parent: id, isOpen: false });
  }
  const shown = found.slice(0, mostBehind);
  const isMore = answer.truncated || shown.length < found.length;
  return {
    ...walk,
    nodes: [
      ...walk.nodes.map((each) => (each.id === id ? { ...each, isOpen: true, ...(isMore && { isMore }) } : each)),
      ...shown,
    ],
  };
}

/** Takes away what lies behind a node. */
export function closeNode(walk: Walk, id: string): Walk {
  const behind = new Set<string>();
  for (const { id: each, parent } of walk.nodes)
    if (parent === id || (parent !== undefined && behind.has(parent))) behind.add(each);
  const nodes = walk.nodes
    .filter((each) => !behind.has(each.id))
    .map((each) => (each.id === id && each.column !== 0 ? { ...each, isOpen: false } : each));
  return { nodes, chosen: behind.has(walk.chosen) ? id : walk.chosen };
}

/** The side on which a node is opened: away from the middle. */
export function sideOf({ column }: Pick<WalkNode, 'column'>): Side {
  return column < 0 ? 'callers' : 'callees';
}

export const nodeSize = { width: 184, height: 46 } as const;
const gap = { x: 64, y: 14 } as const;

export interface PlacedNode extends WalkNode {
  readonly x: number;
  readonly y: number;
}

/**
 * Places for the nodes of a walk, in columns from left to right. Behind every node stand its own, together and centred on it, so that no two edges
 * cross: a tidy tree on each side of the middle, after Reingold and Tilford, "Tidier Drawings of Trees" (1981), with rows of one height.
 */
export function placeNodes(walk: Walk): readonly PlacedNode[] {
  const placed = new Map<string, number>();
  const row = nodeSize.height + gap.y;
  for (const sign of [-1, 1]) {
    let next = 0;
    const place = (node: WalkNode): number => {
      const behind = walk.nodes.filter((each) => each.parent === node.id && Math.sign(each.column) === sign);
      let y: number;
      if (behind.length === 0) {
        y = next;
        next += row;
      } else {
        const ys = behind.map(place);
        y = ((ys[0] ?? 0) + (ys.at(-1) ?? 0)) / 2;
      }
      if (node.column !== 0) placed.set(node.id, y);
      return y;
    };
    const [middle] = walk.nodes;
    if (!middle) continue;
    const centre = place(middle);
    for (const node of walk.nodes)
      if (Math.sign(node.column) === sign) placed.set(node.id, (placed.get(node.id) ?? 0) - centre);
  }
  return walk.nodes.map((node) => ({
    ...node,
    x: node.column * (nodeSize.width + gap.x),
    y: placed.get(node.id) ?? 0,
  }));
}

export type Direction = 'left' | 'right' | 'up' | 'down';

/** The node that lies next in a direction: up and down within the column, left and right along an edge or, where there is none, to the nearest. */
export function stepTo(nodes: readonly PlacedNode[], id: string, direction: Direction): string {
  const from = nodes.find((node) => node.id === id);
  if (!from) return id;
  const nearest = (candidates: readonly PlacedNode[]): string =>
    candidates.reduce<PlacedNode | undefined>(
      (best, each) => (!best || Math.abs(each.y - from.y) < Math.abs(best.y - from.y) ? each : best),
      undefined,
    )?.id ?? id;
  if (direction === 'up' || direction === 'down') {
    const sign = direction === 'up' ? -1 : 1;
    return nearest(nodes.filter((node) => node.column === from.column && Math.sign(node.y - from.y) === sign));
  }
  const column = from.column + (direction === 'left' ? -1 : 1);
  const candidates = nodes.filter((node) => node.column === column);
  const joined = candidates.filter((node) => node.parent === id || node.id === from.parent);
  return nearest(joined.length > 0 ? joined : candidates);
}

/** The last part of a qualified name, or of a path: what fits into a node. */
export function shortName({ name, path }: Pick<SymbolInfo, 'name' | 'path'>): string {
  return name === '' ? path.slice(path.lastIndexOf('/') + 1) : name;
}
