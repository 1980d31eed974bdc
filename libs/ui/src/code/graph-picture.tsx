import {
  Background,
  Controls,
  Handle,
  MarkerType,
  Position,
  ReactFlow,
  ReactFlowProvider,
  useReactFlow,
  type Edge,
  type Node,
  type NodeProps,
} from '@xyflow/react';
import '@xyflow/react/dist/base.css';
import { createContext, useContext, useEffect, useMemo, useRef, type KeyboardEvent } from 'react';
import { strings } from '../strings.ts';
import './graph-picture.css';
import { nodeSize, placeNodes, shortName, stepTo, type Direction, type PlacedNode, type Walk } from './graph-model.ts';
import type { WalkActions } from './graph-panel.tsx';

const text = strings.code.graph;

type SymbolNode = Node<{ readonly node: PlacedNode; readonly isChosen: boolean }, 'symbol'>;

const directions: Readonly<Record<string, Direction>> = {
  ArrowLeft: 'left',
  ArrowRight: 'right',
  ArrowUp: 'up',
  ArrowDown: 'down',
};

interface PictureProps {
  readonly walk: Walk;
  readonly actions: WalkActions;
}

const ActionsContext = createContext<WalkActions | undefined>(undefined);

/** The walk as boxes and arrows. One box is chosen and has the keyboard; the arrows of the keyboard choose another. */
export function GraphPicture(props: PictureProps) {
  return (
    <ActionsContext value={props.actions}>
      <ReactFlowProvider>
        <Picture {...props} />
      </ReactFlowProvider>
    </ActionsContext>
  );
}

const nodeTypes = { symbol: SymbolBox };

function Picture({ walk, actions }: PictureProps) {
  const box = useRef<HTMLDivElement>(null);
  const flow = useReactFlow();
  const placed = useMemo(() => placeNodes(walk), [walk]);
  const nodes = useMemo(
    () =>
      placed.map((node): SymbolNode => ({
        id: node.id,
        type: 'symbol',
        position: { x: node.x, y: node.y },
        ...nodeSize,
        data: { node, isChosen: node.id === walk.chosen },
      })),
    [placed, walk.chosen],
  );
  const edges = useMemo(() => edgesOf(placed), [placed]);
  const shape = placed.map(({ id }) => id).join('\n');
  useEffect(() => {
    const frame = requestAnimationFrame(() => void flow.fitView({ padding: 0.06, maxZoom: 1, minZoom: 0.5 }));
    return () => cancelAnimationFrame(frame);
  }, [shape, flow]);

  const onKeyDown = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const node = placed.find(({ id }) => id === walk.chosen);
    const direction = directions[event.key];
    if (!node || !(event.target instanceof HTMLElement) || !event.target.classList.contains('nt-node')) return;
    if (direction !== undefined) {
      event.preventDefault();
      const next = stepTo(placed, walk.chosen, direction);
      actions.choose(next);
      const element = box.current?.querySelector<HTMLElement>(`[data-symbol="${CSS.escape(next)}"]`);
      element?.focus({ preventScroll: true });
      if (element && box.current && isOutside(element, box.current)) {
        const to = placed.find(({ id }) => id === next);
        if (to) void flow.setCenter(to.x + nodeSize.width / 2, to.y + nodeSize.height / 2, { zoom: flow.getZoom() });
      }
    } else if (event.key === 'c') actions.centre(node.symbol);
    else if (event.key === 'o') actions.open(node.symbol);
  };
  return (
    <div className="nt-graph-picture" ref={box} role="group" aria-label={text.picture} onKeyDown={onKeyDown}>
      <ReactFlow
        {...{ nodes, edges, nodeTypes }}
        nodesDraggable={false}
        nodesConnectable={false}
        nodesFocusable={false}
        edgesFocusable={false}
        elementsSelectable={false}
        disableKeyboardA11y
        zoomOnDoubleClick={false}
        deleteKeyCode={null}
        minZoom={0.2}
        maxZoom={1.5}
        ariaLabelConfig={{
          'controls.ariaLabel': text.controls,
          'controls.zoomIn.ariaLabel': text.zoomIn,
          'controls.zoomOut.ariaLabel': text.zoomOut,
          'controls.fitView.ariaLabel': text.fit,
        }}
        proOptions={{ hideAttribution: true }}
      >
        <Background gap={24} />
        <Controls showInteractive={false} fitViewOptions={{ padding: 0.06, maxZoom: 1 }} />
      </ReactFlow>
    </div>
  );
}

function isOutside(element: HTMLElement, box: HTMLElement): boolean {
  const [inner, outer] = [element.getBoundingClientRect(), box.getBoundingClientRect()];
  return inner.left < outer.left || inner.right > outer.right || inner.top < outer.top || inner.bottom > outer.bottom;
}

/** Arrows point from who calls to what is called. */
function edgesOf(placed: readonly PlacedNode[]): Edge[] {
  return placed.flatMap(({ id, parent, column, strength }) =>
    parent === undefined
      ? []
      : [
          {
            id: `${parent} ${id}`,
            source: column < 0 ? id : parent,
            target: column < 0 ? parent : id,
            className: strength === 'name' ? 'nt-edge nt-edge-likely' : 'nt-edge',
            markerEnd: { type: MarkerType.ArrowClosed, width: 16, height: 16, color: 'var(--nt-control-border)' },
          },
        ],
  );
}

function SymbolBox({ data: { node, isChosen } }: NodeProps<SymbolNode>) {
  const actions = useContext(ActionsContext);
  const { symbol, relation, isOpen, column } = node;
  const name = shortName(symbol);
  return (
    <>
      <Handle type="target" position={Position.Left} isConnectable={false} />
      <button
        type="button"
        className={`nt-node ${column === 0 ? 'nt-node-middle' : ''}`}
        data-symbol={node.id}
        tabIndex={isChosen ? 0 : -1}
        aria-current={isChosen}
        {...(column !== 0 && { 'aria-expanded': isOpen })}
        title={`${symbol.path}:${symbol.startLine}`}
        onClick={() => {
          actions?.choose(node.id);
          actions?.toggle(node.id);
        }}
      >
        <span className="nt-node-name">{name}</span>
        <span className="nt-node-place">
          <span>{relation || symbol.kind}</span>
          <span>{symbol.path.split('/').slice(-2).join('/')}</span>
        </span>
      </button>
      <Handle type="source" position={Position.Right} isConnectable={false} />
    </>
  );
}
