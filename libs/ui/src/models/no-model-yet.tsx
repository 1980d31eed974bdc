import { Boxes } from 'lucide-react';
import { formatBytes } from '../parts/amounts.ts';
import { Button } from '../parts/button.tsx';
import { EmptyState, ErrorNote, Waiting } from '../parts/notes.tsx';
import { strings } from '../strings.ts';
import { useUi } from '../ui-context.tsx';
import { useAsked } from '../use-asked.ts';
import { useTransfers } from './use-transfers.ts';

/** Where no model can answer: the one button that mends it. */
export function NoModelYet() {
  const { assistant, go } = useUi();
  const { pull, transfers } = useTransfers();
  const { value, error, again } = useAsked((signal) => assistant.models.recommend(undefined, { signal }), []);
  const text = strings.models.empty;
  const pick = value?.picks.find(({ role, installed }) => role === 'chat' && !installed);
  if (transfers.some(({ state }) => state === 'running')) return null;
  return (
    <EmptyState icon={<Boxes size={32} aria-hidden />} title={text.title}>
      <p>{text.text}</p>
      {!value && !error && <Waiting label={text.looking} />}
      {error && <ErrorNote error={error} again={again} />}
      {value && !pick && <p>{text.nothingFits}</p>}
      <div className="nt-actions">
        {pick && (
          <Button kind="primary" onClick={() => pull(pick.listing.ref, pick.listing.name)}>
            {text.get(pick.listing.name, formatBytes(pick.listing.bytes ?? 0))}
          </Button>
        )}
        <Button onClick={() => go('models', { tab: 'get' })}>{text.other}</Button>
        <Button kind="quiet" onClick={() => go('models', { tab: 'keys' })}>
          {text.connect}
        </Button>
      </div>
    </EmptyState>
  );
}
