import type { ModelListing } from '@nootropic/contracts';
import { Search } from 'lucide-react';
import { useState, type FormEvent } from 'react';
import { formatBytes, shortNumber } from '../parts/amounts.ts';
import { Button } from '../parts/button.tsx';
import { DataTable } from '../parts/data-table.tsx';
import { Badge } from '../parts/facts.tsx';
import { TextField } from '../parts/field.tsx';
import { ErrorNote, Waiting } from '../parts/notes.tsx';
import { Panel } from '../parts/view.tsx';
import { strings } from '../strings.ts';
import { useUi } from '../ui-context.tsx';
import { useAsked } from '../use-asked.ts';
import type { PlanTarget } from './plan-dialog.tsx';

/** Of the catalogue, while nothing is searched for. */
const someFirst = 8;
/** A file that another program left on this machine. */
const isHere = ({ ref }: ModelListing): boolean => ref.startsWith('file:') || ref.startsWith('/');
/** What `plan` and `pull` take as it is. */
const isReference = (words: string): boolean => /^(?:hf|ollama|file):\S+$/u.test(words);

/** Models of the registries, and files of other programs here. Only what a person searches for is asked of a registry. */
export function SearchPanel({ plan }: { readonly plan: (target: PlanTarget) => void }) {
  const { assistant } = useUi();
  const [words, setWords] = useState('');
  const [query, setQuery] = useState('');
  const [all, setAll] = useState(false);
  const { value, error, loading, again } = useAsked(
    (signal) => assistant.models.search({ query, limit: 100 }, { signal }),
    [query],
  );
  const text = strings.models.search;
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    setQuery(words.trim());
  };
  return (
    <Panel title={text.title}>
      <form className="nt-form" role="search" onSubmit={submit}>
        <div className="nt-line">
          <TextField
            label={text.label}
            quietLabel
            type="search"
            placeholder={text.placeholder}
            value={words}
            onChange={(event) => setWords(event.target.value)}
          />
          <Button type="submit" icon={<Search size={15} aria-hidden />}>
            {text.go}
          </Button>
          {isReference(words.trim()) && (
            <Button
              kind="primary"
              onClick={() =>
                plan({
                  ref: words.trim(),
                  name: words.trim(),
                  can: words.trim().startsWith('file:') ? 'import' : 'pull',
                })
              }
            >
              {text.byReference}
            </Button>
          )}
        </div>
        <p className="nt-faint">{text.hint}</p>
      </form>
      {error && <ErrorNote error={error} again={again} />}
      {loading && <Waiting />}
      {value?.notices.map((notice) => (
        <p key={notice} className="nt-muted">
          {notice}
        </p>
      ))}
      {value && !loading && (
        <DataTable
          label={text.table}
          rows={
            query === '' && !all
              ? value.listings
                  .filter((listing) => isHere(listing))
                  .concat(value.listings.filter((listing) => !isHere(listing)).slice(0, someFirst))
              : value.listings
          }
          rowKey={({ source, ref }) => `${source} ${ref}`}
          empty={query === '' ? null : <p className="nt-muted">{text.nothing}</p>}
          columns={columnsOf(plan)}
        />
      )}
      {value && query === '' && !all && value.listings.length > someFirst && (
        <Button kind="quiet" onClick={() => setAll(true)}>
          {text.all}
        </Button>
      )}
    </Panel>
  );
}

function columnsOf(plan: (target: PlanTarget) => void) {
  const text = strings.models.search;
  return [
    {
      key: 'name',
      title: strings.models.name,
      wide: true,
      sort: ({ name }: ModelListing) => name,
      cell: ({ name, ref, note }: ModelListing) => (
        <span title={ref}>
          <strong>{name}</strong>
          {note !== undefined && <span className="nt-faint"> {note}</span>}
        </span>
      ),
    },
    {
      key: 'source',
      title: strings.models.source,
      sort: ({ source }: ModelListing) => source,
      cell: (listing: ModelListing) => (
        <Badge tone={isHere(listing) ? 'good' : 'plain'}>{text.sources[listing.source] ?? listing.source}</Badge>
      ),
    },
    {
      key: 'size',
      title: strings.models.size,
      number: true,
      sort: (listing: ModelListing) => listing.bytes ?? 0,
      cell: (listing: ModelListing) => (listing.bytes === undefined ? '–' : formatBytes(listing.bytes)),
    },
    {
      key: 'downloads',
      title: text.downloads,
      number: true,
      sort: ({ downloads }: ModelListing) => downloads ?? 0,
      cell: ({ downloads }: ModelListing) => (downloads === undefined ? '–' : shortNumber(downloads)),
    },
    { key: 'license', title: strings.models.license, cell: ({ license }: ModelListing) => license ?? '–' },
    {
      key: 'get',
      title: '',
      cell: (listing: ModelListing) => (
        <Button
          kind="quiet"
          aria-label={`${strings.models.stored.plan}: ${listing.name}`}
          onClick={() => plan({ ref: listing.ref, name: listing.name, can: isHere(listing) ? 'import' : 'pull' })}
        >
          {isHere(listing) ? text.import : strings.models.recommend.get}
        </Button>
      ),
    },
  ];
}
