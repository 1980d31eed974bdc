import { Boxes, Brain, ChartLine, Code, History, ListChecks, MessageSquare, Settings, ShieldCheck } from 'lucide-react';
import { lazy, type ComponentType, type ReactNode } from 'react';
import { ChatView } from '../chat/chat-view.tsx';
import type { Place, ViewName } from '../ui-context.tsx';

type ViewComponent = ComponentType<{ readonly place: Place }>;

export interface ViewEntry {
  readonly name: ViewName;
  readonly icon: ReactNode;
  readonly component: ViewComponent;
}

/** A view that is loaded when it is first shown. */
function late(load: () => Promise<ViewComponent>): ViewComponent {
  return lazy(async () => ({ default: await load() }));
}

const icon = { 'aria-hidden': true, size: 18 } as const;

/** The views of the page, in the order of the navigation. All but the chat are loaded when they are first shown. */
export const views: readonly ViewEntry[] = [
  { name: 'chat', icon: <MessageSquare {...icon} />, component: ChatView },
  {
    name: 'code',
    icon: <Code {...icon} />,
    component: late(async () => (await import('../code/code-view.tsx')).CodeView),
  },
  {
    name: 'changes',
    icon: <History {...icon} />,
    component: late(async () => (await import('../changes/changes-view.tsx')).ChangesView),
  },
  {
    name: 'models',
    icon: <Boxes {...icon} />,
    component: late(async () => (await import('../models/models-view.tsx')).ModelsView),
  },
  {
    name: 'jobs',
    icon: <ListChecks {...icon} />,
    component: late(async () => (await import('../host/jobs-view.tsx')).JobsView),
  },
  {
    name: 'memory',
    icon: <Brain {...icon} />,
    component: late(async () => (await import('../host/memory-view.tsx')).MemoryView),
  },
  {
    name: 'metrics',
    icon: <ChartLine {...icon} />,
    component: late(async () => (await import('../host/metrics-view.tsx')).MetricsView),
  },
  {
    name: 'egress',
    icon: <ShieldCheck {...icon} />,
    component: late(async () => (await import('../host/egress-view.tsx')).EgressView),
  },
  {
    name: 'settings',
    icon: <Settings {...icon} />,
    component: late(async () => (await import('../host/settings-view.tsx')).SettingsView),
  },
];
