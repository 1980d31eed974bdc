import { Tabs, type Tab } from '../parts/tabs.tsx';
import { View } from '../parts/view.tsx';
import { strings } from '../strings.ts';
import { useUi, type Place } from '../ui-context.tsx';
import { ContextsPanel } from './contexts-panel.tsx';
import './host.css';
import { LessonsPanel } from './lessons-panel.tsx';
import './memory.css';
import { SourcesPanel } from './sources-panel.tsx';

const tabNames = ['lessons', 'sources', 'contexts'] as const;
type TabName = (typeof tabNames)[number];

/** What is kept about the folder beside its files: lessons, sources, long texts. */
export function MemoryView({ place }: { readonly place: Place }) {
  const { go } = useUi();
  const text = strings.host.memory;
  const at = tabNames.find((name) => name === place['tab']) ?? 'lessons';
  const tabs: Tab<TabName>[] = tabNames.map((name) => ({ name, title: text.tabs[name] }));
  return (
    <View title={text.title} about={text.about}>
      <Tabs label={text.parts} tabs={tabs} at={at} onGo={(tab) => go('memory', { tab })}>
        {at === 'lessons' && <LessonsPanel />}
        {at === 'sources' && <SourcesPanel />}
        {at === 'contexts' && <ContextsPanel />}
      </Tabs>
    </View>
  );
}
