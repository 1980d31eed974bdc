import { Search } from 'lucide-react';
import { useEffect, useId, useRef, useState, type KeyboardEvent } from 'react';
import { useStore } from 'zustand';
import { createStore } from 'zustand/vanilla';
import { Button } from '../parts/button.tsx';
import { useIsWide } from '../parts/diff-view.tsx';
import { EmptyState, ErrorNote } from '../parts/notes.tsx';
import { strings } from '../strings.ts';
import { useKeptOnPage, useUi, type Place } from '../ui-context.tsx';
import { useAsked } from '../use-asked.ts';
import { FilePanel } from './file-panel.tsx';
import { FilterBar } from './filter-bar.tsx';
import {
  emptySearch,
  questionOf,
  searchModes,
  typeSearch,
  unmetFilters,
  filterText,
  type SearchForm,
} from './search-model.ts';
import { optionId, SearchResults } from './search-results.tsx';
import { useSettled } from './use-settled.ts';

const text = strings.code.search;
/** While somebody types, it is asked when the keys rest so long. */
const restMs = 120;
/** Results that are asked for at most. */
const mostHits = 300;
/** Width in pixels from which a result is shown beside the list. */
const previewFrom = 860;

const examples: readonly Partial<SearchForm>[] = [
  { text: 'where are errors handled' },
  { text: 'parse arguments', filters: [{ name: 'kind', value: 'function', isExcluding: false }] },
  { text: 'TODO', mode: 'exact' },
];

/** Search with results while typing: a field, what narrows it, the places, and the place that is chosen. */
export function SearchPanel({ place }: { readonly place: Place }) {
  const { assistant, workspace, face, go } = useUi();
  const store = useKeptOnPage('code-search', () => createStore<SearchForm>(() => emptySearch));
  const form = useStore(store);
  const [chosen, setChosen] = useState(0);
  const field = useRef<HTMLInputElement>(null);
  const [box, isWide] = useIsWide(previewFrom);
  const list = useId();
  const question = questionOf(useSettled(form, restMs));
  const found = useAsked(
    async (signal) =>
      question === undefined
        ? undefined
        : { question, ...(await assistant.search({ workspace, ...question }, { signal })) },
    [workspace, JSON.stringify(question)],
  );
  const hits = question === undefined ? [] : (found.value?.hits ?? []);
  const hit = hits[chosen];
  const change = (next: SearchForm) => {
    store.setState({ ...next, limit: emptySearch.limit });
    setChosen(0);
  };

  useEffect(() => {
    if (place['q'] !== undefined) change(typeSearch({ ...emptySearch, mode: modeOf(place['mode']) }, place['q']));
  }, [place['q'], place['mode']]);
  useEffect(() => field.current?.focus(), []);

  const open = (at: number, inEditor: boolean) => {
    const target = hits[at];
    if (!target) return;
    if (inEditor && face.openFile) face.openFile({ path: target.path, line: target.startLine });
    else go('code', { path: target.path, line: String(target.startLine), end: String(target.endLine) });
  };
  const walk = (event: KeyboardEvent): boolean => {
    const step = { ArrowDown: 1, ArrowUp: -1, PageDown: 8, PageUp: -8 }[event.key];
    if (step !== undefined && hits.length > 0) {
      event.preventDefault();
      setChosen(Math.min(hits.length - 1, Math.max(0, chosen + step)));
    } else if (event.key === 'Enter' && !event.nativeEvent.isComposing) {
      event.preventDefault();
      open(chosen, event.altKey);
    } else return false;
    return true;
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (walk(event)) return;
    if (event.key === 'Backspace' && form.text === '' && form.filters.length > 0) {
      change({ ...form, filters: form.filters.slice(0, -1) });
    } else if (event.key === 'Escape' && form.text !== '') change({ ...form, text: '' });
  };
  const unmet = unmetFilters(form);

  return (
    <div className="nt-code-search" ref={box}>
      <div className="nt-code-search-head">
        <div className="nt-code-search-field">
          <Search size={16} aria-hidden />
          <FilterBar form={form} onChange={change} />
          <input
            ref={field}
            type="search"
            role="combobox"
            aria-label={text.label}
            aria-expanded={hits.length > 0}
            aria-controls={list}
            aria-autocomplete="list"
            aria-activedescendant={hit ? optionId(list, chosen) : undefined}
            placeholder={
              { plain: text.placeholder, exact: text.placeholderExact, regex: text.placeholderRegex }[form.mode]
            }
            value={form.text}
            spellCheck={false}
            autoComplete="off"
            onChange={(event) => change(typeSearch(form, event.target.value))}
            onKeyDown={onKeyDown}
          />
        </div>
        <fieldset className="nt-code-search-mode">
          <legend className="nt-unseen">{text.mode}</legend>
          {searchModes.map((mode) => (
            <label key={mode} title={text.modeHints[mode]}>
              <input
                type="radio"
                name={`${list}-mode`}
                checked={form.mode === mode}
                onChange={() => change({ ...form, mode })}
              />
              {text.modes[mode]}
            </label>
          ))}
        </fieldset>
        {form.mode === 'plain' && (
          <label className="nt-code-search-explain">
            <input
              type="checkbox"
              checked={form.explain}
              onChange={(event) => change({ ...form, explain: event.target.checked })}
            />
            {text.explain}
          </label>
        )}
      </div>
      <p className="nt-code-search-state nt-faint" role="status">
        {question === undefined
          ? ' '
          : found.loading && found.value?.question.query !== question.query
            ? text.searching
            : text.found(hits.length, hits.length < question.limit)}
        {hits.length > 0 && <span> · {face.openFile ? text.keysEditor : text.keys}</span>}
      </p>
      {unmet.length > 0 && <p className="nt-note">{text.unmet(unmet.map(filterText).join(', '))}</p>}
      {(question === undefined ? [] : (found.value?.notices ?? [])).map((notice) => (
        <p className="nt-note nt-note-warn" key={notice}>
          {notice}
        </p>
      ))}
      {found.error && question !== undefined && <ErrorNote error={found.error} again={found.again} />}
      {question === undefined ? (
        <Beginning onChoose={(example) => change({ ...emptySearch, ...example })} />
      ) : hits.length === 0 ? (
        found.value !== undefined && !found.loading && !found.error && <NothingFound />
      ) : (
        <div className={isWide ? 'nt-panes' : 'nt-panes nt-panes-one'}>
          <div className="nt-pane">
            <SearchResults
              {...{ hits, chosen, form }}
              id={list}
              onChoose={(at) => (isWide ? setChosen(at) : open(at, false))}
              onOpen={(at) => open(at, false)}
              onKeyDown={walk}
            />
            {hits.length >= form.limit && form.limit < mostHits && (
              <Button onClick={() => store.setState({ limit: Math.min(mostHits, form.limit * 3) })}>{text.more}</Button>
            )}
          </div>
          {isWide && (
            <div className="nt-pane">
              {hit && (
                <FilePanel
                  key={hit.path}
                  path={hit.path}
                  lines={{ start: hit.startLine, end: hit.endLine }}
                  search={form}
                  isPreview
                />
              )}
            </div>
          )}
        </div>
      )}
    </div>
  );
}

function modeOf(name: string | undefined): SearchForm['mode'] {
  return searchModes.find((mode) => mode === name) ?? 'plain';
}

function Beginning({ onChoose }: { readonly onChoose: (example: Partial<SearchForm>) => void }) {
  return (
    <EmptyState icon={<Search size={28} aria-hidden />} title={text.begin}>
      <p>{text.beginAbout}</p>
      <p className="nt-actions">
        {text.examples}
        {examples.map((example) => (
          <Button key={example.text} onClick={() => onChoose(example)}>
            {[example.text, ...(example.filters ?? []).map(filterText)].join(' ')}
          </Button>
        ))}
      </p>
    </EmptyState>
  );
}

function NothingFound() {
  const { go } = useUi();
  return (
    <EmptyState title={text.none}>
      <p>{text.noneHints}</p>
      <Button onClick={() => go('code', { tab: 'index' })}>{text.toIndex}</Button>
    </EmptyState>
  );
}
