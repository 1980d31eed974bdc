import { Command, Keyboard, LogOut, Menu, Monitor, Moon, PanelLeftClose, PanelLeftOpen, Sun } from 'lucide-react';
import { useStore } from 'zustand';
import { IconButton } from '../parts/button.tsx';
import { strings } from '../strings.ts';
import { useUi, type ViewName } from '../ui-context.tsx';
import { Dialog } from './dialog.tsx';
import { themes, type Shell, type Theme } from './shell-store.ts';
import { views } from './views.tsx';

const themeIcons: Readonly<Record<Theme, React.ReactNode>> = {
  system: <Monitor aria-hidden size={18} />,
  light: <Sun aria-hidden size={18} />,
  dark: <Moon aria-hidden size={18} />,
};

/** The bar at the side: the views with their names, or their icons alone. */
export function Rail({ shell }: { readonly shell: Shell }) {
  const open = useStore(shell.store, (state) => state.railOpen);
  return (
    <nav className={`nt-rail ${open ? '' : 'nt-rail-narrow'}`} aria-label={strings.shell.navigation}>
      <div className="nt-rail-top">
        {open && <span className="nt-name">{strings.shell.name}</span>}
        <IconButton
          label={open ? strings.shell.foldNavigation : strings.shell.unfoldNavigation}
          aria-expanded={open}
          icon={open ? <PanelLeftClose aria-hidden size={18} /> : <PanelLeftOpen aria-hidden size={18} />}
          onClick={() => shell.setRail(!open)}
        />
      </div>
      <ViewLinks shell={shell} named={open} />
      <PageTools shell={shell} named={open} />
    </nav>
  );
}

/** The bar at the top of a narrow page, with the navigation behind a button. */
export function TopBar({ shell }: { readonly shell: Shell }) {
  const view = useStore(shell.store, (state) => state.address.view);
  const overlay = useStore(shell.store, (state) => state.overlay);
  return (
    <header className="nt-top-bar">
      <IconButton
        label={strings.shell.navigation}
        aria-expanded={overlay === 'navigation'}
        icon={<Menu aria-hidden size={20} />}
        onClick={() => shell.open('navigation')}
      />
      <span className="nt-name">{strings.shell.views[view]}</span>
      <IconButton
        label={strings.shell.palette}
        icon={<Command aria-hidden size={18} />}
        onClick={() => shell.open('palette')}
      />
      {overlay === 'navigation' && (
        <Dialog label={strings.shell.navigation} className="nt-drawer" onClose={() => shell.open(undefined)}>
          <nav aria-label={strings.shell.navigation}>
            <ViewLinks shell={shell} named />
            <PageTools shell={shell} named />
          </nav>
        </Dialog>
      )}
    </header>
  );
}

function ViewLinks({ shell, named }: { readonly shell: Shell; readonly named: boolean }) {
  const current = useStore(shell.store, (state) => state.address.view);
  const { go } = useUi();
  const link = (name: ViewName, icon: React.ReactNode) => (
    <li key={name}>
      <a
        href={`#${name}`}
        className="nt-rail-link"
        aria-current={name === current ? 'page' : undefined}
        aria-label={named ? undefined : strings.shell.views[name]}
        title={named ? undefined : strings.shell.views[name]}
        onClick={(event) => {
          event.preventDefault();
          go(name);
        }}
      >
        {icon}
        {named && <span>{strings.shell.views[name]}</span>}
      </a>
    </li>
  );
  return <ul className="nt-rail-views">{views.map(({ name, icon }) => link(name, icon))}</ul>;
}

function PageTools({ shell, named }: { readonly shell: Shell; readonly named: boolean }) {
  const { face } = useUi();
  const theme = useStore(shell.store, (state) => state.theme);
  const next = themes[(themes.indexOf(theme) + 1) % themes.length] ?? 'system';
  const tool = (label: string, icon: React.ReactNode, run: () => void) => (
    <button
      type="button"
      className="nt-rail-link"
      aria-label={named ? undefined : label}
      title={named ? undefined : label}
      onClick={run}
    >
      {icon}
      {named && <span>{label}</span>}
    </button>
  );
  return (
    <div className="nt-rail-tools">
      {tool(strings.shell.palette, <Command aria-hidden size={18} />, () => shell.open('palette'))}
      {tool(strings.shell.shortcuts, <Keyboard aria-hidden size={18} />, () => shell.open('shortcuts'))}
      {face.kind !== 'editor' && tool(strings.shell.themes[theme], themeIcons[theme], () => shell.setTheme(next))}
      {face.signOut && tool(strings.shell.signOut, <LogOut aria-hidden size={18} />, face.signOut)}
    </div>
  );
}
