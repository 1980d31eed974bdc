import type { Assistant } from '@nootropic/contracts';
import { ScrollText, Trash2 } from 'lucide-react';
import { useState } from 'react';
import { formatAgo, formatBytes, formatNumber, shortNumber } from '../parts/amounts.ts';
import { useAskFirst } from '../parts/ask-first.tsx';
import { IconButton } from '../parts/button.tsx';
import { DataTable } from '../parts/data-table.tsx';
import { Dialog } from '../parts/dialog.tsx';
import { Badge } from '../parts/facts.tsx';
import { EmptyState, ErrorNote, Waiting } from '../parts/notes.tsx';
import { Panel } from '../parts/view.tsx';
import { strings } from '../strings.ts';
import { useUi } from '../ui-context.tsx';
import { useAsked } from '../use-asked.ts';

type Entry = Awaited<ReturnType<Assistant['contexts']['list']>>[number];

/** Lines of a long text that are shown; all of it may be a gigabyte. */
const shownLines = 500;

/** Texts that were too long for one prompt. */
export function ContextsPanel() {
  const { assistant, say } = useUi();
  const { value, error, again } = useAsked((signal) => assistant.contexts.list(undefined, { signal }), []);
  const [open, setOpen] = useState<Entry>();
  const { ask, question } = useAskFirst();
  const text = strings.host.memory.contexts;
  const remove = async ({ id, title }: Entry): Promise<void> => {
    try {
      await assistant.contexts.remove({ id });
      say(text.removed(title));
      again();
    } catch (cause) {
      say(cause as Error);
    }
  };
  return (
    <Panel title={text.title}>
      <p className="nt-muted">{text.about}</p>
      {error && <ErrorNote error={error} again={again} />}
      {!value && !error && <Waiting />}
      {value && (
        <DataTable<Entry>
          label={text.table}
          rows={value}
          rowKey={({ id }) => id}
          empty={
            <EmptyState icon={<ScrollText size={32} aria-hidden />} title={text.nothing}>
              <p>{text.nothingText}</p>
            </EmptyState>
          }
          columns={[
            {
              key: 'title',
              title: text.name,
              wide: true,
              sort: ({ title }) => title,
              cell: (entry) => (
                <>
                  <button
                    type="button"
                    className="nt-row-link"
                    aria-label={text.show(entry.title)}
                    onClick={() => setOpen(entry)}
                  >
                    {entry.title}
                  </button>{' '}
                  {entry.name !== undefined && <Badge tone="accent">{entry.name}</Badge>}
                </>
              ),
            },
            { key: 'kind', title: text.kind, sort: ({ kind }) => kind, cell: ({ kind }) => kind },
            {
              key: 'lines',
              title: text.lines,
              number: true,
              sort: ({ lines }) => lines,
              cell: ({ lines }) => formatNumber(lines),
            },
            {
              key: 'tokens',
              title: text.tokens,
              number: true,
              sort: ({ tokens }) => tokens,
              cell: ({ tokens }) => shortNumber(tokens),
            },
            {
              key: 'size',
              title: text.size,
              number: true,
              sort: (row) => row.storedBytes,
              cell: (row) => formatBytes(row.storedBytes),
            },
            {
              key: 'created',
              title: text.created,
              sort: (row) => row.createdAt,
              cell: (row) => formatAgo(row.createdAt, Date.now()),
            },
            {
              key: 'remove',
              title: '',
              cell: (entry) => (
                <IconButton
                  label={text.removeName(entry.title)}
                  icon={<Trash2 size={15} aria-hidden />}
                  onClick={() =>
                    ask({
                      title: text.removeTitle(entry.title),
                      text: text.removeText,
                      yes: text.remove,
                      run: () => void remove(entry),
                    })
                  }
                />
              ),
            },
          ]}
        />
      )}
      {open && <Reader entry={open} onClose={() => setOpen(undefined)} />}
      {question}
    </Panel>
  );
}

function Reader({ entry, onClose }: { readonly entry: Entry; readonly onClose: () => void }) {
  const { assistant } = useUi();
  const text = strings.host.memory.contexts;
  const { value, error, again } = useAsked(
    async (signal) => {
      let read = '';
      for await (const piece of await assistant.contexts.show({ id: entry.id, line: 1, lines: shownLines }, { signal }))
        read += piece.text;
      return read;
    },
    [entry.id],
  );
  return (
    <Dialog wide title={entry.title} onClose={onClose}>
      {error && <ErrorNote error={error} again={again} />}
      {value === undefined && !error && <Waiting />}
      <p className="nt-faint">
        {text.from}: {entry.from} · {text.beginning(Math.min(shownLines, entry.lines), entry.lines)}
      </p>
      {value !== undefined && (
        <pre className="nt-pre" tabIndex={0}>
          {value}
        </pre>
      )}
    </Dialog>
  );
}
