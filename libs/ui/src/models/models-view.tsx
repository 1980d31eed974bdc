import { Download, FileInput } from 'lucide-react';
import { useState } from 'react';
import { Button } from '../parts/button.tsx';
import { Tabs, type Tab } from '../parts/tabs.tsx';
import { View } from '../parts/view.tsx';
import { strings } from '../strings.ts';
import { useUi, type Place } from '../ui-context.tsx';
import { useAsked } from '../use-asked.ts';
import { BenchTab } from './bench-tab.tsx';
import { GetTab } from './get-tab.tsx';
import { HereTab } from './here-tab.tsx';
import { ImportDialog } from './import-dialog.tsx';
import { KeysTab } from './keys-tab.tsx';
import './models.css';
import { TransferList } from './transfer-list.tsx';
import { UsageTab } from './usage-tab.tsx';
import { useTransfers } from './use-transfers.ts';

const tabNames = ['here', 'get', 'bench', 'usage', 'keys'] as const;
type TabName = (typeof tabNames)[number];

/** The models of this machine: which there are, what fits, what they hold now, how fast they are, what they cost. */
export function ModelsView({ place }: { readonly place: Place }) {
  const { assistant, go } = useUi();
  const [importing, setImporting] = useState(false);
  const { transfers, arrived } = useTransfers();
  const listed = useAsked((signal) => assistant.models.list(undefined, { signal }), [arrived]);
  const at = tabNames.find((name) => name === place['tab']) ?? 'here';
  const text = strings.models;
  const tabs: Tab<TabName>[] = tabNames.map((name) => ({
    name,
    title: text.tabs[name],
    count: name === 'here' ? listed.value?.stored.length : undefined,
  }));
  return (
    <View
      title={text.title}
      about={text.about}
      actions={
        <>
          <Button icon={<FileInput size={15} aria-hidden />} onClick={() => setImporting(true)}>
            {text.stored.import}
          </Button>
          {at !== 'get' && (
            <Button icon={<Download size={15} aria-hidden />} onClick={() => go('models', { tab: 'get' })}>
              {text.tabs.get}
            </Button>
          )}
        </>
      }
    >
      {transfers.length > 0 && <TransferList />}
      <Tabs label={text.parts} tabs={tabs} at={at} onGo={(tab) => go('models', { tab })}>
        {at === 'here' && <HereTab listed={listed} />}
        {at === 'get' && <GetTab />}
        {at === 'bench' && <BenchTab listed={listed} measure={place['measure']} />}
        {at === 'usage' && <UsageTab />}
        {at === 'keys' && <KeysTab models={listed.value?.models ?? []} />}
      </Tabs>
      {importing && <ImportDialog onClose={() => setImporting(false)} />}
    </View>
  );
}
