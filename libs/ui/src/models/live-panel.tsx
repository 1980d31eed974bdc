import type { ModelsStatus, RunningModel } from '@nootropic/contracts';
import { useState } from 'react';
import { formatAgo, formatBytes, formatDuration, formatNumber, formatShare, formatSpeed } from '../parts/amounts.ts';
import { StackedBar } from '../parts/bars.tsx';
import { Button } from '../parts/button.tsx';
import { DataTable, type TableColumn } from '../parts/data-table.tsx';
import { Badge, Facts } from '../parts/facts.tsx';
import { ErrorNote, Waiting } from '../parts/notes.tsx';
import { Panel } from '../parts/view.tsx';
import { strings } from '../strings.ts';
import { useUi } from '../ui-context.tsx';
import { useAsked } from '../use-asked.ts';
import type { Listed } from './here-tab.tsx';

const tones = { loading: 'warn', busy: 'accent', idle: 'good' } as const;

/** Memory and queue as the scheduler has them, every second while it is looked at. */
export function LivePanel({ listed }: { readonly listed: Listed }) {
  const { assistant, say } = useUi();
  const { value, error, again } = useAsked((signal) => assistant.models.ps(undefined, { signal }), [], {
    everyMs: 1000,
  });
  const [busy, setBusy] = useState<string>();
  const text = strings.models.live;
  const act = async (ref: string, work: () => Promise<string>): Promise<void> => {
    setBusy(ref);
    try {
      say(await work());
    } catch (cause) {
      say(cause as Error);
    } finally {
      setBusy(undefined);
      again();
    }
  };
  const load = (ref: string, name: string) =>
    void act(ref, async () => {
      await assistant.models.load({ ref });
      return text.loaded(name);
    });
  const unload = ({ ref, name }: RunningModel) =>
    void act(ref, async () => text.freed(name, formatBytes((await assistant.models.unload({ ref })).freed)));
  const loadable = listed.stored.find(({ ref }) => ref === listed.chat);
  return (
    <Panel
      title={text.title}
      actions={
        loadable &&
        value &&
        !value.models.some(({ ref }) => ref === loadable.ref) && (
          <Button disabled={busy !== undefined} onClick={() => load(loadable.ref, loadable.name)}>
            {busy === loadable.ref ? text.loading : text.loadName(loadable.name)}
          </Button>
        )
      }
    >
      {error && <ErrorNote error={error} again={again} />}
      {!value && !error && <Waiting />}
      {value && <LiveStatus status={value} busy={busy} unload={unload} />}
    </Panel>
  );
}

function LiveStatus(props: {
  readonly status: ModelsStatus;
  readonly busy: string | undefined;
  readonly unload: (model: RunningModel) => void;
}) {
  const { models, memory, cores, queue, states } = props.status;
  const text = strings.models.live;
  return (
    <>
      <StackedBar
        label={text.memory}
        parts={models.map(({ name, role, planned }) => ({
          name: `${name} (${strings.models.roles[role]})`,
          value: planned,
        }))}
        limit={{ name: text.usable, value: memory.usable }}
        format={formatBytes}
        over={text.over}
      />
      <Facts
        large
        facts={[
          [text.free, formatBytes(memory.available)],
          [text.pressure, memory.pressure === undefined ? undefined : formatShare(memory.pressure)],
          [text.cores, text.coresOf(cores.free.toFixed(1), cores.total)],
          [text.running, formatNumber(queue.running)],
          [text.waiting, formatNumber(queue.waiting.length)],
          [text.wait, queue.estimatedWaitMs > 0 ? formatDuration(queue.estimatedWaitMs) : text.noWait],
          [text.states, text.statesOf(formatNumber(states.files), formatBytes(states.bytes))],
        ]}
      />
      <div className="nt-live-tables">
        <DataTable
          label={text.table}
          columns={columnsOf(props.busy, props.unload)}
          rows={models}
          rowKey={({ ref, role }) => `${role} ${ref}`}
          empty={<p className="nt-muted">{text.nothing}</p>}
        />
        {queue.waiting.length > 0 && <Queue waiting={queue.waiting} />}
      </div>
    </>
  );
}

function columnsOf(busy: string | undefined, unload: (model: RunningModel) => void): TableColumn<RunningModel>[] {
  const text = strings.models.live;
  const speed = (value: number | undefined): string => (value === undefined ? '–' : formatSpeed(value));
  return [
    {
      key: 'name',
      title: strings.models.name,
      cell: ({ name, ref }) => <strong title={ref}>{name}</strong>,
      wide: true,
    },
    { key: 'role', title: strings.models.role, cell: ({ role }) => strings.models.roles[role] },
    {
      key: 'state',
      title: strings.models.state,
      cell: ({ state }) => <Badge tone={tones[state]}>{text.states_[state]}</Badge>,
    },
    {
      key: 'memory',
      title: text.takes,
      number: true,
      cell: ({ measured, planned }) => formatBytes(measured ?? planned),
    },
    {
      key: 'held',
      title: text.held,
      number: true,
      cell: ({ heldTokens, contextLength }) =>
        contextLength === 0 ? '–' : `${formatNumber(heldTokens)} / ${formatNumber(contextLength)}`,
    },
    { key: 'reads', title: text.reads, number: true, cell: ({ promptSpeed }) => speed(promptSpeed) },
    { key: 'writes', title: text.writes, number: true, cell: ({ writeSpeed }) => speed(writeSpeed) },
    { key: 'used', title: text.used, cell: ({ usedAt }) => formatAgo(usedAt, Date.now()) },
    {
      key: 'unload',
      title: '',
      cell: (model) => (
        <Button
          kind="quiet"
          aria-label={text.unloadName(model.name)}
          disabled={busy !== undefined || model.state === 'loading'}
          onClick={() => unload(model)}
        >
          {text.unload}
        </Button>
      ),
    },
  ];
}

function Queue({ waiting }: { readonly waiting: ModelsStatus['queue']['waiting'] }) {
  const text = strings.models.live;
  const rows = waiting.map((each, at) => ({ ...each, at }));
  return (
    <DataTable
      label={text.queueTable}
      rows={rows}
      rowKey={({ at }) => String(at)}
      columns={[
        { key: 'class', title: text.workClass, cell: ({ workClass }) => text.workClasses[workClass] ?? workClass },
        { key: 'client', title: text.client, cell: ({ client }) => client },
        {
          key: 'waited',
          title: text.waited,
          number: true,
          sort: (row) => row.waitedMs,
          cell: (row) => formatDuration(row.waitedMs),
        },
      ]}
    />
  );
}
