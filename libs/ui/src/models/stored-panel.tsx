import type { StoredModel } from '@nootropic/contracts';
import { Gauge, MemoryStick, Trash2 } from 'lucide-react';
import { useState } from 'react';
import { formatAgo, formatBytes, formatNumber, formatSpeed } from '../parts/amounts.ts';
import { useAskFirst } from '../parts/ask-first.tsx';
import { IconButton } from '../parts/button.tsx';
import { DataTable } from '../parts/data-table.tsx';
import { Panel } from '../parts/view.tsx';
import { strings } from '../strings.ts';
import { useUi } from '../ui-context.tsx';
import { PlanDialog } from './plan-dialog.tsx';

/** The model files that were taken in, with what they take and what they were measured at. */
export function StoredPanel({
  stored,
  again,
}: {
  readonly stored: readonly StoredModel[];
  readonly again: () => void;
}) {
  const { assistant, say, go } = useUi();
  const { ask, question } = useAskFirst();
  const [planned, setPlanned] = useState<StoredModel>();
  const text = strings.models.stored;
  const remove = async ({ name }: StoredModel): Promise<void> => {
    try {
      await assistant.models.remove({ name });
      say(text.removed(name));
      again();
    } catch (cause) {
      say(cause as Error);
    }
  };
  const speed = (value: number | undefined): string => (value === undefined ? '–' : formatSpeed(value));
  const bytes = stored.reduce((all, model) => all + model.bytes, 0);
  return (
    <Panel
      title={text.title}
      actions={<span className="nt-muted">{text.together(stored.length, formatBytes(bytes))}</span>}
    >
      <DataTable
        label={text.table}
        rows={stored}
        rowKey={({ name }) => name}
        first={{ key: 'imported', descending: true }}
        columns={[
          {
            key: 'name',
            title: strings.models.name,
            wide: true,
            sort: ({ name }) => name,
            cell: ({ name, source, path }) => <strong title={source ?? path}>{name}</strong>,
          },
          {
            key: 'role',
            title: strings.models.role,
            sort: ({ role }) => role,
            cell: ({ role }) => strings.models.roles[role],
          },
          {
            key: 'size',
            title: strings.models.size,
            number: true,
            sort: (row) => row.bytes,
            cell: (row) => formatBytes(row.bytes),
          },
          {
            key: 'context',
            title: strings.models.context,
            number: true,
            sort: ({ contextLength }) => contextLength,
            cell: ({ contextLength }) => formatNumber(contextLength),
          },
          {
            key: 'reads',
            title: strings.models.live.reads,
            number: true,
            sort: ({ profile }) => profile?.promptSpeed ?? 0,
            cell: ({ profile }) => speed(profile?.promptSpeed),
          },
          {
            key: 'writes',
            title: strings.models.live.writes,
            number: true,
            sort: ({ profile }) => profile?.writeSpeed ?? 0,
            cell: ({ profile }) => speed(profile?.writeSpeed),
          },
          { key: 'license', title: strings.models.license, cell: ({ license }) => license ?? '–' },
          {
            key: 'imported',
            title: text.imported,
            sort: ({ importedAt }) => importedAt,
            cell: ({ importedAt }) => formatAgo(importedAt, Date.now()),
          },
          {
            key: 'acts',
            title: '',
            cell: (model) => (
              <span className="nt-actions">
                <IconButton
                  label={text.planName(model.name)}
                  icon={<MemoryStick size={15} aria-hidden />}
                  onClick={() => setPlanned(model)}
                />
                {(model.role === 'chat' || model.role === 'completion') && (
                  <IconButton
                    label={text.benchName(model.name)}
                    icon={<Gauge size={15} aria-hidden />}
                    onClick={() => go('models', { tab: 'bench', measure: model.name })}
                  />
                )}
                <IconButton
                  label={text.removeName(model.name)}
                  icon={<Trash2 size={15} aria-hidden />}
                  onClick={() =>
                    ask({
                      title: text.removeTitle(model.name),
                      text: text.removeText(formatBytes(model.bytes)),
                      yes: text.remove,
                      run: () => void remove(model),
                    })
                  }
                />
              </span>
            ),
          },
        ]}
      />
      {planned && (
        <PlanDialog
          target={{ ref: planned.ref, name: planned.name, most: planned.contextLength }}
          onClose={() => setPlanned(undefined)}
        />
      )}
      {question}
    </Panel>
  );
}
