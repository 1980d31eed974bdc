import { Tabs, type Tab } from '../parts/tabs.tsx';
import { View } from '../parts/view.tsx';
import { strings } from '../strings.ts';
import { useUi, type Place } from '../ui-context.tsx';
import { AllSettings } from './all-settings.tsx';
import './host.css';
import { McpPanel } from './mcp-panel.tsx';
import { ProgramsPanel } from './programs-panel.tsx';

const tabNames = ['all', 'mcp', 'programs'] as const;
type TabName = (typeof tabNames)[number];

/** Every setting, the servers whose tools agents use, and the programs that use the models here. */
export function SettingsView({ place }: { readonly place: Place }) {
  const { go } = useUi();
  const text = strings.host.settings;
  const at = tabNames.find((name) => name === place['tab']) ?? 'all';
  const tabs: Tab<TabName>[] = tabNames.map((name) => ({ name, title: text.tabs[name] }));
  return (
    <View title={text.title} about={text.about}>
      <Tabs label={text.parts} tabs={tabs} at={at} onGo={(tab) => go('settings', { tab })}>
        {at === 'all' && <AllSettings find={place['find'] ?? ''} />}
        {at === 'mcp' && <McpPanel />}
        {at === 'programs' && <ProgramsPanel />}
      </Tabs>
    </View>
  );
}
