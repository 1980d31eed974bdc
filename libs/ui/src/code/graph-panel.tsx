import type { SymbolInfo } from '@nootropic/contracts';
import { List, Waypoints } from 'lucide-react';
import { lazy, Suspense, useEffect, useMemo, useRef, useState } from 'react';
import { Button } from '../parts/button.tsx';
import { useIsWide } from '../parts/diff-view.tsx';
import { EmptyState, ErrorNote, Waiting } from '../parts/notes.tsx';
import { strings } from '../strings.ts';
import { useUi, type Place } from '../ui-context.tsx';
import { useAsked } from '../use-asked.ts';
import { GraphList } from './graph-list.tsx';
import { beginWalk, closeNode, openNode, sideOf, symbolPlace, type Walk, type GraphAnswer } from './graph-model.ts';
import { SymbolDetails } from './symbol-details.tsx';

const text = strings.code.graph;
const twoPanesFrom = 860;
const mostNodes = 60;

const GraphPicture = lazy(async () => ({ default: (await import('./graph-picture.tsx')).GraphPicture }));

/** What can be done with the nodes of a walk, in the picture and in the list. */
export interface WalkActions {
  readonly choose: (id: string) => void;
  /** Shows what lies behind a node, or folds it. */
  readonly toggle: (id: string) => void;
  /** Begins anew with this symbol in the middle. */
  readonly centre: (symbol: SymbolInfo) => void;
  readonly open: (symbol: SymbolInfo) => void;
}

/** The graph of calls around a symbol, to be walked: as a picture or as a list, with what is known of the symbol that is chosen. */
export function GraphPanel({ place }: { readonly place: Place }) {
  const { go } = useUi();
  const wanted = place['symbol'];
  const [typed, setTyped] = useState(wanted ?? '');
  useEffect(() => setTyped(wanted ?? ''), [wanted]);
  return (
    <div className="nt-graph">
      <form
        className="nt-graph-form"
        role="search"
        onSubmit={(event) => {
          event.preventDefault();
          if (typed.trim() !== '') go('code', { symbol: typed.trim() });
        }}
      >
        <input
          className="nt-input nt-code-input"
          type="search"
          aria-label={text.label}
          placeholder={text.placeholder}
          value={typed}
          spellCheck={false}
          autoComplete="off"
          onChange={(event) => setTyped(event.target.value)}
        />
        <Button kind="primary" type="submit" disabled={typed.trim() === ''}>
          {text.show}
        </Button>
      </form>
      {wanted === undefined ? <Beginning /> : <Around key={wanted} symbol={wanted} />}
    </div>
  );
}

/** Before a symbol is named: those that most of the code leans on. */
function Beginning() {
  const { assistant, workspace, go } = useUi();
  const map = useAsked((signal) => assistant.map({ workspace, tokens: 1024 }, { signal }), [workspace]);
  const symbols = (map.value?.files ?? []).flatMap((file) => file.symbols).filter(({ kind }) => isWalked.has(kind));
  return (
    <EmptyState icon={<Waypoints size={28} aria-hidden />} title={text.begin}>
      <p>{text.beginAbout}</p>
      <p className="nt-actions nt-centred">
        {symbols.slice(0, 8).map((symbol) => (
          <Button key={symbolPlace(symbol)} onClick={() => go('code', { symbol: symbolPlace(symbol) })}>
            <code>{symbol.name}</code>
          </Button>
        ))}
      </p>
    </EmptyState>
  );
}

const isWalked = new Set<SymbolInfo['kind']>(['function', 'method', 'class', 'interface']);

function Around({ symbol }: { readonly symbol: string }) {
  const { assistant, workspace } = useUi();
  const asked = useAsked(
    async (signal) => {
      const question = { workspace, symbol, depth: 1, limit: mostNodes };
      const [callers, callees] = await Promise.all([
        assistant.graph({ ...question, ask: 'callers' }, { signal }),
        assistant.graph({ ...question, ask: 'callees' }, { signal }),
      ]);
      return { callers, callees };
    },
    [workspace, symbol],
  );
  if (asked.error) return <ErrorNote error={asked.error} again={asked.again} />;
  if (!asked.value) return <Waiting />;
  const { callers, callees } = asked.value;
  const [middle] = callers.symbols;
  if (callers.unclear !== undefined || !middle) return <Unclear name={symbol} answer={callers} />;
  return <Walked key={symbolPlace(middle)} middle={middle} answers={asked.value} others={callees.symbols.slice(1)} />;
}

function Unclear({ name, answer }: { readonly name: string; readonly answer: GraphAnswer }) {
  const { go } = useUi();
  return (
    <EmptyState title={text.unclear(name)}>
      {answer.symbols.length === 0 && <p>{text.unclearAbout}</p>}
      {answer.symbols.length > 0 && (
        <>
          <p>{text.several}</p>
          <ul className="nt-places">
            {answer.symbols.map((symbol) => (
              <li key={symbolPlace(symbol)}>
                <button type="button" onClick={() => go('code', { symbol: symbolPlace(symbol) })}>
                  <code>{symbol.name}</code> <span className="nt-muted">{symbolPlace(symbol)}</span>
                </button>
              </li>
            ))}
          </ul>
        </>
      )}
      {answer.near !== undefined && answer.near.length > 0 && (
        <p className="nt-actions nt-centred">
          {text.near}
          {answer.near.slice(0, 8).map((near) => (
            <Button key={near} onClick={() => go('code', { symbol: near })}>
              <code>{near}</code>
            </Button>
          ))}
        </p>
      )}
    </EmptyState>
  );
}

interface WalkedProps {
  readonly middle: SymbolInfo;
  readonly answers: { readonly callers: GraphAnswer; readonly callees: GraphAnswer };
  /** Other symbols of the same name, whose edges are shown with it. */
  readonly others: readonly SymbolInfo[];
}

function Walked({ middle, answers, others }: WalkedProps) {
  const { assistant, workspace, go, openFile, say } = useUi();
  const [walk, setWalk] = useState<Walk>(() => {
    const begun = beginWalk(middle);
    const withCallers = openNode(begun, begun.chosen, { side: 'callers', answer: answers.callers });
    return openNode(withCallers, begun.chosen, { side: 'callees', answer: answers.callees });
  });
  const [box, isWide] = useIsWide(twoPanesFrom);
  const [asList, setAsList] = useState<boolean>();
  const isList = asList ?? !isWide;
  const latest = useRef(walk);
  latest.current = walk;
  const actions = useMemo<WalkActions>(
    () => ({
      choose: (chosen) => setWalk((before) => ({ ...before, chosen })),
      toggle: (id) => {
        const node = latest.current.nodes.find((each) => each.id === id);
        if (!node || node.column === 0) return;
        if (node.isOpen) {
          setWalk((before) => closeNode(before, id));
          return;
        }
        const side = sideOf(node);
        const question = { workspace, ask: side, symbol: symbolPlace(node.symbol), depth: 1, limit: mostNodes };
        assistant.graph(question).then(
          (answer) => setWalk((before) => openNode(before, id, { side, answer })),
          (cause: Error) => say(cause),
        );
      },
      centre: (symbol) => go('code', { symbol: symbolPlace(symbol) }),
      open: (symbol) => openFile(symbol.path, symbol.name === '' ? undefined : symbol.startLine),
    }),
    [assistant, workspace, go, openFile, say],
  );
  const chosen = walk.nodes.find(({ id }) => id === walk.chosen) ?? walk.nodes[0];
  return (
    <div className={isWide ? 'nt-panes nt-panes-graph' : 'nt-panes nt-panes-one'} ref={box}>
      <div className="nt-pane nt-pane-filled">
        <div className="nt-graph-bar">
          <span className="nt-faint">
            {walk.nodes.length === 1 ? `${text.nothingCalls} ${text.callsNothing}` : isList ? '' : text.keys}
          </span>
          <Button
            kind="quiet"
            icon={isList ? <Waypoints size={15} aria-hidden /> : <List size={15} aria-hidden />}
            onClick={() => setAsList(!isList)}
          >
            {isList ? text.asPicture : text.asList}
          </Button>
        </div>
        {isList ? (
          <GraphList walk={walk} actions={actions} />
        ) : (
          <Suspense fallback={<Waiting />}>
            <GraphPicture walk={walk} actions={actions} />
          </Suspense>
        )}
      </div>
      <div className="nt-pane">
        {chosen && (
          <SymbolDetails key={chosen.id} node={chosen} others={chosen.column === 0 ? others : []} actions={actions} />
        )}
      </div>
    </div>
  );
}
