import { NootropicError, type Source, type SourceEvent } from '@nootropic/contracts';
import { LibraryBig, Plus, RefreshCw, Trash2 } from 'lucide-react';
import { useState } from 'react';
import { formatAgo, formatBytes, formatNumber, shortNumber } from '../parts/amounts.ts';
import { useAskFirst } from '../parts/ask-first.tsx';
import { Progress } from '../parts/bars.tsx';
import { Button, IconButton } from '../parts/button.tsx';
import { DataTable } from '../parts/data-table.tsx';
import { Badge } from '../parts/facts.tsx';
import { EmptyState, ErrorNote, Waiting } from '../parts/notes.tsx';
import { Panel } from '../parts/view.tsx';
import { strings } from '../strings.ts';
import { useUi } from '../ui-context.tsx';
import { useAsked } from '../use-asked.ts';
import { AddSource, type NewSource } from './add-source.tsx';
import { SourceSearch } from './source-search.tsx';

const tones = { fresh: 'good', stale: 'warn', gone: 'bad' } as const;

interface Reading {
  readonly source: string;
  readonly done: number;
  readonly total: number;
}

/** Sources of the folder beside its own files. */
export function SourcesPanel() {
  const { assistant, workspace, say } = useUi();
  const { value, error, again } = useAsked((signal) => assistant.sources.list({ workspace }, { signal }), [workspace]);
  const [adding, setAdding] = useState(false);
  const [reading, setReading] = useState<Reading>();
  const [failed, setFailed] = useState<NootropicError>();
  const { ask, question } = useAskFirst();
  const text = strings.host.memory.sources;

  const follow = async (begin: () => Promise<AsyncIterable<SourceEvent>>, name: string): Promise<void> => {
    setFailed(undefined);
    setReading({ source: name, done: 0, total: 0 });
    try {
      for await (const event of await begin()) {
        if (event.type === 'progress') setReading(event);
        else {
          const skipped = event.skipped.length > 0 ? ` ${text.skipped(event.skipped.length)}` : '';
          say(`${text.wasRead(event.source.name, event)}${skipped}`);
        }
      }
    } catch (cause) {
      setFailed(NootropicError.from(cause));
    } finally {
      setReading(undefined);
      again();
    }
  };
  const add = (source: NewSource): void => {
    setAdding(false);
    void follow(() => assistant.sources.add({ workspace, ...source }), source.name ?? text.kinds[source.kind]);
  };
  const refresh = (names?: string[]): void =>
    void follow(
      () => assistant.sources.refresh({ workspace, ...(names && { names }) }),
      names?.join(', ') ?? text.title,
    );
  const remove = async ({ name }: Source): Promise<void> => {
    try {
      await assistant.sources.remove({ workspace, name });
      say(text.removed(name));
      again();
    } catch (cause) {
      say(cause as Error);
    }
  };
  return (
    <>
      <Panel
        title={text.title}
        actions={
          <>
            {value && value.length > 0 && (
              <Button
                disabled={reading !== undefined}
                icon={<RefreshCw size={15} aria-hidden />}
                onClick={() => refresh()}
              >
                {text.refreshAll}
              </Button>
            )}
            <Button
              kind="primary"
              disabled={reading !== undefined}
              icon={<Plus size={15} aria-hidden />}
              onClick={() => setAdding(true)}
            >
              {text.add}
            </Button>
          </>
        }
      >
        <p className="nt-muted">{text.about}</p>
        {reading && (
          <Progress
            label={text.adding(reading.source)}
            done={reading.done}
            total={reading.total}
            note={`${text.adding(reading.source)} ${reading.total > 0 ? `${formatNumber(reading.done)} / ${formatNumber(reading.total)}` : ''}`}
          />
        )}
        {failed && <ErrorNote error={failed} />}
        {error && <ErrorNote error={error} again={again} />}
        {!value && !error && <Waiting />}
        {value && (
          <DataTable<Source>
            label={text.table}
            rows={value}
            rowKey={({ name }) => name}
            empty={
              <EmptyState icon={<LibraryBig size={32} aria-hidden />} title={text.nothing}>
                <p>{text.nothingText}</p>
              </EmptyState>
            }
            columns={[
              {
                key: 'name',
                title: text.name,
                sort: ({ name }) => name,
                cell: ({ name, place }) => <strong title={place}>{name}</strong>,
              },
              { key: 'kind', title: text.kind, sort: ({ kind }) => kind, cell: ({ kind }) => text.kinds[kind] },
              {
                key: 'state',
                title: text.state,
                cell: ({ state, detail }) => (
                  <span title={detail}>
                    <Badge tone={tones[state]}>{text.states[state]}</Badge>
                  </span>
                ),
              },
              {
                key: 'entries',
                title: text.entries,
                number: true,
                sort: ({ entries }) => entries,
                cell: ({ entries }) => formatNumber(entries),
              },
              {
                key: 'size',
                title: text.size,
                number: true,
                sort: (row) => row.bytes,
                cell: (row) => formatBytes(row.bytes),
              },
              {
                key: 'tokens',
                title: text.tokens,
                number: true,
                sort: (row) => row.tokens,
                cell: (row) => shortNumber(row.tokens),
              },
              {
                key: 'read',
                title: text.refreshed,
                sort: (row) => row.refreshedAt,
                cell: (row) => formatAgo(row.refreshedAt, Date.now()),
              },
              {
                key: 'acts',
                title: '',
                cell: (source) => (
                  <span className="nt-actions">
                    <IconButton
                      label={text.refreshName(source.name)}
                      disabled={reading !== undefined}
                      icon={<RefreshCw size={15} aria-hidden />}
                      onClick={() => refresh([source.name])}
                    />
                    <IconButton
                      label={text.removeName(source.name)}
                      icon={<Trash2 size={15} aria-hidden />}
                      onClick={() =>
                        ask({
                          title: text.removeTitle(source.name),
                          text: text.removeText,
                          yes: text.remove,
                          run: () => void remove(source),
                        })
                      }
                    />
                  </span>
                ),
              },
            ]}
          />
        )}
      </Panel>
      {value && value.length > 0 && <SourceSearch />}
      {adding && <AddSource onClose={() => setAdding(false)} add={add} />}
      {question}
    </>
  );
}
