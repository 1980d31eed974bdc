import type { SymbolInfo } from '@nootropic/contracts';
import { useState, type ReactNode } from 'react';
import { Button } from '../parts/button.tsx';
import { CodeBlock } from '../parts/code-block.tsx';
import { Badge } from '../parts/facts.tsx';
import { ErrorNote, Waiting } from '../parts/notes.tsx';
import { strings } from '../strings.ts';
import { useUi } from '../ui-context.tsx';
import { useAsked } from '../use-asked.ts';
import { languageOf } from '../parts/language-of.ts';
import { shortName, symbolPlace, type WalkNode, type GraphAnswer } from './graph-model.ts';
import type { WalkActions } from './graph-panel.tsx';

const text = strings.code.graph;

interface DetailsProps {
  readonly node: WalkNode;
  readonly others: readonly SymbolInfo[];
  readonly actions: WalkActions;
}

/** What is known of one symbol: how it is declared, what is said of it, and, when asked, what a change of it touches. */
export function SymbolDetails({ node, others, actions }: DetailsProps) {
  const { symbol, relation, strength, at } = node;
  const { openFile } = useUi();
  const language = languageOf(symbol.path);
  return (
    <section className="nt-symbol" aria-label={text.details}>
      <h2>
        <code>{shortName(symbol)}</code> <Badge>{symbol.kind}</Badge>
      </h2>
      <PlaceButton path={symbol.path} line={symbol.name === '' ? undefined : symbol.startLine} />
      {symbol.signature && <CodeBlock text={symbol.signature} language={language} />}
      {symbol.doc && <p>{symbol.doc}</p>}
      {relation && (
        <p className="nt-muted">
          {relation}
          {at && (
            <>
              {' · '}
              <button type="button" className="nt-place" onClick={() => openFile(at.path, at.line)}>
                {at.path}:{at.line}
              </button>
            </>
          )}
          {strength === 'name' && <> · {text.byName}</>}
        </p>
      )}
      {node.isMore === true && <p className="nt-muted">{text.more}</p>}
      {others.length > 0 && (
        <>
          <p className="nt-muted">{text.several}</p>
          <Symbols symbols={others} />
        </>
      )}
      <p className="nt-actions">
        <Button onClick={() => actions.open(symbol)}>{strings.code.file.open}</Button>
        {node.column !== 0 && <Button onClick={() => actions.centre(symbol)}>{text.centre}</Button>}
      </p>
      <Later title={text.sections.impact}>
        <Reached symbol={symbol} ask="impact" />
      </Later>
      <Later title={text.sections.tests}>
        <Reached symbol={symbol} ask="tests" />
      </Later>
      <Later title={text.sections.path}>
        <WayTo symbol={symbol} />
      </Later>
    </section>
  );
}

/** A part whose content is asked for when it is opened. */
function Later({ title, children }: { readonly title: string; readonly children: ReactNode }) {
  const [isOpen, setOpen] = useState(false);
  return (
    <details className="nt-later" onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>{title}</summary>
      {isOpen && children}
    </details>
  );
}

export function PlaceButton({ path, line }: { readonly path: string; readonly line: number | undefined }) {
  const { openFile } = useUi();
  return (
    <button type="button" className="nt-place" onClick={() => openFile(path, line)}>
      {path}
      {line !== undefined && `:${line}`}
    </button>
  );
}

function Symbols({ symbols }: { readonly symbols: readonly SymbolInfo[] }) {
  const { go } = useUi();
  return (
    <ul className="nt-places">
      {symbols.map((symbol) => (
        <li key={symbolPlace(symbol)}>
          <button type="button" className="nt-place" onClick={() => go('code', { symbol: symbolPlace(symbol) })}>
            <code>{shortName(symbol)}</code> <span className="nt-muted">{symbolPlace(symbol)}</span>
          </button>
        </li>
      ))}
    </ul>
  );
}

function Reached({ symbol, ask }: { readonly symbol: SymbolInfo; readonly ask: 'impact' | 'tests' }) {
  const { assistant, workspace } = useUi();
  const place = symbolPlace(symbol);
  const asked = useAsked(
    (signal) => assistant.graph({ workspace, ask, symbol: place, limit: 100 }, { signal }),
    [workspace, place, ask],
  );
  if (asked.error) return <ErrorNote error={asked.error} again={asked.again} />;
  return asked.value ? <Nodes answer={asked.value} /> : <Waiting />;
}

function Nodes({ answer }: { readonly answer: GraphAnswer }) {
  const { nodes, history, truncated } = answer;
  return (
    <>
      {nodes.length === 0 && <p className="nt-muted">{text.none}</p>}
      <ul className="nt-places">
        {nodes.map(({ symbol, depth, relation, at }) => (
          <li key={`${symbolPlace(symbol)} ${relation}`}>
            <code>{shortName(symbol)}</code>{' '}
            <span className="nt-muted">
              {relation}
              {depth > 0 && ` ${text.steps(depth)}`}
            </span>{' '}
            <PlaceButton
              path={at?.path ?? symbol.path}
              line={at?.line ?? (symbol.name === '' ? undefined : symbol.startLine)}
            />
          </li>
        ))}
      </ul>
      {truncated && <p className="nt-muted">{text.truncated}</p>}
      {history?.lastChange && (
        <p className="nt-muted">{text.lastChange(history.lastChange.author, history.lastChange.message)}</p>
      )}
      {history !== undefined && history.changesWith.length > 0 && (
        <>
          <p className="nt-muted">{text.changesWith}</p>
          <ul className="nt-places">
            {history.changesWith.map(({ path, share }) => (
              <li key={path}>
                <PlaceButton path={path} line={undefined} /> <span className="nt-muted">{text.share(share)}</span>
              </li>
            ))}
          </ul>
        </>
      )}
    </>
  );
}

function WayTo({ symbol }: { readonly symbol: SymbolInfo }) {
  const { assistant, workspace } = useUi();
  const [typed, setTyped] = useState('');
  const [to, setTo] = useState<string>();
  const place = symbolPlace(symbol);
  const asked = useAsked(
    async (signal) =>
      to === undefined ? undefined : assistant.graph({ workspace, ask: 'path', symbol: place, to }, { signal }),
    [workspace, place, to],
  );
  const answer = asked.value;
  return (
    <>
      <form
        className="nt-graph-form"
        onSubmit={(event) => {
          event.preventDefault();
          if (typed.trim() !== '') setTo(typed.trim());
        }}
      >
        <input
          className="nt-input nt-code-input"
          aria-label={text.to}
          placeholder={text.toPlaceholder}
          value={typed}
          onChange={(event) => setTyped(event.target.value)}
        />
        <Button type="submit">{text.way}</Button>
      </form>
      {asked.error && <ErrorNote error={asked.error} again={asked.again} />}
      {to !== undefined && answer?.unclear !== undefined && <p className="nt-muted">{text.unclear(answer.unclear)}</p>}
      {to !== undefined && answer && answer.unclear === undefined && answer.nodes.length === 0 && (
        <p className="nt-muted">{text.noWay(to)}</p>
      )}
      {answer && answer.nodes.length > 0 && <Nodes answer={answer} />}
    </>
  );
}
