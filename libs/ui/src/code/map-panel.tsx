import { Map as MapIcon, X } from 'lucide-react';
import { useEffect, useState } from 'react';
import { useStore } from 'zustand';
import { createStore } from 'zustand/vanilla';
import { Button } from '../parts/button.tsx';
import { CodeBlock } from '../parts/code-block.tsx';
import { EmptyState, ErrorNote, Waiting } from '../parts/notes.tsx';
import { strings } from '../strings.ts';
import { useKeptOnPage, useUi, type Place } from '../ui-context.tsx';
import { useAsked } from '../use-asked.ts';
import { symbolPlace } from './graph-model.ts';
import { PlaceButton } from './symbol-details.tsx';
import { useSettled } from './use-settled.ts';

const text = strings.code.map;
const sizes = [256, 512, 1024, 2048, 4096, 8192];

interface MapForm {
  readonly size: number;
  readonly focus: readonly string[];
}

/** The files and symbols that matter most, as many as fit into a number of tokens, near to what it is to be about. */
export function MapPanel({ place }: { readonly place: Place }) {
  const { assistant, workspace, go } = useUi();
  const store = useKeptOnPage('code-map', () => createStore<MapForm>(() => ({ size: 2, focus: [] })));
  const { size, focus } = useStore(store);
  const [typed, setTyped] = useState('');
  const wanted = place['focus'];
  useEffect(() => {
    if (wanted !== undefined) store.setState({ focus: [wanted] });
  }, [wanted, store]);
  const tokens = useSettled(sizes[size] ?? 1024, 150);
  const map = useAsked(
    (signal) => assistant.map({ workspace, tokens, ...(focus.length > 0 && { focus: [...focus] }) }, { signal }),
    [workspace, tokens, focus.join('\n')],
  );
  const { value } = map;
  const most = Math.max(...(value?.files ?? []).map(({ rank }) => rank), 0);
  return (
    <div className="nt-map">
      <p className="nt-muted">{text.about}</p>
      <form
        className="nt-map-form"
        onSubmit={(event) => {
          event.preventDefault();
          const name = typed.trim();
          if (name !== '' && !focus.includes(name)) store.setState({ focus: [...focus, name] });
          setTyped('');
        }}
      >
        <label className="nt-map-size">
          <span>
            {text.tokens}: {text.tokenCount(sizes[size] ?? 1024)}
          </span>
          <input
            type="range"
            min={0}
            max={sizes.length - 1}
            value={size}
            aria-valuetext={text.tokenCount(sizes[size] ?? 1024)}
            onChange={(event) => store.setState({ size: Number(event.target.value) })}
          />
        </label>
        <div className="nt-code-search-field">
          {focus.map((name) => (
            <button
              type="button"
              className="nt-filter-chip"
              key={name}
              aria-label={text.removeFocus(name)}
              onClick={() => store.setState({ focus: focus.filter((each) => each !== name) })}
            >
              {name} <X size={12} aria-hidden />
            </button>
          ))}
          <input
            aria-label={text.focus}
            placeholder={text.focusPlaceholder}
            value={typed}
            spellCheck={false}
            autoComplete="off"
            onChange={(event) => setTyped(event.target.value)}
          />
        </div>
      </form>
      {map.error && <ErrorNote error={map.error} again={map.again} />}
      {!value && map.loading && <Waiting />}
      {value?.unknownFocus !== undefined && value.unknownFocus.length > 0 && (
        <p className="nt-note nt-note-warn">{text.unknown(value.unknownFocus.join(', '))}</p>
      )}
      {value && value.files.length === 0 && (
        <EmptyState icon={<MapIcon size={28} aria-hidden />} title={text.empty}>
          <p>{text.emptyAbout}</p>
          <Button onClick={() => go('code', { tab: 'index' })}>{strings.code.search.toIndex}</Button>
        </EmptyState>
      )}
      {value && value.files.length > 0 && (
        <>
          <p className="nt-faint" role="status">
            {text.tokenCount(value.tokens)}. {value.filesLeftOut > 0 && text.leftOut(value.filesLeftOut)}
          </p>
          <ol className="nt-map-files" aria-label={text.outline}>
            {value.files.map(({ path, rank, symbols }) => (
              <li key={path}>
                <div className="nt-map-file">
                  <PlaceButton path={path} line={undefined} />
                  <meter min={0} max={most} value={rank} aria-label={text.rank(rank)} title={text.rank(rank)} />
                </div>
                <ul>
                  {symbols.map((symbol) => (
                    <li key={symbolPlace(symbol)}>
                      <button
                        type="button"
                        className="nt-place"
                        title={symbolPlace(symbol)}
                        onClick={() => go('code', { symbol: symbolPlace(symbol) })}
                      >
                        <code>{symbol.signature || symbol.name}</code>
                      </button>
                    </li>
                  ))}
                </ul>
              </li>
            ))}
          </ol>
          <details className="nt-later">
            <summary>{text.text}</summary>
            <CodeBlock text={value.text} />
          </details>
        </>
      )}
    </div>
  );
}
