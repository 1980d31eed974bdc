import type { Assistant } from '@nootropic/contracts';
import { ErrorNote, Waiting } from '../parts/notes.tsx';
import type { Asked } from '../use-asked.ts';
import { LivePanel } from './live-panel.tsx';
import { NoModelYet } from './no-model-yet.tsx';
import { ServingPanel } from './serving-panel.tsx';
import { StoredPanel } from './stored-panel.tsx';

export type Listed = Awaited<ReturnType<Assistant['models']['list']>>;

/** What is on this machine: what is in memory, what serves which purpose, what is installed. */
export function HereTab({ listed }: { readonly listed: Asked<Listed> }) {
  const { value, error, again } = listed;
  if (!value) return error ? <ErrorNote error={error} again={again} /> : <Waiting />;
  const canAnswer = value.chat !== '' && value.chat !== 'none';
  return (
    <>
      {error && <ErrorNote error={error} again={again} />}
      {value.stored.length === 0 && !canAnswer && <NoModelYet />}
      <LivePanel listed={value} />
      <ServingPanel listed={value} />
      {value.stored.length > 0 && <StoredPanel stored={value.stored} again={again} />}
    </>
  );
}
