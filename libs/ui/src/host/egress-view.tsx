import type { EgressRow } from '@nootropic/contracts';
import { CloudUpload, ShieldCheck, WifiOff } from 'lucide-react';
import { useState } from 'react';
import { formatBytes, formatNumber } from '../parts/amounts.ts';
import { BarList } from '../parts/bars.tsx';
import { Button } from '../parts/button.tsx';
import { DataTable } from '../parts/data-table.tsx';
import { Badge, Facts } from '../parts/facts.tsx';
import { SelectField } from '../parts/field.tsx';
import { ErrorNote, Waiting } from '../parts/notes.tsx';
import { Tabs } from '../parts/tabs.tsx';
import { Panel, View } from '../parts/view.tsx';
import { strings } from '../strings.ts';
import { useUi, type Place } from '../ui-context.tsx';
import { useAsked } from '../use-asked.ts';
import { AuditPanel } from './audit-panel.tsx';
import { isQuiet, notCounted, sentByDay, sumOfEgress, type EgressSum } from './egress-sums.ts';
import './host.css';

const spans = [1, 7, 30, 365] as const;

/** What left this machine, and what was permitted and done. */
export function EgressView({ place }: { readonly place: Place }) {
  const { go } = useUi();
  const text = strings.host.egress;
  const at = place['tab'] === 'audit' ? 'audit' : 'out';
  return (
    <View title={text.title} about={text.about}>
      <Tabs
        label={text.parts}
        tabs={[
          { name: 'out', title: text.tabs.out },
          { name: 'audit', title: text.tabs.audit },
        ]}
        at={at}
        onGo={(tab) => go('egress', { tab })}
      >
        {at === 'out' ? <WhatLeft /> : <AuditPanel />}
      </Tabs>
    </View>
  );
}

function WhatLeft() {
  const { assistant } = useUi();
  const [days, setDays] = useState(1);
  const { value, error, again } = useAsked((signal) => assistant.egress.list({ days }, { signal }), [days], {
    everyMs: 5000,
  });
  const text = strings.host.egress;
  return (
    <>
      <div className="nt-filters">
        <SelectField
          label={text.days}
          quietLabel
          value={String(days)}
          options={spans.map((span) => [String(span), span === 1 ? text.today : text.daysOf(span)] as const)}
          onPick={(span) => setDays(Number(span))}
        />
        <Offline />
      </div>
      {error && <ErrorNote error={error} again={again} />}
      {!value && !error && <Waiting />}
      {value && (
        <>
          <Statement sum={sumOfEgress(value)} days={days} />
          {value.length > 0 && <Rows rows={value} days={days} />}
          <section className="nt-how" aria-label={text.how}>
            <h3>{text.how}</h3>
            <ul>
              {text.howText.map((sentence) => (
                <li key={sentence}>{sentence}</li>
              ))}
            </ul>
          </section>
        </>
      )}
    </>
  );
}

/** The one sentence that this view is for. */
function Statement({ sum, days }: { readonly sum: EgressSum; readonly days: number }) {
  const text = strings.host.egress;
  const quiet = isQuiet(sum);
  return (
    <div className={`nt-calm ${quiet ? '' : 'nt-calm-out'}`} role="status">
      {quiet ? <ShieldCheck size={44} aria-hidden /> : <CloudUpload size={44} aria-hidden />}
      <h2>
        {sum.hosts === 0 && sum.sent === 0 ? text.nothing(days) : text.something(formatBytes(sum.sent), sum.hosts)}
      </h2>
      {sum.refused > 0 && <p className="nt-muted">{text.refused(sum.refused)}</p>}
      {sum.notCounted && <p className="nt-muted">{text.notCountedText}</p>}
    </div>
  );
}

function Rows({ rows, days }: { readonly rows: readonly EgressRow[]; readonly days: number }) {
  const text = strings.host.egress;
  const sum = sumOfEgress(rows);
  const unseen = ({ host }: EgressRow): boolean => host === notCounted;
  const number = (key: 'connections' | 'refused', title: string) => ({
    key,
    title,
    number: true,
    sort: (row: EgressRow) => row[key],
    cell: (row: EgressRow) => (row[key] === 0 ? '–' : formatNumber(row[key])),
  });
  const bytes = (key: 'sent' | 'received', title: string) => ({
    key,
    title,
    number: true,
    sort: (row: EgressRow) => row[key],
    cell: (row: EgressRow) => (unseen(row) ? '?' : formatBytes(row[key])),
  });
  return (
    <Panel title={text.table} actions={<span className="nt-faint">{text.utc}</span>}>
      <Facts
        large
        facts={[
          [text.sums.out, formatBytes(sum.sent)],
          [text.sums.in, formatBytes(sum.received)],
          [text.sums.hosts, formatNumber(sum.hosts)],
          [text.sums.connections, formatNumber(sum.connections)],
          [text.sums.refused, formatNumber(sum.refused)],
        ]}
      />
      {days > 1 && (
        <BarList
          label={text.byDay}
          rows={sentByDay(rows).map(([day, sent]) => ({ name: day, value: sent, text: formatBytes(sent) }))}
        />
      )}
      <DataTable
        label={text.table}
        rows={rows}
        rowKey={({ day, host, cause, program }) => `${day} ${host} ${cause} ${program}`}
        first={{ key: 'day', descending: true }}
        columns={[
          { key: 'day', title: text.day, sort: ({ day }) => day, cell: ({ day }) => day },
          {
            key: 'host',
            title: text.host,
            sort: ({ host }) => host,
            cell: (row) => (unseen(row) ? <Badge tone="warn">{text.notCounted}</Badge> : <strong>{row.host}</strong>),
          },
          {
            key: 'cause',
            title: text.cause,
            sort: ({ cause }) => cause,
            cell: ({ cause }) => text.causes[cause] ?? cause,
          },
          { key: 'program', title: text.program, sort: ({ program }) => program, cell: ({ program }) => program },
          number('connections', text.connections),
          number('refused', text.refusedTitle),
          bytes('sent', text.sent),
          bytes('received', text.received),
        ]}
        footer={[
          text.together,
          '',
          '',
          '',
          formatNumber(sum.connections),
          formatNumber(sum.refused),
          formatBytes(sum.sent),
          formatBytes(sum.received),
        ]}
      />
    </Panel>
  );
}

/** Whether the host refuses every connection that would leave the machine. */
function Offline() {
  const { assistant, say } = useUi();
  const { value, error } = useAsked((signal) => assistant.host.status(undefined, { signal }), []);
  const text = strings.host.egress;
  if (error || !value) return null;
  const turn = async (): Promise<void> => {
    try {
      await assistant.config.set({ key: 'network.offline', value: !value.offline });
      say(text.offlineSaved);
    } catch (cause) {
      say(cause as Error);
    }
  };
  return (
    <>
      <span className="nt-muted nt-offline">
        {value.offline && <WifiOff size={16} aria-hidden />} {value.offline ? text.offlineOn : text.offlineOff}
      </span>
      <Button kind="quiet" onClick={() => void turn()}>
        {value.offline ? text.goOnline : text.goOffline}
      </Button>
    </>
  );
}
