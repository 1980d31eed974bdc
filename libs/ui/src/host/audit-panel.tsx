import type { AuditEntry } from '@nootropic/contracts';
import { ShieldCheck } from 'lucide-react';
import { useState } from 'react';
import { formatAgo, formatMoment } from '../parts/amounts.ts';
import { Button } from '../parts/button.tsx';
import { DataTable } from '../parts/data-table.tsx';
import { Badge } from '../parts/facts.tsx';
import { SelectField, TextField } from '../parts/field.tsx';
import { EmptyState, ErrorNote, Waiting } from '../parts/notes.tsx';
import { Panel } from '../parts/view.tsx';
import { strings } from '../strings.ts';
import { useUi } from '../ui-context.tsx';
import { useAsked } from '../use-asked.ts';

const step = 200;

/** The detail of an entry on one line: `path src/a.ts, decision allow`. */
export function detailText({ detail }: Pick<AuditEntry, 'detail'>): string {
  return Object.entries(detail)
    .map(([key, value]) => `${key} ${String(value)}`)
    .join(', ');
}

/** Entries that hold all the words, of one action or of all. */
export function matchingEntries(entries: readonly AuditEntry[], action: string, words: string): AuditEntry[] {
  const wanted = words.toLowerCase().split(/\s+/u).filter(Boolean);
  return entries.filter((entry) => {
    if (action !== '' && entry.action !== action) return false;
    const text = `${entry.seq} ${entry.actor} ${entry.action} ${detailText(entry)}`.toLowerCase();
    return wanted.every((word) => text.includes(word));
  });
}

/** What was permitted and done, and whether the log of it is as it was written. */
export function AuditPanel() {
  const { assistant } = useUi();
  const [limit, setLimit] = useState(step);
  const [words, setWords] = useState('');
  const [action, setAction] = useState('');
  const { value, error, again } = useAsked((signal) => assistant.audit.list({ limit }, { signal }), [limit], {
    everyMs: 5000,
  });
  const text = strings.host.audit;
  const actions = [...new Set(value?.map((entry) => entry.action))].toSorted();
  return (
    <Panel title={text.title}>
      <p className="nt-muted">{text.about}</p>
      <Verdict />
      {error && <ErrorNote error={error} again={again} />}
      {!value && !error && <Waiting />}
      {value?.length === 0 && <EmptyState title={text.nothing} />}
      {value && value.length > 0 && (
        <>
          <div className="nt-filters">
            <SelectField
              label={text.action}
              quietLabel
              value={action}
              options={[['', text.anyAction], ...actions.map((each) => [each, each] as const)]}
              onPick={setAction}
            />
            <TextField
              label={text.filter}
              quietLabel
              type="search"
              placeholder={text.filter}
              value={words}
              onChange={(event) => setWords(event.target.value)}
            />
          </div>
          <DataTable
            label={text.table}
            rows={matchingEntries(value, action, words)}
            rowKey={({ seq }) => String(seq)}
            empty={<p className="nt-muted">{text.noMatch}</p>}
            columns={[
              { key: 'seq', title: text.seq, number: true, sort: ({ seq }) => seq, cell: ({ seq }) => seq },
              {
                key: 'time',
                title: text.time,
                sort: ({ time }) => time,
                cell: ({ time }) => <time title={formatMoment(time)}>{formatAgo(time, Date.now())}</time>,
              },
              {
                key: 'actor',
                title: text.actor,
                sort: ({ actor }) => actor,
                cell: ({ actor }) => (actor === 'local' ? text.local : actor),
              },
              {
                key: 'action',
                title: text.action,
                sort: (entry) => entry.action,
                cell: (entry) => <Badge>{entry.action}</Badge>,
              },
              {
                key: 'detail',
                title: text.detail,
                cell: (entry) => <span className="nt-audit-detail">{detailText(entry)}</span>,
              },
            ]}
          />
          {value.length >= limit && limit < 10_000 && (
            <Button kind="quiet" onClick={() => setLimit((before) => Math.min(before * 5, 10_000))}>
              {text.more}
            </Button>
          )}
        </>
      )}
    </Panel>
  );
}

function Verdict() {
  const { assistant } = useUi();
  const [asked, setAsked] = useState(0);
  const { value, error, loading } = useAsked(
    async (signal) => (asked === 0 ? undefined : assistant.audit.verify(undefined, { signal })),
    [asked],
  );
  const text = strings.host.audit;
  return (
    <div className="nt-actions nt-verify">
      <Button
        icon={<ShieldCheck size={15} aria-hidden />}
        disabled={loading && asked > 0}
        onClick={() => setAsked((before) => before + 1)}
      >
        {loading && asked > 0 ? text.verifying : text.verify}
      </Button>
      {error && <ErrorNote error={error} />}
      {value && (
        <p role="status" className={value.ok ? 'nt-text-good' : 'nt-text-bad'}>
          {value.fault ? text.bad(value.fault.seq, value.fault.what) : text.good(value.entries)}{' '}
          {text.anchors[value.anchor]}
        </p>
      )}
    </div>
  );
}
