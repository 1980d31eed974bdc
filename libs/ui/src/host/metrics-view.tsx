import type { DoctorCheck, HostProcess } from '@nootropic/contracts';
import { Pause, Play, Stethoscope } from 'lucide-react';
import { useEffect, useMemo, useState } from 'react';
import { createStore } from 'zustand/vanilla';
import { useStore } from 'zustand';
import {
  formatAgo,
  formatBytes,
  formatDuration,
  formatNumber,
  formatShare,
  formatSpeed,
  shortNumber,
} from '../parts/amounts.ts';
import { Button } from '../parts/button.tsx';
import { Chart } from '../parts/chart.tsx';
import { DataTable } from '../parts/data-table.tsx';
import { Badge, Facts } from '../parts/facts.tsx';
import { TextField } from '../parts/field.tsx';
import { ErrorNote, Waiting } from '../parts/notes.tsx';
import { Panel, View } from '../parts/view.tsx';
import { strings } from '../strings.ts';
import { useKeptOnPage, useUi, type Place } from '../ui-context.tsx';
import { useAsked } from '../use-asked.ts';
import './host.css';
import { gaugeOf, labelValues, quantileOf, rateOf, reusedShareOf, withLook, type Look } from './metric-ring.ts';
import { sumOf, type MetricFamily } from './prometheus.ts';

const lookMs = 2000;

/** What the host has measured of itself, as lines over the time that the page is looked at, and the whole list. */
export function MetricsView({ place }: { readonly place: Place }) {
  const { assistant } = useUi();
  const ring = useKeptOnPage('host.metrics', () =>
    createStore<{ readonly looks: readonly Look[]; readonly paused: boolean }>()(() => ({ looks: [], paused: false })),
  );
  const { looks, paused } = useStore(ring);
  const text = strings.host.metrics;
  const asked = useAsked(
    async (signal) => (paused ? undefined : (await assistant.metrics(undefined, { signal })).text),
    [paused],
    { everyMs: lookMs },
  );
  const { value, error, again } = asked;
  useEffect(() => {
    if (value !== undefined) ring.setState(({ looks: before }) => ({ looks: withLook(before, value, Date.now()) }));
  }, [value, ring]);
  const first = looks[0];
  const last = looks.at(-1);
  return (
    <View
      title={text.title}
      about={text.about}
      actions={
        <>
          {first && last && (
            <span className="nt-faint">{text.since(looks.length, formatDuration(last.time - first.time))}</span>
          )}
          <Button
            icon={paused ? <Play size={15} aria-hidden /> : <Pause size={15} aria-hidden />}
            onClick={() => ring.setState({ paused: !paused })}
          >
            {paused ? text.goOn : text.pause}
          </Button>
        </>
      }
    >
      {error && <ErrorNote error={error} again={again} />}
      <ProcessesPanel />
      <HealthPanel />
      <Panel title={text.charts}>{last ? <Charts looks={looks} /> : <Waiting />}</Panel>
      {last && <Families families={[...last.families.values()]} words={place['find'] ?? ''} />}
    </View>
  );
}

function Charts({ looks }: { readonly looks: readonly Look[] }) {
  const text = strings.host.metrics;
  const lines = useMemo(() => linesOf(looks), [looks]);
  const times = useMemo(() => looks.map(({ time }) => time), [looks]);
  const seconds = (value: number): string => formatDuration(value * 1000);
  const common = { times, empty: text.quiet };
  return (
    <div className="nt-charts">
      <Chart title={text.rates} series={lines.tokens} format={formatSpeed} {...common} />
      <Chart title={text.reused} series={lines.reused} format={formatShare} {...common} />
      <Chart title={text.firstToken} series={lines.firstToken} format={seconds} {...common} />
      <Chart title={text.speed} series={lines.speed} format={formatSpeed} {...common} />
      <Chart title={text.queue} series={lines.queue} format={seconds} {...common} />
      <Chart title={text.memory} series={lines.memory} format={formatBytes} {...common} />
      <Chart title={text.resident} series={lines.resident} format={formatBytes} {...common} />
      <Chart title={text.cpu} series={lines.cpu} format={shortNumber} {...common} />
      <Chart title={text.loads} series={lines.loads} format={shortNumber} {...common} />
      <Chart title={text.errors} series={lines.errors} format={shortNumber} {...common} />
      <Chart title={text.requests} series={lines.requests} format={shortNumber} {...common} />
      <Chart title={text.requestTime} series={lines.requestTime} format={seconds} {...common} />
    </div>
  );
}

function linesOf(looks: readonly Look[]) {
  const text = strings.host.metrics;
  const quantiles = (name: string) => [
    { name: text.p50, values: quantileOf(looks, name, 0.5) },
    { name: text.p95, values: quantileOf(looks, name, 0.95) },
  ];
  const inMinute = (values: readonly (number | null)[]) => values.map((value) => (value === null ? null : value * 60));
  const by = (label: string, value: string) => (labels: Readonly<Record<string, string>>) => labels[label] === value;
  const devices = labelValues(looks, 'nootropic_memory_total_bytes', 'device');
  return {
    tokens: ['read', 'reused', 'written'].map((kind) => ({
      name: text.kinds[kind] ?? kind,
      values: rateOf(looks, 'nootropic_tokens_total', by('kind', kind)),
    })),
    reused: [{ name: text.reused, values: reusedShareOf(looks) }],
    firstToken: quantiles('nootropic_first_token_seconds'),
    speed: [{ name: text.p50, values: quantileOf(looks, 'nootropic_generation_tokens_per_second', 0.5) }],
    queue: quantiles('nootropic_queue_wait_seconds'),
    memory: devices.flatMap((device) => [
      { name: text.total(device), values: gaugeOf(looks, 'nootropic_memory_total_bytes', by('device', device)) },
      { name: text.freeOf(device), values: gaugeOf(looks, 'nootropic_memory_free_bytes', by('device', device)) },
      { name: text.reserved(device), values: gaugeOf(looks, 'nootropic_memory_reserved_bytes', by('device', device)) },
    ]),
    resident: [{ name: text.resident, values: gaugeOf(looks, 'nootropic_process_resident_bytes') }],
    cpu: [{ name: text.cpu, values: rateOf(looks, 'nootropic_process_cpu_seconds_total') }],
    loads: [
      { name: text.loaded, values: gaugeOf(looks, 'nootropic_models_loaded') },
      { name: text.loadRate, values: inMinute(rateOf(looks, 'nootropic_model_loads_total')) },
      { name: text.evicted, values: inMinute(rateOf(looks, 'nootropic_model_evictions_total')) },
    ],
    errors: labelValues(looks, 'nootropic_errors_total', 'code').map((code) => ({
      name: code,
      values: inMinute(rateOf(looks, 'nootropic_errors_total', by('code', code))),
    })),
    requests: [{ name: text.requests, values: rateOf(looks, 'nootropic_http_requests_total') }],
    requestTime: quantiles('nootropic_http_request_seconds'),
  };
}

const tones = {
  starting: 'warn',
  ready: 'good',
  busy: 'accent',
  idle: 'plain',
  restarting: 'warn',
  degraded: 'bad',
  stopped: 'plain',
} as const;

/** The processes of the host, asked for while they are looked at. */
function ProcessesPanel() {
  const { assistant } = useUi();
  const { value, error, again } = useAsked((signal) => assistant.host.status(undefined, { signal }), [], {
    everyMs: 3000,
  });
  const text = strings.host.metrics.processes;
  return (
    <Panel title={text.title}>
      {error && <ErrorNote error={error} again={again} />}
      {!value && !error && <Waiting />}
      {value && (
        <>
          <Facts
            large
            facts={[
              [text.version, value.version],
              [text.up, formatAgo(value.startedAt, Date.now())],
              [text.connections, formatNumber(value.connections)],
              [text.turns, formatNumber(value.turns.length)],
              [text.jobs, formatNumber(value.jobs.waiting)],
              [text.ends, value.endsInMs !== undefined && formatDuration(value.endsInMs)],
            ]}
          />
          <DataTable<HostProcess>
            label={text.title}
            rows={value.processes}
            rowKey={({ name, pid }) => `${name} ${String(pid)}`}
            columns={[
              { key: 'name', title: text.name, sort: ({ name }) => name, cell: ({ name }) => <strong>{name}</strong> },
              {
                key: 'state',
                title: text.state,
                sort: ({ state }) => state,
                cell: ({ state }) => <Badge tone={tones[state]}>{text.states[state]}</Badge>,
              },
              {
                key: 'memory',
                title: text.memory,
                number: true,
                sort: ({ memory }) => memory ?? 0,
                cell: ({ memory }) => (memory === undefined ? '–' : formatBytes(memory)),
              },
              {
                key: 'restarts',
                title: text.restarts,
                number: true,
                sort: ({ restarts }) => restarts,
                cell: ({ restarts }) => formatNumber(restarts),
              },
              { key: 'pid', title: text.pid, number: true, cell: ({ pid }) => pid ?? '–' },
              { key: 'detail', title: text.detail, wide: true, cell: ({ detail }) => detail },
            ]}
          />
        </>
      )}
    </Panel>
  );
}

const healthTones = { ok: 'good', note: 'warn', problem: 'bad' } as const;

/** Everything that this installation needs, looked at when it is asked for: it takes a moment. */
function HealthPanel() {
  const { assistant, workspace } = useUi();
  const [asked, setAsked] = useState(0);
  const { value, error, loading } = useAsked<DoctorCheck[] | undefined>(
    async (signal) => (asked === 0 ? undefined : assistant.doctor({ workspace }, { signal })),
    [asked],
  );
  const text = strings.host.metrics.health;
  const fine = value?.filter(({ state }) => state === 'ok') ?? [];
  const others = value?.filter(({ state }) => state !== 'ok') ?? [];
  const problems = others.filter(({ state }) => state === 'problem').length;
  return (
    <Panel
      title={text.title}
      actions={
        <Button
          icon={<Stethoscope size={15} aria-hidden />}
          disabled={loading}
          onClick={() => setAsked((before) => before + 1)}
        >
          {loading && asked > 0 ? text.checking : text.check}
        </Button>
      }
    >
      {error && <ErrorNote error={error} />}
      {!value && !error && <p className="nt-muted">{text.about}</p>}
      {value && (
        <div role="status">
          <p>{text.result(problems, others.length - problems)}</p>
          <ul className="nt-checks">
            {others.map((check) => (
              <Check key={check.name} check={check} />
            ))}
          </ul>
          <details>
            <summary>{text.fine(fine.length)}</summary>
            <ul className="nt-checks">
              {fine.map((check) => (
                <Check key={check.name} check={check} />
              ))}
            </ul>
          </details>
        </div>
      )}
    </Panel>
  );
}

function Check({ check }: { readonly check: DoctorCheck }) {
  return (
    <li>
      <Badge tone={healthTones[check.state]}>{strings.host.metrics.health.states[check.state]}</Badge>
      <div>
        <strong>{check.name}</strong> {check.detail}
        {check.hint && <p className="nt-muted">{check.hint}</p>}
      </div>
    </li>
  );
}

/** Every metric there is, with what it says. */
function Families({ families, words }: { readonly families: readonly MetricFamily[]; readonly words: string }) {
  const [find, setFind] = useState(words);
  const text = strings.host.metrics;
  const wanted = find.toLowerCase().split(/\s+/u).filter(Boolean);
  const found = families.filter(({ name, help }) =>
    wanted.every((word) => `${name} ${help}`.toLowerCase().includes(word)),
  );
  return (
    <Panel title={text.families}>
      <p className="nt-faint">
        {text.where} <code>{text.address}</code> · {text.openapi} <code>{text.docs}</code>
      </p>
      <TextField
        label={text.filter}
        quietLabel
        type="search"
        placeholder={text.filter}
        value={find}
        onChange={(event) => setFind(event.target.value)}
      />
      <DataTable
        label={text.familiesLabel}
        rows={found}
        rowKey={({ name }) => name}
        empty={<p className="nt-muted">{text.noFamily}</p>}
        columns={[
          { key: 'name', title: text.name, sort: ({ name }) => name, cell: ({ name }) => <code>{name}</code> },
          {
            key: 'value',
            title: text.value,
            number: true,
            sort: (family) => sumOf(family) ?? 0,
            cell: (family) => shownOf(family),
          },
          { key: 'type', title: text.type, sort: ({ type }) => type, cell: ({ type }) => type },
          {
            key: 'series',
            title: text.series,
            number: true,
            sort: (family) => seriesOf(family),
            cell: (family) => formatNumber(seriesOf(family)),
          },
          { key: 'help', title: text.help, wide: true, cell: ({ help }) => <span title={help}>{help}</span> },
        ]}
      />
    </Panel>
  );
}

function seriesOf({ name, type, samples }: MetricFamily): number {
  return type === 'histogram' ? samples.filter((sample) => sample.name === `${name}_count`).length : samples.length;
}

function shownOf(family: MetricFamily): string {
  const sum = sumOf(family);
  if (sum === undefined) return '–';
  return family.name.endsWith('_bytes') || family.name.endsWith('_bytes_total') ? formatBytes(sum) : shortNumber(sum);
}
