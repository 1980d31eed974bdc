import { Tabs } from '../parts/tabs.tsx';
import { View } from '../parts/view.tsx';
import { strings } from '../strings.ts';
import { useUi, type Place } from '../ui-context.tsx';
import '../parts/panes.css';
import './changes-view.css';
import { GitPanel } from './git-panel.tsx';
import { TimelinePanel } from './timeline-panel.tsx';

const names = ['timeline', 'git'] as const;

/** What agents changed, to be looked at and taken back: `#changes?step=3`, `?turn=…&session=…`, `?session=…`, or `?tab=git`. */
export function ChangesView({ place }: { readonly place: Place }) {
  const { go } = useUi();
  const tab = names.find((name) => name === place['tab']) ?? 'timeline';
  return (
    <View title={strings.changes.title} about={strings.changes.about}>
      <div className="nt-changes-view">
        <Tabs
          label={strings.changes.title}
          tabs={names.map((name) => ({ name, title: strings.changes.tabs[name] }))}
          at={tab}
          onGo={(name) => go('changes', name === 'timeline' ? {} : { tab: name })}
        >
          {tab === 'timeline' ? <TimelinePanel place={place} /> : <GitPanel />}
        </Tabs>
      </div>
    </View>
  );
}
