import { useEffect, useRef } from 'react';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { strings } from '../strings.ts';
import { DataTable } from './data-table.tsx';
import './bars.css';
import './chart.css';

export interface Series {
  readonly name: string;
  /** One for each time; `null` where it is not known. */
  readonly values: readonly (number | null)[];
}

/**
 * Lines over time, in the colours of the page. The arrow keys move a mark over the times, whose values stand in the legend; the same numbers
 * are there as a table, for those who read.
 */
export function Chart(props: {
  readonly title: string;
  /** Milliseconds since 1970, rising. */
  readonly times: readonly number[];
  readonly series: readonly Series[];
  readonly format: (value: number) => string;
  /** Said where no value is known. */
  readonly empty: string;
}) {
  const { title, times, series, format } = props;
  const known = series.filter(({ values }) => values.some((value) => value !== null));
  const last = (values: Series['values']): number | null => values.findLast((value) => value !== null) ?? null;
  return (
    <figure className="nt-chart" aria-label={title}>
      <figcaption>
        <h3>{title}</h3>
        {known.length === 1 && known[0] && (
          <span className="nt-chart-now">{formatOrNone(last(known[0].values), format)}</span>
        )}
      </figcaption>
      {known.length === 0 ? (
        <p className="nt-chart-empty">{props.empty}</p>
      ) : (
        <>
          <Plot title={title} times={times} series={known} format={format} />
          {known.length > 1 && (
            <ul className="nt-chart-keys">
              {known.map(({ name, values }, at) => (
                <li key={name}>
                  <span aria-hidden className={`nt-key nt-series-${at % 6}`} />
                  {name} <b>{formatOrNone(last(values), format)}</b>
                </li>
              ))}
            </ul>
          )}
          <details>
            <summary>{strings.host.metrics.asTable}</summary>
            <DataTable
              label={title}
              rowKey={(row) => String(row)}
              rows={times.map((_, at) => at).toReversed()}
              columns={[
                { key: 'time', title: strings.host.metrics.time, cell: (at) => clock(times[at] ?? 0) },
                ...known.map((one) => ({
                  key: one.name,
                  title: one.name,
                  number: true,
                  cell: (at: number) => formatOrNone(one.values[at] ?? null, format),
                })),
              ]}
            />
          </details>
        </>
      )}
    </figure>
  );
}

function formatOrNone(value: number | null, format: (value: number) => string): string {
  return value === null ? '–' : format(value);
}

function clock(time: number): string {
  return new Date(time).toLocaleTimeString('en-GB');
}

type PlotProps = Pick<Parameters<typeof Chart>[0], 'title' | 'times' | 'series' | 'format'>;

function Plot({ title, times, series, format }: PlotProps) {
  const room = useRef<HTMLDivElement>(null);
  const said = useRef<HTMLSpanElement>(null);
  const plot = useRef<uPlot>(undefined);
  const names = series.map(({ name }) => name).join('\n');
  const data: uPlot.AlignedData = [times.map((time) => time / 1000), ...series.map(({ values }) => [...values])];
  const latest = useRef({ data, format, series });
  latest.current = { data, format, series };

  useEffect(() => {
    const element = room.current;
    if (!element) return undefined;
    const draw = (): void => {
      plot.current?.destroy();
      plot.current = new uPlot(options(element, latest.current), latest.current.data, element);
    };
    draw();
    const resized = new ResizeObserver(() =>
      plot.current?.setSize({ width: Math.max(element.clientWidth, 80), height: element.clientHeight }),
    );
    resized.observe(element);
    // A chart is drawn in the colours of a theme, so another theme draws it anew.
    const themed = new MutationObserver(draw);
    themed.observe(document.documentElement, { attributes: true, attributeFilter: ['data-theme', 'class'] });
    const dark = matchMedia('(prefers-color-scheme: dark)');
    dark.addEventListener('change', draw);
    return () => {
      resized.disconnect();
      themed.disconnect();
      dark.removeEventListener('change', draw);
      plot.current?.destroy();
      plot.current = undefined;
    };
  }, [names]);
  useEffect(() => plot.current?.setData(data), [times, series]);

  const move = (by: number): void => {
    const at = plot.current;
    if (!at) return;
    const to = Math.max(0, Math.min(times.length - 1, (at.cursor.idx ?? times.length) + by));
    at.setCursor({ left: at.valToPos((times[to] ?? 0) / 1000, 'x'), top: 10 });
    if (said.current)
      said.current.textContent = [
        clock(times[to] ?? 0),
        ...series.map(({ name, values }) => `${name} ${formatOrNone(values[to] ?? null, format)}`),
      ].join(', ');
  };
  return (
    <>
      <div
        ref={room}
        className="nt-chart-room"
        tabIndex={0}
        role="img"
        aria-label={strings.host.metrics.chartOf(title)}
        onKeyDown={(event) => {
          const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
          if (by === undefined) return;
          event.preventDefault();
          move(by);
        }}
      />
      <span ref={said} className="nt-unseen" role="status" />
    </>
  );
}

function options(element: HTMLElement, { format, series }: Pick<PlotProps, 'format' | 'series'>): uPlot.Options {
  const text = colour(element, '--nt-muted');
  const grid = { stroke: colour(element, '--nt-border'), width: 1 };
  const font = `11px ${getComputedStyle(element).fontFamily}`;
  return {
    width: Math.max(element.clientWidth, 80),
    height: element.clientHeight || 140,
    padding: [6, 26, 0, 0],
    legend: { show: false },
    cursor: { drag: { x: false, y: false }, points: { size: 6 } },
    scales: { y: { range: (_plot, _least, most) => [0, (most > 0 ? most : 1) * 1.15] } },
    axes: [
      {
        stroke: text,
        grid: { show: false },
        ticks: { show: false },
        font,
        size: 24,
        values: (_plot, at) => ticksOf(at),
      },
      {
        stroke: text,
        grid,
        ticks: { show: false },
        font,
        size: 62,
        values: (_plot, at) => at.map(format),
        splits: splitsOf,
      },
    ],
    series: [
      {},
      ...series.map(({ name }, at) => ({
        label: name,
        stroke: colour(element, `--nt-series-${at % 6}`),
        width: 1.5,
        spanGaps: false,
        // Where values stand alone no line joins them.
        points: {
          show: (plot: uPlot, index: number) => isSparse(plot.data[index] ?? []),
          size: 5,
          fill: colour(element, `--nt-series-${at % 6}`),
        },
        ...(series.length === 1 && { fill: `${colour(element, '--nt-series-0')}22` }),
      })),
    ],
  };
}

function isSparse(values: uPlot.AlignedData[number]): boolean {
  return Array.from(values).slice(1).includes(null);
}

/** Three lines across, at whatever height. */
function splitsOf({ scales }: uPlot): number[] {
  const most = scales['y']?.max ?? 1;
  return [0, most / 2.3, most / 1.15];
}

function ticksOf(seconds: readonly number[]): string[] {
  return seconds.map((second, at) => (at % 2 === 0 ? clock(second * 1000).slice(0, 8) : ''));
}

/** A colour as the canvas takes it: `light-dark()` is only known where it is used, so a hidden element resolves it. */
function colour(element: HTMLElement, name: string): string {
  const probe = document.createElement('i');
  probe.style.color = `var(${name})`;
  element.append(probe);
  const found = getComputedStyle(probe).color;
  probe.remove();
  const [red = 0, green = 0, blue = 0] = (found.match(/[\d.]+/gu) ?? []).map(Number);
  return `#${[red, green, blue].map((part) => Math.round(part).toString(16).padStart(2, '0')).join('')}`;
}
