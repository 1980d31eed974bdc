import { metricsTable, type MetricSpec } from '@nootropic/observability';

/** What a panel shows; `%` in an expression stands for the metric's name. */
interface Panel {
  readonly title: string;
  /** Metrics with the expressions and legends that are drawn of them. Unset: what is usual for the metric's type and labels. */
  readonly metrics: readonly (string | readonly [expression: string, legend: string])[];
  readonly unit: string;
}

const prefix = 'nootropic_';

const rows: readonly { readonly title: string; readonly panels: readonly Panel[] }[] = [
  {
    title: 'Answers',
    panels: [
      { title: 'Turns ended in a minute', metrics: ['turns_total'], unit: 'short' },
      { title: 'Time of a turn', metrics: ['turn_duration_seconds'], unit: 's' },
      { title: 'Time to the first shown text', metrics: ['first_text_seconds'], unit: 's' },
      { title: 'Errors in a minute, by code', metrics: ['errors_total'], unit: 'short' },
    ],
  },
  {
    title: 'Models',
    panels: [
      { title: 'Time to the first token', metrics: ['first_token_seconds'], unit: 's' },
      { title: 'Tokens written in a second', metrics: ['generation_tokens_per_second'], unit: 'short' },
      { title: 'Tokens in a minute', metrics: ['tokens_total'], unit: 'short' },
      {
        title: 'Share of prompt tokens that were reused',
        metrics: [
          [
            'sum(rate(nootropic_tokens_total{kind="reused"}[$__rate_interval])) / sum(rate(nootropic_tokens_total{kind=~"read|reused"}[$__rate_interval]))',
            'reused',
          ],
        ],
        unit: 'percentunit',
      },
      { title: 'Wait for the model, by class', metrics: ['queue_wait_seconds'], unit: 's' },
      { title: 'Calls refused in a minute, by class', metrics: ['queue_refused_total'], unit: 'short' },
      { title: 'Calls in a minute', metrics: ['model_calls_total'], unit: 'short' },
      { title: 'Time of a call', metrics: ['model_call_seconds'], unit: 's' },
      { title: 'Models in memory', metrics: ['models_loaded'], unit: 'short' },
      {
        title: 'Loads and evictions in a minute',
        metrics: ['model_loads_total', 'model_evictions_total'],
        unit: 'short',
      },
      { title: 'Time to load', metrics: ['model_load_seconds'], unit: 's' },
      { title: 'Crashes of the model process in a minute', metrics: ['model_crashes_total'], unit: 'short' },
    ],
  },
  {
    title: 'Completions while somebody types',
    panels: [
      { title: 'Completions in a minute, by how they ended', metrics: ['completions_total'], unit: 'short' },
      {
        title: 'Time to the first text of a completion',
        metrics: ['completion_first_text_seconds'],
        unit: 's',
      },
      { title: 'Suggestions in a minute', metrics: ['completion_suggestions_total'], unit: 'short' },
      { title: 'Characters accepted and kept, in a minute', metrics: ['completion_characters_total'], unit: 'short' },
      {
        title: 'Tokens written for nothing, in a minute',
        metrics: ['completion_wasted_tokens_total'],
        unit: 'short',
      },
    ],
  },
  {
    title: 'Memory and the process',
    panels: [
      {
        title: 'Memory, by device',
        metrics: ['memory_total_bytes', 'memory_free_bytes', 'memory_reserved_bytes'],
        unit: 'bytes',
      },
      { title: 'Memory that programs could still take', metrics: ['memory_available_bytes'], unit: 'bytes' },
      { title: 'Memory of the host', metrics: ['process_resident_bytes'], unit: 'bytes' },
      { title: 'Processor of the host', metrics: ['process_cpu_seconds_total'], unit: 'percentunit' },
      { title: 'Lag of the event loop', metrics: ['event_loop_lag_seconds'], unit: 's' },
      { title: 'What runs', metrics: ['build_info'], unit: 'short' },
    ],
  },
  {
    title: 'The agent, the index and the jobs',
    panels: [
      { title: 'Calls of tools in a minute', metrics: ['tool_calls_total'], unit: 'short' },
      { title: 'Answers to requests for leave in a minute', metrics: ['approvals_total'], unit: 'short' },
      {
        title: 'Files changed, and checks, in a minute',
        metrics: ['file_changes_total', 'checks_total'],
        unit: 'short',
      },
      { title: 'Time of a search', metrics: ['search_seconds'], unit: 's' },
      {
        title: 'Files and chunks indexed in a minute',
        metrics: ['index_files_total', 'index_chunks_total'],
        unit: 'short',
      },
      { title: 'Time of a refresh of an index', metrics: ['index_seconds'], unit: 's' },
      { title: 'Size of the index', metrics: ['index_size_bytes'], unit: 'bytes' },
      { title: 'Jobs that wait', metrics: ['jobs_waiting'], unit: 'short' },
      { title: 'Jobs ended in a minute', metrics: ['jobs_total'], unit: 'short' },
      { title: 'Time of a job', metrics: ['job_seconds'], unit: 's' },
    ],
  },
  {
    title: 'The network',
    panels: [
      { title: 'Requests in a minute, by route and status', metrics: ['http_requests_total'], unit: 'short' },
      { title: 'Time of a request, by route', metrics: ['http_request_seconds'], unit: 's' },
      { title: 'Connections that left the machine in a minute', metrics: ['egress_connections_total'], unit: 'short' },
      { title: 'Bytes that left the machine or came to it, in a second', metrics: ['egress_bytes_total'], unit: 'Bps' },
      {
        title: 'What could not be written or counted, in a minute',
        metrics: ['audit_failures_total', 'log_lines_dropped_total', 'telemetry_rejected_total'],
        unit: 'short',
      },
    ],
  },
];

/** Expressions that are drawn of a metric, with their legends. */
function usual({ name, type, labels }: MetricSpec, unit: string): (readonly [string, string])[] {
  const by = labels.length === 0 ? '' : ` by (${labels.join(', ')})`;
  const legend = labels.map((label) => `{{${label}}}`).join(' ');
  const noun = name
    .slice(prefix.length)
    .replace(/_(?:total|seconds|bytes)(?:_total)?$/u, '')
    .replaceAll('_', ' ');
  if (type === 'gauge') return [[name, legend === '' ? noun : `${noun} ${legend}`]];
  if (type === 'counter') {
    const perMinute = unit === 'short' ? ' * 60' : '';
    return [[`sum${by} (rate(${name}[$__rate_interval]))${perMinute}`, legend === '' ? noun : legend]];
  }
  const groups = ['le', ...labels].join(', ');
  return [0.5, 0.95].map((share) => [
    `histogram_quantile(${share}, sum by (${groups}) (rate(${name}_bucket[$__rate_interval])))`,
    `${legend === '' ? '' : `${legend} `}${share === 0.5 ? 'median' : '95%'}`,
  ]);
}

const width = 8;
const height = 7;
const perLine = 3;

/** The dashboard for Grafana as JSON: https://grafana.com/docs/grafana/latest/dashboards/build-dashboards/view-dashboard-json-model/ */
export function grafanaDashboard(): string {
  const specs = new Map(metricsTable.map((spec) => [spec.name, spec]));
  const datasource = { type: 'prometheus', uid: '${datasource}' };
  const panels: object[] = [];
  let y = 0;
  for (const { title, panels: inRow } of rows) {
    panels.push({
      id: panels.length + 1,
      type: 'row',
      title,
      collapsed: false,
      gridPos: { h: 1, w: 24, x: 0, y },
      panels: [],
    });
    y += 1;
    for (const [at, panel] of inRow.entries()) {
      const targets = panel.metrics.flatMap((metric) => {
        if (typeof metric !== 'string') return [metric];
        const spec = specs.get(prefix + metric);
        if (spec === undefined) throw new Error(`There is no metric ${prefix}${metric}.`);
        return usual(spec, panel.unit);
      });
      panels.push({
        id: panels.length + 1,
        type: 'timeseries',
        title: panel.title,
        description: panel.metrics
          .flatMap((metric) => (typeof metric === 'string' ? [specs.get(prefix + metric)?.help ?? ''] : []))
          .join(' '),
        datasource,
        gridPos: { h: height, w: width, x: (at % perLine) * width, y: y + Math.floor(at / perLine) * height },
        fieldConfig: { defaults: { unit: panel.unit, min: 0 }, overrides: [] },
        options: { legend: { displayMode: 'list', placement: 'bottom' }, tooltip: { mode: 'multi' } },
        targets: targets.map(([expression, legendFormat], nth) => ({
          refId: String.fromCharCode(65 + nth),
          datasource,
          expr: expression.replaceAll(/(nootropic_[a-z_]+)(\{|(?=[[\s)])|$)/gu, (_all, name: string, brace: string) =>
            brace === '{' ? `${name}{instance=~"$instance",` : `${name}{instance=~"$instance"}`,
          ),
          legendFormat,
        })),
      });
    }
    y += Math.ceil(inRow.length / perLine) * height;
  }
  const query = 'label_values(nootropic_build_info, instance)';
  const dashboard = {
    uid: 'nootropic',
    title: 'nootropic',
    tags: ['nootropic'],
    timezone: 'browser',
    schemaVersion: 39,
    version: 1,
    refresh: '30s',
    time: { from: 'now-6h', to: 'now' },
    editable: true,
    templating: {
      list: [
        { name: 'datasource', type: 'datasource', query: 'prometheus', label: 'Data source', hide: 0 },
        {
          ...{
            name: 'instance',
            type: 'query',
            label: 'Host',
            datasource,
            definition: query,
            query: { query, refId: 'instances' },
          },
          ...{
            refresh: 2,
            multi: true,
            includeAll: true,
            allValue: '.*',
            current: { text: 'All', value: '$__all' },
            hide: 0,
          },
        },
      ],
    },
    panels,
  };
  return `${JSON.stringify(dashboard, null, 2)}\n`;
}
