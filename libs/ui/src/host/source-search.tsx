import { Search } from 'lucide-react';
import { useState, type FormEvent } from 'react';
import { Button } from '../parts/button.tsx';
import { TextField } from '../parts/field.tsx';
import { ErrorNote, Waiting } from '../parts/notes.tsx';
import { Panel } from '../parts/view.tsx';
import { strings } from '../strings.ts';
import { useUi } from '../ui-context.tsx';
import { useAsked } from '../use-asked.ts';

/** Passages of the sources. */
export function SourceSearch() {
  const { assistant, workspace } = useUi();
  const [words, setWords] = useState('');
  const [query, setQuery] = useState('');
  const { value, error, loading } = useAsked(
    async (signal) =>
      query === '' ? undefined : assistant.sources.search({ workspace, query, limit: 20 }, { signal }),
    [workspace, query],
  );
  const text = strings.host.memory.sources;
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    setQuery(words.trim());
  };
  return (
    <Panel title={text.search}>
      <form role="search" className="nt-line" onSubmit={submit}>
        <TextField
          label={text.search}
          quietLabel
          type="search"
          placeholder={text.search}
          value={words}
          onChange={(event) => setWords(event.target.value)}
        />
        <Button type="submit" icon={<Search size={15} aria-hidden />}>
          {text.search}
        </Button>
      </form>
      {error && <ErrorNote error={error} />}
      {loading && query !== '' && <Waiting />}
      {value?.length === 0 && <p className="nt-muted">{text.noHits}</p>}
      <ul className="nt-lessons" aria-label={text.hits}>
        {value?.map((hit) => (
          <li key={`${hit.path} ${hit.startLine}`} className="nt-passage">
            <p className="nt-faint">
              {hit.path}:{hit.startLine}
            </p>
            <pre className="nt-pre" tabIndex={0}>
              {hit.snippet}
            </pre>
          </li>
        ))}
      </ul>
    </Panel>
  );
}
