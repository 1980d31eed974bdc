import type { SearchHit } from '@nootropic/contracts';
import { useEffect, useMemo, useRef, type KeyboardEvent } from 'react';
import { CodeText } from '../parts/code-text.tsx';
import { Highlighted } from '../parts/highlighted.tsx';
import { languageOf } from '../parts/language-of.ts';
import { strings } from '../strings.ts';
import { groupHits, matchesIn, previewOf, type SearchForm } from './search-model.ts';

const text = strings.code.search;

interface ResultsProps {
  readonly hits: readonly SearchHit[];
  readonly chosen: number;
  readonly form: SearchForm;
  readonly id: string;
  readonly onChoose: (at: number) => void;
  readonly onOpen: (at: number) => void;
  readonly onKeyDown: (event: KeyboardEvent) => void;
}

export function optionId(list: string, at: number): string {
  return `${list}-${at}`;
}

/** The places that were found, under their files. The field above has the keyboard, or the list itself; the mouse chooses, and opens with two clicks. */
export function SearchResults({ hits, chosen, form, id, onChoose, onOpen, onKeyDown }: ResultsProps) {
  const groups = useMemo(() => groupHits(hits), [hits]);
  const list = useRef<HTMLDivElement>(null);
  useEffect(() => {
    list.current?.querySelector('[aria-selected="true"]')?.scrollIntoView({ block: 'nearest' });
  }, [chosen, hits]);
  return (
    <div
      role="listbox"
      id={id}
      aria-label={text.results}
      className="nt-matches"
      ref={list}
      tabIndex={0}
      aria-activedescendant={optionId(id, chosen)}
      onKeyDown={onKeyDown}
    >
      {groups.map(({ path, hits: own }) => {
        const slash = path.lastIndexOf('/') + 1;
        return (
          <div role="group" aria-label={path} key={`${path}-${own[0]?.index ?? 0}`} className="nt-match-group">
            <div className="nt-match-path" aria-hidden>
              <strong>{path.slice(slash)}</strong> <span className="nt-muted">{path.slice(0, slash)}</span>
            </div>
            {own.map(({ hit, index }) => (
              <div
                role="option"
                id={optionId(id, index)}
                key={index}
                aria-selected={index === chosen}
                className="nt-match"
                onClick={() => onChoose(index)}
                onDoubleClick={() => onOpen(index)}
              >
                <Hit hit={hit} form={form} />
              </div>
            ))}
          </div>
        );
      })}
    </div>
  );
}

function Hit({ hit, form }: { readonly hit: SearchHit; readonly form: SearchForm }) {
  const preview = previewOf(hit, form);
  const isLine = hit.startLine === hit.endLine && form.mode !== 'plain';
  return (
    <div className={isLine ? 'nt-match-one' : undefined}>
      <div className="nt-match-head">
        <span className="nt-match-line">
          {hit.startLine === hit.endLine ? hit.startLine : `${hit.startLine}–${hit.endLine}`}
        </span>
        {hit.symbol && !isLine && <code>{hit.symbol}</code>}
        {form.explain && <span className="nt-match-score">{text.score(hit.score)}</span>}
      </div>
      <div className="nt-match-code">
        <Highlighted text={preview.text} language={languageOf(hit.path)}>
          {(lines) =>
            lines.map((line, at) => (
              <div className="nt-code-line" key={at}>
                <span className="nt-code-line-text">
                  <CodeText line={line} marks={matchesIn(line.map((token) => token.text).join(''), form)} />
                </span>
              </div>
            ))
          }
        </Highlighted>
      </div>
      {form.explain && hit.signals && <Signals signals={hit.signals} score={hit.score} />}
    </div>
  );
}

/** What stands behind a place: each part of its score as a bar. */
function Signals({ signals, score }: { readonly signals: NonNullable<SearchHit['signals']>; readonly score: number }) {
  const most = Math.max(score, ...signals.map(({ part }) => Math.abs(part)));
  return (
    <table className="nt-signals" aria-label={text.signals}>
      <tbody>
        {signals
          .filter(({ part }) => Math.abs(part) > 0.0005)
          .map(({ signal, part }) => (
            <tr key={signal}>
              <th scope="row">{signal}</th>
              <td aria-hidden>
                <span
                  className={part < 0 ? 'nt-signal-less' : undefined}
                  style={{ width: `${(Math.abs(part) / most) * 100}%` }}
                />
              </td>
              <td>{`${part < 0 ? '−' : '+'}${Math.abs(part).toFixed(2)}`}</td>
            </tr>
          ))}
      </tbody>
    </table>
  );
}
