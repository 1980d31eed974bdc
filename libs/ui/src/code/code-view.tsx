import { Tabs } from '../parts/tabs.tsx';
import { View } from '../parts/view.tsx';
import { strings } from '../strings.ts';
import { useUi, type Place } from '../ui-context.tsx';
import '../parts/panes.css';
import './code-view.css';
import { FilesPanel } from './files-panel.tsx';
import { GraphPanel } from './graph-panel.tsx';
import { IndexPanel } from './index-panel.tsx';
import { MapPanel } from './map-panel.tsx';
import { SearchPanel } from './search-panel.tsx';

const names = ['search', 'files', 'graph', 'map', 'index'] as const;
type TabName = (typeof names)[number];

/**
 * The code of the folder: `#code?q=…` searches, `?path=…&line=…` reads, `?symbol=…` walks the graph, `?focus=…` maps; `tab` chooses a part.
 */
export function CodeView({ place }: { readonly place: Place }) {
  const { go } = useUi();
  const tab = names.find((name) => name === place['tab']) ?? tabOf(place);
  return (
    <View title={strings.code.title} about={strings.code.about}>
      <div className="nt-code-view">
        <Tabs
          label={strings.code.title}
          tabs={names.map((name) => ({ name, title: strings.code.tabs[name] }))}
          at={tab}
          onGo={(name) => go('code', { tab: name })}
        >
          {tab === 'search' && <SearchPanel place={place} />}
          {tab === 'files' && <FilesPanel place={place} />}
          {tab === 'graph' && <GraphPanel place={place} />}
          {tab === 'map' && <MapPanel place={place} />}
          {tab === 'index' && <IndexPanel />}
        </Tabs>
      </div>
    </View>
  );
}

function tabOf(place: Place): TabName {
  if (place['path'] !== undefined) return 'files';
  if (place['symbol'] !== undefined) return 'graph';
  return place['focus'] === undefined ? 'search' : 'map';
}
