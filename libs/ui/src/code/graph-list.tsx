import { ChevronDown, ChevronRight } from 'lucide-react';
import { IconButton } from '../parts/button.tsx';
import { strings } from '../strings.ts';
import { shortName, symbolPlace, type Side, type Walk, type WalkNode } from './graph-model.ts';
import type { WalkActions } from './graph-panel.tsx';

const text = strings.code.graph;

interface ListProps {
  readonly walk: Walk;
  readonly actions: WalkActions;
}

/** The walk as lists within lists: the same as the picture, for those who do not see it, and where there is no room for it. */
export function GraphList({ walk, actions }: ListProps) {
  const [middle] = walk.nodes;
  if (!middle) return null;
  return (
    <div className="nt-graph-list">
      {(['callers', 'callees'] as const).map((side) => (
        <section key={side} aria-label={text[side]}>
          <h2>{text[side]}</h2>
          <Behind {...{ walk, actions, side }} id={middle.id} />
        </section>
      ))}
    </div>
  );
}

function Behind({ walk, actions, id, side }: ListProps & { readonly id: string; readonly side: Side }) {
  const nodes = walk.nodes.filter(
    ({ parent, column }) => parent === id && (side === 'callers' ? column < 0 : column > 0),
  );
  if (nodes.length === 0)
    return <p className="nt-muted">{side === 'callers' ? text.nothingCalls : text.callsNothing}</p>;
  return (
    <ul>
      {nodes.map((node) => (
        <li key={node.id}>
          <Row node={node} isChosen={walk.chosen === node.id} actions={actions} />
          {node.isOpen && <Behind {...{ walk, actions, side }} id={node.id} />}
        </li>
      ))}
    </ul>
  );
}

function Row({
  node,
  isChosen,
  actions,
}: {
  readonly node: WalkNode;
  readonly isChosen: boolean;
  readonly actions: WalkActions;
}) {
  const name = shortName(node.symbol);
  return (
    <div className={isChosen ? 'nt-graph-row nt-graph-row-chosen' : 'nt-graph-row'}>
      <IconButton
        label={text.node(name, node.relation, node.isOpen)}
        aria-expanded={node.isOpen}
        icon={node.isOpen ? <ChevronDown size={15} aria-hidden /> : <ChevronRight size={15} aria-hidden />}
        onClick={() => actions.toggle(node.id)}
      />
      <button type="button" className="nt-place" aria-current={isChosen} onClick={() => actions.choose(node.id)}>
        <code>{name}</code>{' '}
        <span className="nt-muted">
          {node.relation} · {symbolPlace(node.symbol)}
        </span>
      </button>
    </div>
  );
}
