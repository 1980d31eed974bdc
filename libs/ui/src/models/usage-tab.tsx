import type { UsageRow } from '@nootropic/contracts';
import { useState } from 'react';
import { formatCost, formatNumber, formatShare } from '../parts/amounts.ts';
import { DataTable } from '../parts/data-table.tsx';
import { Badge, Facts } from '../parts/facts.tsx';
import { SelectField } from '../parts/field.tsx';
import { EmptyState, ErrorNote, Waiting } from '../parts/notes.tsx';
import { Panel } from '../parts/view.tsx';
import { strings } from '../strings.ts';
import { useUi } from '../ui-context.tsx';
import { useAsked } from '../use-asked.ts';

/** A file by its name alone; another reference as it is. */
function shortRef(ref: string): string {
  return ref.startsWith('file:') ? (ref.split(/[\\/]/u).at(-1) ?? ref).replace(/\.gguf$/u, '') : ref;
}

const spans = [1, 7, 30, 90, 365] as const;
const sums = ['calls', 'tokensRead', 'tokensReused', 'tokensWritten', 'cost'] as const;

/** What models were used for, and what that cost. */
export function UsageTab() {
  const { assistant } = useUi();
  const [days, setDays] = useState(30);
  const { value, error, again } = useAsked((signal) => assistant.models.usage({ days }, { signal }), [days]);
  const text = strings.models.usage;
  return (
    <Panel
      title={text.title}
      actions={
        <SelectField
          label={text.days}
          quietLabel
          value={String(days)}
          options={spans.map((span) => [String(span), span === 1 ? text.day : text.daysOf(span)] as const)}
          onPick={(span) => setDays(Number(span))}
        />
      }
    >
      {error && <ErrorNote error={error} again={again} />}
      {!value && !error && <Waiting />}
      {value?.length === 0 && <EmptyState title={text.nothing} />}
      {value && value.length > 0 && <UsageTable rows={value} />}
    </Panel>
  );
}

function UsageTable({ rows }: { readonly rows: readonly UsageRow[] }) {
  const text = strings.models.usage;
  const together = Object.fromEntries(sums.map((key) => [key, rows.reduce((all, row) => all + row[key], 0)])) as Record<
    (typeof sums)[number],
    number
  >;
  const prompt = together.tokensRead + together.tokensReused;
  const number = (key: (typeof sums)[number], title: string) => ({
    key,
    title,
    number: true,
    sort: (row: UsageRow) => row[key],
    cell: (row: UsageRow) => formatNumber(row[key]),
  });
  return (
    <>
      <Facts
        large
        facts={[
          [text.calls, formatNumber(together.calls)],
          [text.written, formatNumber(together.tokensWritten)],
          [text.reusedShare, prompt > 0 ? formatShare(together.tokensReused / prompt) : '–'],
          [text.cost, formatCost(together.cost)],
        ]}
      />
      <DataTable
        label={text.table}
        rows={rows}
        rowKey={({ model, client }) => `${model} ${client}`}
        first={{ key: 'tokensWritten', descending: true }}
        columns={[
          {
            key: 'model',
            title: text.model,
            wide: true,
            sort: ({ model }) => model,
            cell: ({ model }) => <span title={model}>{shortRef(model)}</span>,
          },
          { key: 'client', title: text.client, sort: ({ client }) => client, cell: ({ client }) => client },
          {
            key: 'where',
            title: text.where,
            sort: ({ local }) => Number(local),
            cell: ({ local }) => <Badge tone={local ? 'good' : 'warn'}>{local ? text.local : text.remote}</Badge>,
          },
          number('calls', text.calls),
          number('tokensRead', text.read),
          number('tokensReused', text.reused),
          number('tokensWritten', text.written),
          { ...number('cost', text.cost), cell: ({ cost, local }) => (local ? '–' : formatCost(cost)) },
        ]}
        footer={[
          text.together,
          '',
          '',
          ...sums.map((key) => (key === 'cost' ? formatCost(together.cost) : formatNumber(together[key]))),
        ]}
      />
    </>
  );
}
