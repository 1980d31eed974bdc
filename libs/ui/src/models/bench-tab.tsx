import type { ModelProfile, StoredModel } from '@nootropic/contracts';
import { Gauge } from 'lucide-react';
import { useEffect, useState } from 'react';
import { useStore } from 'zustand';
import { formatAgo, formatBytes, formatDuration, formatShare, formatSpeed } from '../parts/amounts.ts';
import { BarList, Progress } from '../parts/bars.tsx';
import { Button } from '../parts/button.tsx';
import { Facts } from '../parts/facts.tsx';
import { SelectField } from '../parts/field.tsx';
import { EmptyState, ErrorNote } from '../parts/notes.tsx';
import { Panel } from '../parts/view.tsx';
import { strings } from '../strings.ts';
import { useKeptOnPage, useUi } from '../ui-context.tsx';
import type { Asked } from '../use-asked.ts';
import { createBench } from './bench-store.ts';
import type { Listed } from './here-tab.tsx';

type Measured = StoredModel & { readonly profile: ModelProfile };

/** Models measured on this machine, side by side. `measure`: the name that is chosen first. */
export function BenchTab({
  listed,
  measure,
}: {
  readonly listed: Asked<Listed>;
  readonly measure: string | undefined;
}) {
  const { assistant } = useUi();
  const bench = useKeptOnPage('models.bench', () => createBench(assistant));
  const { running, error, measured } = useStore(bench.store);
  const stored = (listed.value?.stored ?? []).filter(({ role }) => role === 'chat' || role === 'completion');
  const [name, setName] = useState(measure ?? '');
  const chosen = stored.some((model) => model.name === name) ? name : (stored[0]?.name ?? '');
  const text = strings.models.bench;
  const { again } = listed;
  useEffect(() => {
    if (measured > 0) again();
  }, [measured, again]);
  const known = stored.filter((model): model is Measured => model.profile !== undefined);
  return (
    <>
      <Panel title={text.title}>
        <p className="nt-muted">{text.about}</p>
        {stored.length === 0 ? (
          <p>{text.noModel}</p>
        ) : running ? (
          <div className="nt-transfer-head">
            <Progress
              label={text.running(running.name)}
              done={running.done}
              total={running.total}
              note={`${text.running(running.name)}${running.task && `: ${running.task}`}`}
            />
            <Button onClick={bench.stop}>{strings.shell.cancel}</Button>
          </div>
        ) : (
          <div className="nt-line">
            <SelectField
              label={text.which}
              value={chosen}
              options={stored.map((model) => [model.name, model.name] as const)}
              onPick={setName}
            />
            <Button kind="primary" icon={<Gauge size={15} aria-hidden />} onClick={() => void bench.start(chosen)}>
              {known.some((model) => model.name === chosen) ? text.again : text.measure}
            </Button>
          </div>
        )}
        {error && <ErrorNote error={error} again={() => void bench.start(chosen)} />}
      </Panel>
      {known.length === 0 && stored.length > 0 && (
        <EmptyState icon={<Gauge size={32} aria-hidden />} title={text.nothing}>
          <p>{text.nothingText}</p>
        </EmptyState>
      )}
      {known.length > 0 && <Profiles models={known} />}
    </>
  );
}

function Profiles({ models }: { readonly models: readonly Measured[] }) {
  const text = strings.models.bench;
  const rows = (value: (model: Measured) => number, format: (value: number) => string) =>
    models.map((model) => ({ name: model.name, value: value(model), text: format(value(model)) }));
  const formats = [...new Set(models.flatMap(({ profile }) => Object.keys(profile.edits)))];
  return (
    <Panel title={text.facts}>
      <div className="nt-charts">
        <BarList label={text.prompt} rows={rows(({ profile }) => profile.promptSpeed, formatSpeed)} />
        <BarList label={text.write} rows={rows(({ profile }) => profile.writeSpeed, formatSpeed)} />
        <BarList
          label={text.toolCalls}
          most={1}
          rows={models.map(({ name, profile }) => ({
            name,
            value: profile.toolCalls ?? 0,
            text: profile.toolCalls === null ? '–' : formatShare(profile.toolCalls),
          }))}
        />
        {formats.map((format) => (
          <BarList
            key={format}
            label={text.edits(format)}
            most={1}
            rows={models
              .filter(({ profile }) => profile.edits[format] !== undefined)
              .map(({ name, profile }) => ({
                name,
                value: profile.edits[format] ?? 0,
                text: formatShare(profile.edits[format] ?? 0),
              }))}
          />
        ))}
        <BarList label={text.memory} rows={rows(({ profile }) => profile.memory, formatBytes)} />
        <BarList label={text.load} rows={rows(({ profile }) => profile.loadMs, formatDuration)} />
      </div>
      <Facts
        facts={models.map(({ name, profile }) => [
          name,
          text.when(formatAgo(profile.measuredAt, Date.now()), profile.machine, profile.threads),
        ])}
      />
    </Panel>
  );
}
