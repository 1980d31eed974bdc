import { Component, type ReactNode } from 'react';
import { ErrorNote } from '../parts/notes.tsx';

interface ViewBoundaryProps {
  readonly children: ReactNode;
}

/** Keeps a fault inside of one view: the rest of the page works on, and the view can be tried again. */
export class ViewBoundary extends Component<ViewBoundaryProps, { readonly error: unknown }> {
  override state: { readonly error: unknown } = { error: undefined };

  static getDerivedStateFromError(error: unknown): { readonly error: unknown } {
    return { error };
  }

  override render(): ReactNode {
    if (this.state.error === undefined) return this.props.children;
    return (
      <div className="nt-view-fault">
        <ErrorNote error={this.state.error} again={() => this.setState({ error: undefined })} />
      </div>
    );
  }
}
