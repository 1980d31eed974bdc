import { useStore } from 'zustand';
import { useKeptOnPage, useUi } from '../ui-context.tsx';
import { createTransfers, type Transfers, type TransfersState } from './transfers-store.ts';

export function useTransfers(): Transfers & TransfersState {
  const { assistant, face } = useUi();
  const transfers = useKeptOnPage('models.transfers', () =>
    createTransfers({ assistant, keep: face.keep, now: () => Date.now() }),
  );
  return { ...transfers, ...useStore(transfers.store) };
}
