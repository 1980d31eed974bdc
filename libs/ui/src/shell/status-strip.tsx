import type { IndexStatus } from '@nootropic/contracts';
import { ArrowUpFromLine, Cpu, FolderSearch, ListOrdered, PlugZap, Unplug, WifiOff } from 'lucide-react';
import type { ReactNode } from 'react';
import { formatBytes } from '../parts/amounts.ts';
import { strings } from '../strings.ts';
import { useUi, type ViewName } from '../ui-context.tsx';
import { useAsked } from '../use-asked.ts';
import { modelTitle } from './model-title.ts';

const quickMs = 3000;
const slowMs = 30_000;
const icon = { 'aria-hidden': true, size: 13 } as const;

/** What the machine does, in one line at the end of the page: the host, the model in memory, the queue, the index, and what left today. */
export function StatusStrip() {
  const words = strings.shell.status;
  const { assistant, workspace } = useUi();
  const host = useAsked((signal) => assistant.host.status(undefined, { signal }), [], { everyMs: quickMs });
  const models = useAsked((signal) => assistant.models.ps(undefined, { signal }), [], { everyMs: quickMs });
  const index = useAsked((signal) => assistant.index.status({ workspace }, { signal }), [workspace], {
    everyMs: quickMs,
  });
  const egress = useAsked((signal) => assistant.egress.list({ days: 1 }, { signal }), [], { everyMs: slowMs });

  const lost = host.error?.code === 'HOST_UNREACHABLE';
  const inMemory = models.value?.models ?? [];
  const queue = models.value?.queue;
  const sent = (egress.value ?? []).reduce((sum, row) => sum + row.sent, 0);
  return (
    <footer className="nt-status" aria-label={words.title}>
      {lost && (
        <span className="nt-status-part nt-bad">
          <Unplug {...icon} />
          {words.lost}
        </span>
      )}
      {host.value && !lost && (
        <Part view="metrics" symbol={<PlugZap {...icon} />} title={words.hostTitle(host.value.version, host.value.pid)}>
          {words.host}
        </Part>
      )}
      {host.value?.offline === true && (
        <span className="nt-status-part">
          <WifiOff {...icon} />
          {words.offline}
        </span>
      )}
      {models.value && (
        <Part view="models" symbol={<Cpu {...icon} />}>
          {inMemory.length === 0
            ? words.noModel
            : inMemory
                .map(({ ref, name, state }) => words.model(name === ref ? modelTitle(ref) : name, state))
                .join(', ')}
        </Part>
      )}
      {queue && queue.waiting.length > 0 && (
        <Part view="models" symbol={<ListOrdered {...icon} />}>
          {words.queue(queue.running, queue.waiting.length)}
        </Part>
      )}
      {index.value && (
        <Part view="code" symbol={<FolderSearch {...icon} />}>
          {indexWords(index.value)}
        </Part>
      )}
      {egress.value && (
        <Part view="egress" symbol={<ArrowUpFromLine {...icon} />}>
          {sent === 0 ? words.nothingLeft : words.left(formatBytes(sent))}
        </Part>
      )}
    </footer>
  );
}

function indexWords({ running, paused, files }: IndexStatus): string {
  const words = strings.shell.status;
  if (running?.phase === 'scan') return words.scanning;
  if (running?.phase === 'index') return words.indexing(running.done, running.total);
  if (paused === true) return words.paused;
  return files === 0 ? words.notIndexed : words.indexed(files);
}

interface PartProps {
  /** What is shown when it is pressed. */
  readonly view: ViewName;
  readonly symbol: ReactNode;
  readonly title?: string;
  readonly children: string;
}

function Part({ view, symbol, title, children }: PartProps) {
  const { go } = useUi();
  return (
    <button type="button" className="nt-status-part" title={title ?? children} onClick={() => go(view)}>
      {symbol}
      {children}
    </button>
  );
}
