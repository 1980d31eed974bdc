import { CirclePause, Play, X } from 'lucide-react';
import { Button, IconButton } from '../parts/button.tsx';
import { Progress } from '../parts/bars.tsx';
import { formatBytes, formatDuration } from '../parts/amounts.ts';
import { ErrorNote } from '../parts/notes.tsx';
import { Panel } from '../parts/view.tsx';
import { strings } from '../strings.ts';
import { useUi } from '../ui-context.tsx';
import { leftMsOf, speedOf, type Transfer } from './transfers.ts';
import { useTransfers } from './use-transfers.ts';

/** Downloads and imports: those that run, those that were interrupted, those that are done. */
export function TransferList() {
  const { transfers } = useTransfers();
  return (
    <Panel title={strings.models.transfers.title}>
      <ul className="nt-bare-list">
        {transfers.map((transfer) => (
          <TransferRow key={transfer.ref} transfer={transfer} />
        ))}
      </ul>
    </Panel>
  );
}

function TransferRow({ transfer }: { readonly transfer: Transfer }) {
  const { stop, again, forget } = useTransfers();
  const { go, assistant, say } = useUi();
  const text = strings.models.transfers;
  const { ref, name, state, done, total, model } = transfer;
  const load = async (): Promise<void> => {
    if (!model) return;
    try {
      await assistant.models.load({ ref: model.ref });
      say(strings.models.live.loaded(model.name));
      forget(ref);
    } catch (cause) {
      say(cause as Error);
    }
  };
  return (
    <li className="nt-transfer">
      <div className="nt-transfer-head">
        <strong title={ref}>{name}</strong>
        <span className="nt-actions">
          {state === 'running' && (
            <Button kind="quiet" icon={<CirclePause size={15} aria-hidden />} onClick={() => stop(ref)}>
              {text.stop}
            </Button>
          )}
          {(state === 'interrupted' || state === 'failed') && (
            <Button icon={<Play size={15} aria-hidden />} onClick={() => again(ref)}>
              {text.again}
            </Button>
          )}
          {state === 'done' && model && (
            <>
              <Button onClick={() => void load()}>{text.load}</Button>
              <Button kind="primary" onClick={() => go('chat')}>
                {text.ask}
              </Button>
            </>
          )}
          {state !== 'running' && (
            <IconButton
              label={`${text.forget}: ${name}`}
              icon={<X size={15} aria-hidden />}
              onClick={() => forget(ref)}
            />
          )}
        </span>
      </div>
      {state === 'running' && <Progress label={text.label(name)} done={done} total={total} note={noteOf(transfer)} />}
      {state === 'interrupted' && (
        <>
          {total > 0 && done > 0 && <Progress label={text.label(name)} done={done} total={total} />}
          <p className="nt-muted">
            {total > 0 && done > 0 ? text.interrupted(formatBytes(done), formatBytes(total)) : text.interruptedEarly}
          </p>
        </>
      )}
      {state === 'failed' && <ErrorNote error={transfer.error} />}
      {state === 'done' && <p className="nt-muted">{text.done(model?.name ?? name)}</p>}
    </li>
  );
}

function noteOf(transfer: Transfer): string {
  const text = strings.models.transfers;
  const { done, total, from, license } = transfer;
  if (total === 0) return text.begun;
  const [speed, left] = [speedOf(transfer), leftMsOf(transfer)];
  return [
    text.running(formatBytes(done), formatBytes(total)),
    ...(speed === undefined ? [] : [text.speed(formatBytes(speed))]),
    ...(left === undefined ? [] : [text.left(formatDuration(left))]),
    ...(from > 0 ? [text.from(formatBytes(from))] : []),
    ...(license === undefined ? [] : [text.license(license)]),
  ].join(' · ');
}
